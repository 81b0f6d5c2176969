import Foundation
import FunctionStore
import Gateway
import Hummingbird
import SampleFunctions
import Testing

@Suite struct ManagementFunctionTests {
  @Test func anImageIsDeployedShownAndRemoved() async throws {
    let scenario = try ManagementScenario()
    let (one, two) = (try SampleImages.image(1), try SampleImages.image(2))
    let measurements = [try CheckedImage(one).measurement, try CheckedImage(two).measurement]
    try await scenario.test { admin in
      let first = try await admin.send(.put, "/v1/functions/hello", one)
      #expect(first.status == 201)
      #expect(first.shares == [measurements[0]: 100])
      let second = try await admin.send(.put, "/v1/functions/hello", two)
      #expect(second.status == 200)
      #expect(second.shares == [measurements[0]: 0, measurements[1]: 100])
      let list = try await admin.send(.get, "/v1/functions")
      #expect((list.json["functions"] as? [[String: Any]])?.map { $0["name"] as? String } == ["hello"])
      #expect(try await admin.send(.get, "/v1/functions/hello").text == second.text)
      #expect(try await admin.send(.get, "/v1/functions/hello/revisions").shares == second.shares)
      #expect(try await admin.send(.delete, "/v1/functions/hello").status == 204)
      #expect(try await admin.send(.get, "/v1/functions/hello").status == 404)
      #expect(try await admin.send(.delete, "/v1/functions/hello").status == 404)
    }
    #expect(scenario.store.functionCount == 0)
  }

  @Test func rollingBackAndDividingTraffic() async throws {
    let scenario = try ManagementScenario()
    let images = try (1...2 as ClosedRange<UInt8>).map { try SampleImages.image($0) }
    let names = try images.map { try CheckedImage($0).measurement }
    try await scenario.test { admin in
      for image in images { try await admin.send(.put, "/v1/functions/hello", image) }
      #expect(try await admin.send(.post, "/v1/functions/hello/rollback", text: "{}").shares == [names[0]: 100, names[1]: 0])
      #expect(try await admin.send(.post, "/v1/functions/hello/rollback", text: "{}").status == 409)
      #expect(
        try await admin.send(.post, "/v1/functions/hello/rollback", text: "{\"revision\": \"\(names[1])\"}").shares == [names[0]: 0, names[1]: 100])
      let split = "{\"\(names[0])\": 30, \"\(names[1])\": 70}"
      #expect(try await admin.send(.put, "/v1/functions/hello/traffic", text: split).shares == [names[0]: 30, names[1]: 70])
      for (body, status) in [("{}", 400), ("[]", 400), ("", 400), ("{\"a\": 100}", 404), ("{\"\(names[0])\": 99}", 400), ("{\"a\": 1e99}", 400)] {
        #expect(try await admin.send(.put, "/v1/functions/hello/traffic", text: body).status == status, "\(body)")
      }
      #expect(try await admin.send(.post, "/v1/functions/hello/rollback", text: "{\"revision\": 3}").status == 400)
      #expect(try await admin.send(.post, "/v1/functions/nobody/rollback", text: "{}").status == 404)
    }
  }

  /// Of two that deploy at once on the strength of the same state, one is told.
  @Test func preconditions() async throws {
    let scenario = try ManagementScenario()
    let images = try (1...3 as ClosedRange<UInt8>).map { try SampleImages.image($0) }
    try await scenario.test { admin in
      let first = try await admin.send(.put, "/v1/functions/hello", images[0], fields: [.ifNoneMatch: "*"])
      #expect(first.status == 201)
      #expect(try await admin.send(.put, "/v1/functions/hello", images[1], fields: [.ifNoneMatch: "*"]).status == 412)
      let tag = try #require(first.headers[.eTag])
      #expect(try await admin.send(.put, "/v1/functions/hello", images[1], fields: [.ifMatch: tag]).status == 200)
      let late = try await admin.send(.put, "/v1/functions/hello", images[2], fields: [.ifMatch: tag])
      #expect(late.status == 412)
      #expect(late.detail.contains("somebody changed it"))
      #expect(try await admin.send(.delete, "/v1/functions/hello", fields: [.ifMatch: tag]).status == 412)
      #expect(try await admin.send(.put, "/v1/functions/hello", images[2], fields: [.ifMatch: "latest"]).status == 412)
      #expect(try await admin.send(.put, "/v1/functions/hello", images[2], fields: [.ifMatch: tag, .ifNoneMatch: "*"]).status == 400)
    }
    #expect(scenario.store.function("hello")?.revisions.count == 2)
  }

  @Test func longListsComeInParts() async throws {
    let scenario = try ManagementScenario()
    let image = try SampleImages.checked(1)
    let names = (0..<25).map { "f\($0 + 10)" }
    for name in names { try scenario.store.deploy(name, image) }
    try await scenario.test { admin in
      var seen: [String] = []
      var after = ""
      for _ in 0..<4 {
        let part = try await admin.send(.get, "/v1/functions?limit=10\(after.isEmpty ? "" : "&after=\(after)")").json
        seen += (part["functions"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
        guard let next = part["next"] as? String else { break }
        after = next
      }
      #expect(seen == names)
      for limit in ["0", "-1", "x", "10001", ""] {
        #expect(try await admin.send(.get, "/v1/functions?limit=\(limit)").status == 400, "\(limit)")
      }
    }
  }

  @Test func badUploads() async throws {
    let scenario = try ManagementScenario(uploadLimit: 200_000)
    var image = try SampleImages.image(1)
    image[image.count / 2] ^= 0xFF
    let damaged = image
    let bodies: [([UInt8], Int, String)] = [
      ([], 422, "empty"), (Array("hello".utf8), 422, "begins with 68 65 6c 6c 6f"), (damaged, 422, "digest"),
      (Array("\u{7F}ELF".utf8), 422, "neither"), ([UInt8](repeating: 0, count: 200_001), 413, "200000 bytes"),
    ]
    try await scenario.test { admin in
      for (body, status, words) in bodies {
        let answer = try await admin.send(.put, "/v1/functions/hello", body)
        #expect(answer.status == status, "\(answer.detail)")
        #expect(answer.detail.contains(words), "\(answer.detail)")
        #expect(answer.headers[.contentType] == "application/problem+json")
      }
      #expect(try await admin.send(.put, "/v1/functions/Hello", damaged).status == 400)
      #expect(try await admin.send(.put, "/v1/functions/hello?tennant=a", damaged).detail.contains("'tennant'"))
      #expect(try await admin.send(.put, "/v1/functions/hello?tenant=nobody", try SampleImages.image(1)).status == 404)
    }
    #expect(scenario.store.functionCount == 0)
    #expect(try scenario.directory.names("data/images").isEmpty)
  }

  @Test func aManifestComesWithAnImage() async throws {
    let scenario = try ManagementScenario()
    let image = try SampleImages.image(1)
    let form = { @Sendable (manifest: String) in TestForm([("program", image), ("manifest", Array(manifest.utf8))]) }
    try await scenario.test { admin in
      let good = form("function: {concurrency: 3, answer: cgi}")
      #expect(try await admin.send(.put, "/v1/functions/hello", good.bytes, fields: [.contentType: good.contentType]).status == 201)
      for (manifest, words) in [
        ("function: {concurency: 3}", "did you mean 'concurrency'?"), ("memory: 1MiB", "its own manifest"), ("a: [", "no YAML"),
        ("files: {/a: b}", "its own manifest"),
      ] {
        let bad = form(manifest)
        let answer = try await admin.send(.put, "/v1/functions/hello", bad.bytes, fields: [.contentType: bad.contentType])
        #expect(answer.status == 422)
        #expect(answer.detail.contains(words), "\(answer.detail)")
      }
    }
    #expect(scenario.store.route("hello")?.revisions.first?.revision.settings.concurrency == 3)
    #expect(scenario.store.route("hello")?.revisions.first?.revision.settings.answer == .cgi)
  }

  @Test func aLockedDatabaseIsServiceUnavailable() {
    let problem = Refusal(StoreError(.locked, "held"))
    #expect(problem.status == .serviceUnavailable)
    #expect(problem.headers[.retryAfter] != nil)
    #expect(Refusal(StoreError(.diskFull, "full")).status.code == 507)
  }
}

struct TestForm {
  var bytes: [UInt8] = []
  let contentType = "multipart/form-data; boundary=\"a b\""

  init(_ parts: [(String, [UInt8])]) {
    for (name, contents) in parts {
      bytes += "--a b\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"x\"\r\nContent-Type: text/plain\r\n\r\n".utf8
      bytes += contents
      bytes += "\r\n".utf8
    }
    bytes += "--a b--\r\n".utf8
  }
}

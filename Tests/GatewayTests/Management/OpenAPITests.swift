import Foundation
import Gateway
import HTTPTypes
import Hummingbird
import SampleFunctions
import Testing

/// The description and what is served are the same.
@Suite struct OpenAPITests {
  @Test func everyRouteIsDescribedAndEveryDescriptionServed() async throws {
    let scenario = try ManagementScenario()
    try await scenario.test { admin in
      let answer = try await admin.with(nil).send(.get, "/v1/openapi.json")
      #expect(answer.status == 200)
      #expect(answer.json["openapi"] as? String == "3.1.0")
      let paths = try #require(answer.json["paths"] as? [String: [String: Any]])
      let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
      let served = Set(scenario.management.operations.map { "\($0.method.rawValue) \($0.path)" } + ["GET /v1/openapi.json"])
      #expect(described == served)
      for path in paths.keys {
        let concrete = path.replacing("{name}", with: "hello").replacing("{id}", with: "abc")
        for method in [HTTPRequest.Method.get, .put, .post, .delete, .patch] {
          let answer = try await admin.send(method, concrete)
          let isDescribed = described.contains("\(method.rawValue) \(path)")
          #expect((answer.status == 405) == !isDescribed, "\(method) \(path): \(answer.status)")
          if isDescribed {
            let responses = ((paths[path]?[method.rawValue.lowercased()] as? [String: Any])?["responses"] as? [String: Any])?.keys.map { $0 } ?? []
            #expect(responses.contains("\(answer.status)"), "\(method) \(path) answered \(answer.status), which is not described")
          } else {
            #expect(answer.headers[.allow] != nil)
          }
        }
      }
    }
  }

  /// RFC 9110, 9.3.2: as GET is answered, without the body.
  @Test func whatCanBeGotHasAHead() async throws {
    try await ManagementScenario().test { admin in
      for path in ["/v1/openapi.json", "/v1/node", "/v1/functions", "/v1/functions/nothing"] {
        let (get, head) = (try await admin.send(.get, path), try await admin.send(.head, path))
        #expect(head.status == get.status && head.headers[.contentLength] == get.headers[.contentLength], "\(path): \(head)")
      }
      let refusal = try await admin.send(.put, "/v1/node")
      #expect(refusal.status == 405 && refusal.headers[.allow] == "GET, HEAD")
    }
  }

  /// What clients go by: versions for If-Match, when to come again, how to show a token.
  @Test func theFieldsOfAnswersAreDescribed() async throws {
    let scenario = try ManagementScenario()
    let image = try SampleImages.image(1)
    try await scenario.test { admin in
      let paths = try #require(try await admin.send(.get, "/v1/openapi.json").json["paths"] as? [String: [String: Any]])
      let requests: [(HTTPRequest.Method, String, [UInt8], Caller)] = [
        (.put, "/v1/functions/{name}", image, admin), (.put, "/v1/functions/{name}", image, admin), (.get, "/v1/functions/{name}", [], admin),
        (.get, "/v1/functions/{name}/revisions", [], admin), (.get, "/v1/node", [], admin.with(nil)), (.get, "/v1/openapi.json", [], admin.with("wrong")),
      ]
      var seen: Set<String> = []
      for (method, path, body, caller) in requests {
        let answer = try await caller.send(method, path.replacing("{name}", with: "hello"), body)
        let responses = (paths[path]?[method.rawValue.lowercased()] as? [String: Any])?["responses"] as? [String: [String: Any]]
        let response = try #require(responses?["\(answer.status)"], "\(method) \(path) answered \(answer.status)")
        let described = Set((response["headers"] as? [String: Any] ?? [:]).keys.map { $0.lowercased() })
        let found = Set(answer.headers.map(\.name.canonicalName)).intersection(["etag", "retry-after", "www-authenticate", "allow"])
        #expect(found == described, "\(method) \(path) \(answer.status)")
        seen.formUnion(found)
      }
      #expect(seen == ["etag", "www-authenticate"])
      let busy = ((paths["/v1/functions/{name}"]?["put"] as? [String: Any])?["responses"] as? [String: [String: Any]])?["503"]
      #expect((busy?["headers"] as? [String: Any])?.keys.contains("Retry-After") == true)
    }
  }

  private typealias Caller = ManagementScenario.Caller

  @Test func everyReferenceLeadsSomewhere() async throws {
    try await ManagementScenario().test { admin in
      let answer = try await admin.send(.get, "/v1/openapi.json")
      let schemas = try #require((answer.json["components"] as? [String: Any])?["schemas"] as? [String: Any])
      let references = answer.text.matches(of: /"#\/components\/schemas\/([A-Za-z]+)"/).map { String($0.1) }
      #expect(references.count > 20)
      #expect(Set(references).isSubset(of: schemas.keys))
      let identifiers = answer.text.matches(of: /"operationId":"([A-Za-z]+)"/).map { String($0.1) }
      #expect(Set(identifiers).count == identifiers.count)
    }
  }

  @Test func whatIsNowhereIsAProblem() async throws {
    try await ManagementScenario().test { admin in
      let answer = try await admin.send(.get, "/v1/nothing")
      #expect(answer.status == 404)
      #expect(answer.headers[.contentType] == "application/problem+json")
      #expect(answer.detail.contains("/v1/openapi.json"))
    }
  }
}

import Foundation
import Gateway
import Hummingbird
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

import Foundation
import FunctionStore
import Gateway
import Hummingbird
import SampleFunctions
import Testing

/// Who may do what: no role more than its own, no tenant anything of another's.
@Suite struct ManagementAccessTests {
  private static let requests: [(HTTPRequest.Method, String, Role)] = [
    (.get, "/v1/node", .read), (.get, "/v1/functions", .read), (.get, "/v1/functions/mine", .read), (.get, "/v1/functions/mine/revisions", .read),
    (.put, "/v1/functions/mine", .deploy), (.delete, "/v1/functions/mine", .deploy), (.post, "/v1/functions/mine/rollback", .deploy),
    (.put, "/v1/functions/mine/traffic", .deploy), (.get, "/v1/tenants", .admin), (.post, "/v1/tenants", .admin),
    (.delete, "/v1/tenants/acme", .admin), (.put, "/v1/tenants/acme/limits", .admin), (.get, "/v1/tokens", .admin), (.post, "/v1/tokens", .admin), (.delete, "/v1/tokens/abc", .admin),
  ]

  @Test func everyRouteNeedsItsRole() async throws {
    let scenario = try ManagementScenario()
    let tokens = try Role.allCases.map { ($0, try scenario.store.addToken(tenant: TenantRecord.standard, role: $0).text) }
    try await scenario.test { admin in
      // All but the description, and that there is no other, is `OpenAPITests`' part.
      #expect(Set(Self.requests.map(\.1)).count == Set(scenario.management.operations.map(\.path)).count)
      for (method, path, needed) in Self.requests {
        let nobody = try await admin.with(nil).send(method, path)
        #expect(nobody.status == 401, "\(method) \(path)")
        #expect(nobody.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
        for (role, token) in tokens {
          let answer = try await admin.with(token).send(method, path)
          #expect((answer.status == 403) == (role < needed || path.hasPrefix("/v1/tenants/acme") || (method, path) == (.post, "/v1/tenants")),
            "\(role) \(method) \(path): \(answer.status)")
          #expect(answer.status != 401 && answer.status != 500)
        }
      }
      #expect(try await admin.with(nil).send(.get, "/v1/openapi.json").status == 200)
    }
  }

  @Test(arguments: ["", "coffer", "coffer_aaaaaaaaaaaa_" + String(repeating: "a", count: 52), "a b", "\u{E4}"])
  func wrongTokens(_ token: String) async throws {
    try await ManagementScenario().test { (admin) async throws in
      #expect(try await admin.with(token).send(.get, "/v1/node").status == 401)
      // Also where none is needed.
      #expect(try await admin.with(nil).send(.get, "/v1/node", fields: [.authorization: "Basic YTpi"]).status == 401)
    }
  }

  @Test func tenantsDoNotSeeEachOther() async throws {
    let scenario = try ManagementScenario()
    try scenario.store.addTenant("acme")
    try scenario.store.addTenant("other")
    let acme = try scenario.store.addToken(tenant: "acme", role: .admin).text
    let other = try scenario.store.addToken(tenant: "other", role: .admin)
    let image = try SampleImages.image(1)
    try await scenario.test { admin in
      let mine = admin.with(acme)
      // A token of one tenant need not say which.
      #expect(try await mine.send(.put, "/v1/functions/hello", image).status == 201)
      #expect(try await mine.send(.put, "/v1/functions/hello?tenant=acme", image).status == 200)
      #expect(try await mine.send(.put, "/v1/functions/hi?tenant=other", image).status == 403)
      let theirs = admin.with(other.text)
      for (method, path) in [
        (HTTPRequest.Method.get, "/v1/functions/hello"), (.delete, "/v1/functions/hello"), (.get, "/v1/functions/hello/revisions"),
        (.post, "/v1/functions/hello/rollback"), (.put, "/v1/functions/hello/traffic"),
      ] {
        let hidden = try await theirs.send(method, path, text: "{}")
        let absent = try await theirs.send(method, path.replacing("hello", with: "hellp"), text: "{}")
        #expect(hidden.status == 404 && absent.status == 404, "\(method) \(path)")
        #expect(hidden.detail == absent.detail.replacing("hellp", with: "hello"))
      }
      #expect(try await theirs.send(.get, "/v1/functions").text == "{\"functions\":[],\"next\":null}\n")
      #expect(try await theirs.send(.get, "/v1/functions?tenant=acme").status == 403)
      #expect(try await theirs.send(.put, "/v1/functions/hello?tenant=other", image).status == 409)
      #expect((try await theirs.send(.get, "/v1/tenants").json["tenants"] as? [[String: Any]])?.map { $0["name"] as? String } == ["other"])
      #expect((try await theirs.send(.get, "/v1/tokens").json["tokens"] as? [Any])?.count == 1)
      #expect(try await mine.send(.delete, "/v1/tokens/\(other.record.identifier)").status == 404)
      #expect(try await mine.send(.post, "/v1/tokens", text: "{\"role\": \"read\"}").status == 403)
      #expect(try await mine.send(.post, "/v1/tokens", text: "{\"role\": \"read\", \"tenant\": \"other\"}").status == 403)
      #expect((try await admin.send(.get, "/v1/functions?tenant=acme").json["functions"] as? [Any])?.count == 1)
    }
  }

  /// What may be done is decided when it is done: how long a body takes is its sender's choice.
  @Test(arguments: [(HTTPRequest.Method.post, "rollback", "{}"), (.put, "traffic", "{\"MEASUREMENT\": 100}")])
  func aNameThatBecameAnothersMeanwhileIsNotThere(_ method: HTTPRequest.Method, _ what: String, _ body: String) async throws {
    let scenario = try ManagementScenario()
    for tenant in ["acme", "other"] { try scenario.store.addTenant(tenant) }
    let acme = try scenario.store.addToken(tenant: "acme", role: .deploy).text
    let images = try (0..<3).map { try SampleImages.checked($0) }
    var secret = RevisionSettings()
    secret.serving.environment = ["SECRET=hunter2"]
    let settings = secret
    for image in images.prefix(2) { try scenario.store.deploy("hello", image, tenant: "acme") }
    try await scenario.test(meanwhile: {
      try scenario.store.remove("hello")
      for image in images { try scenario.store.deploy("hello", image, tenant: "other", settings: settings) }
    }) { admin in
      let answer = try await admin.with(acme).send(method, "/v1/functions/hello/\(what)", text: body.replacing("MEASUREMENT", with: images[0].measurement))
      #expect(answer.status == 404)
      #expect(!answer.text.contains("hunter2"))
    }
    #expect(scenario.store.function("hello")?.serving.map(\.measurement) == [images[2].measurement])
  }

  @Test func aTokenThatWasRemovedMeanwhileChangesNothing() async throws {
    let image = try SampleImages.image(1)
    let changes: [(HTTPRequest.Method, String, [UInt8])] = [
      (.post, "/v1/tokens", Array("{\"role\": \"admin\"}".utf8)), (.post, "/v1/tenants", Array("{\"name\": \"new\"}".utf8)),
      (.put, "/v1/tenants/acme/limits", Array("{\"concurrency\": 1}".utf8)), (.put, "/v1/functions/new", image),
      (.post, "/v1/functions/hello/rollback", Array("{}".utf8)),
    ]
    for (method, path, body) in changes {
      let scenario = try ManagementScenario()
      try scenario.store.addTenant("acme")
      for number in 0..<2 as Range<UInt8> { try scenario.store.deploy("hello", try SampleImages.checked(number)) }
      let (token, record) = try scenario.store.addToken(tenant: nil, role: .admin)
      let (functions, tenants) = (scenario.store.functions(), scenario.store.tenants)
      try await scenario.test(meanwhile: { try scenario.store.removeToken(record.identifier) }) { admin in
        let answer = try await admin.with(token).send(method, path, body)
        #expect(answer.status == 401, "\(method) \(path): \(answer.text)")
        #expect(answer.headers[.wwwAuthenticate]?.contains("invalid_token") == true)
      }
      #expect(scenario.store.functions() == functions && scenario.store.tenants == tenants && scenario.store.tokens().count == 1, "\(path)")
    }
  }

  /// One that was misspelt would count as one that was not given: a token for all tenants, a tenant without limits.
  @Test(arguments: [
    (HTTPRequest.Method.post, "/v1/tokens", "{\"Tenant\": \"acme\", \"role\": \"deploy\"}", "did you mean 'tenant'?"),
    (.put, "/v1/tenants/acme/limits", "{\"concurency\": 5}", "did you mean 'concurrency'?"),
    (.post, "/v1/tenants", "{\"name\": \"new\", \"limit\": {}}", "did you mean 'limits'?"),
    (.post, "/v1/tenants", "{\"name\": \"new\", \"limits\": {\"cpu\": 1}}", "there are 'concurrency', 'memory', 'processorTime'"),
    (.post, "/v1/functions/hello/rollback", "{\"revison\": \"abc\"}", "did you mean 'revision'?"),
  ])
  func aMemberThatNobodyKnowsIsRefused(_ method: HTTPRequest.Method, _ path: String, _ body: String, _ words: String) async throws {
    let scenario = try ManagementScenario()
    try scenario.store.addTenant("acme", limits: .init(concurrency: 7))
    for number in 0..<2 as Range<UInt8> { try scenario.store.deploy("hello", try SampleImages.checked(number)) }
    let (functions, tenants, tokens) = (scenario.store.functions(), scenario.store.tenants, scenario.store.tokens())
    try await scenario.test { admin in
      let answer = try await admin.send(method, path, text: body)
      #expect(answer.status == 400)
      #expect(answer.detail.contains(words), "\(answer.detail)")
    }
    #expect(scenario.store.functions() == functions && scenario.store.tenants == tenants && scenario.store.tokens() == tokens)
  }

  @Test func whatATenantMayHaveIsSaidChangedAndKept() async throws {
    let scenario = try ManagementScenario()
    try await scenario.test { admin in
      let made = try await admin.send(.post, "/v1/tenants", text: "{\"name\": \"acme\", \"limits\": {\"concurrency\": 7}}")
      #expect(made.json["limits"] as? [String: Int] == ["concurrency": 7, "memory": 0, "processorTime": 0])
      let changed = try await admin.send(.put, "/v1/tenants/acme/limits", text: "{\"memory\": 1073741824, \"processorTime\": 500000000}")
      #expect(changed.status == 200)
      #expect(changed.json["limits"] as? [String: Int] == ["concurrency": 0, "memory": 1 << 30, "processorTime": 500_000_000])
      let listed = try #require(try await admin.send(.get, "/v1/tenants").json["tenants"] as? [[String: Any]])
      #expect(listed.first { $0["name"] as? String == "acme" }?["limits"] as? [String: Int] == changed.json["limits"] as? [String: Int])
      #expect(scenario.store.tenant("acme")?.limits.memory == 1 << 30)
      #expect(try await admin.send(.put, "/v1/tenants/nobody/limits", text: "{}").status == 404)
      for wrong in ["{\"concurrency\": -1}", "{\"memory\": 18446744073709551615}", "{\"memory\": -1}", "{\"processorTime\": \"much\"}", "", "[]"] {
        #expect(try await admin.send(.put, "/v1/tenants/acme/limits", text: wrong).status == 400, "\(wrong)")
      }
    }
  }

  @Test func tokensAreMadeUsedAndRemoved() async throws {
    try await ManagementScenario().test { admin in
      #expect(try await admin.send(.post, "/v1/tenants", text: "{\"name\": \"acme\"}").status == 201)
      #expect(try await admin.send(.post, "/v1/tenants", text: "{\"name\": \"acme\"}").status == 409)
      #expect(try await admin.send(.post, "/v1/tenants", text: "{\"name\": \"A\"}").status == 400)
      let made = try await admin.send(.post, "/v1/tokens", text: "{\"tenant\": \"acme\", \"role\": \"deploy\", \"note\": \"CI\"}")
      #expect(made.status == 201)
      let token = try #require(made.json["token"] as? String)
      let caller = admin.with(token)
      let node = try await caller.send(.get, "/v1/node").json
      #expect(node["tenant"] as? String == "acme")
      #expect(node["role"] as? String == "deploy")
      #expect(node["confidential"] as? Bool == false)
      let list = try await admin.send(.get, "/v1/tokens")
      #expect(list.text.contains("CI"))
      #expect(!list.text.contains(token))
      #expect(try await admin.send(.post, "/v1/tokens", text: "{\"role\": \"root\"}").detail.contains("read, deploy, admin"))
      #expect(try await admin.send(.delete, "/v1/tokens/\(try #require(made.json["id"] as? String))").status == 204)
      #expect(try await caller.send(.get, "/v1/node").status == 401)
      #expect(try await admin.send(.delete, "/v1/tenants/acme").status == 204)
    }
  }
}

import Foundation
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Testing

/// Administrators: what each token may, and what nobody may.
@Suite struct ManagementTests {
  private func problem(_ answer: BrokerResponse) -> ProtocolProblem { ProtocolProblem(status: answer.status, body: answer.body) }

  @Test func anAdministratorKeepsSecrets() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    let token = try scene.broker.store.addToken(tenant: nil, role: .admin, by: "test").text
    func ask(_ method: String, _ path: String, _ body: [UInt8] = []) -> BrokerResponse {
      scene.broker.answer(BrokerRequest(method, path, body: body, bearer: token))
    }
    #expect(ask("PUT", "/v1/tenants/acme", Array("{\"resources\":2}".utf8)).status == 200)
    #expect(ask("PUT", "/v1/tenants/acme/resources/shop/key/database", BrokerScene.secret).status == 200)
    #expect(ask("PUT", "/v1/tenants/acme/policies/shop/key/database", Array(Attester.policy().utf8)).status == 200)
    let client = attester.client(DirectTransport(scene.broker), tenant: "acme")
    #expect(try await client.resource(ResourceName("shop/key/database")) == BrokerScene.secret)
    // What is in it nobody is shown here.
    for path in ["/v1/tenants/acme/resources", "/v1/tenants/acme/policies/shop/key/database", "/v1/audit", "/v1/tokens", "/v1/tenants"] {
      let answer = ask("GET", path)
      #expect(answer.status == 200 && answer.body.firstRange(of: BrokerScene.secret) == nil, "\(path)")
    }
    #expect(ask("GET", "/v1/tenants/acme/resources/shop/key/database").status == 405)
    #expect(ask("GET", "/v1/tenants/acme/policies/shop/key/database").body == Array(Attester.policy().utf8))
    // Bad policies leave the good one.
    for policy in ["platforms: {none: secure}", "nonsense: 1", "{", "\u{0}"] {
      #expect(ask("PUT", "/v1/tenants/acme/policies/shop/key/database", Array(policy.utf8)).status == 400, "\(policy)")
    }
    #expect(ask("PUT", "/v1/tenants/acme/policies/shop/key/database", [0xFF]).status == 400)
    #expect(try await client.resource(ResourceName("shop/key/database")) == BrokerScene.secret)
    #expect(ask("DELETE", "/v1/tenants/acme").status == 409)
    #expect(ask("DELETE", "/v1/tenants/acme/resources/shop/key/database").status == 200)
    #expect(ask("DELETE", "/v1/tenants/acme").status == 200)
    // As the protocol has it for registering.
    #expect(scene.broker.answer(BrokerRequest("POST", "/kbs/v0/resource/a/b/c", body: [1], bearer: token)).status == 200)
    #expect(scene.broker.answer(BrokerRequest("POST", "/kbs/v0/resource/a/b/c", body: [1])).status == 401)
  }

  /// Each role of each tenant, and what it may (the status that is not 401 or 403).
  @Test func aTokenMayWhatItsRoleSays() throws {
    let scene = try BrokerScene()
    for tenant in ["acme", "bolt"] { try scene.put(policy: nil, tenant: tenant) }
    var tokens: [String: String] = [:]
    for tenant in [nil, "acme", "bolt"] {
      for role in TokenRecord.Role.allCases {
        tokens["\(tenant ?? "all") \(role)"] = try scene.broker.store.addToken(tenant: tenant, role: role, by: "test").text
      }
    }
    let requests: [(String, String, String, Set<String>)] = [
      ("GET", "/v1/tenants/acme/resources", "", ["all audit", "all admin", "acme audit", "acme admin"]),
      ("PUT", "/v1/tenants/acme/resources/shop/key/database", "x", ["all admin", "acme admin"]),
      ("DELETE", "/v1/tenants/acme/policies/shop/key/database", "", ["all admin", "acme admin"]),
      ("GET", "/v1/audit", "", Set(tokens.keys)), ("GET", "/v1/tokens", "", Set(tokens.keys)), ("GET", "/v1/tenants", "", Set(tokens.keys)),
      ("PUT", "/v1/tenants/acme", "{}", ["all admin"]), ("DELETE", "/v1/tenants/acme", "", ["all admin"]), ("PUT", "/v1/tenants/new", "{}", ["all admin"]),
      ("POST", "/v1/tokens", "{\"tenant\":\"acme\",\"role\":\"admin\"}", ["all admin", "acme admin"]),
      ("POST", "/v1/tokens", "{\"tenant\":null,\"role\":\"audit\"}", ["all admin"]),
    ]
    for (method, path, body, allowed) in requests {
      for (name, token) in tokens {
        let answer = scene.broker.answer(BrokerRequest(method, path, body: Array(body.utf8), bearer: token))
        #expect(![401, 403].contains(answer.status) == allowed.contains(name), "\(method) \(path) by \(name): \(answer.status)")
      }
      for bearer in [nil, "", "cofferbroker_aaaaaaaaaaaa_" + String(repeating: "a", count: 52), "x"] {
        #expect(scene.broker.answer(BrokerRequest(method, path, body: Array(body.utf8), bearer: bearer)).status == 401, "\(method) \(path)")
      }
    }
    // What a tenant's token sees of the log and of tokens is the tenant's.
    let log = scene.broker.answer(BrokerRequest("GET", "/v1/audit", bearer: tokens["bolt audit"]))
    #expect(log.body.firstRange(of: Array("acme".utf8)) == nil && log.body.firstRange(of: Array("bolt".utf8)) != nil)
    let list = scene.broker.answer(BrokerRequest("GET", "/v1/tokens", bearer: tokens["bolt audit"]))
    #expect(list.body.firstRange(of: Array("acme".utf8)) == nil)
    for text in tokens.values { #expect(list.body.firstRange(of: Array(text.suffix(52).utf8)) == nil) }
  }

  /// A request that was misspelt would make more of somebody, or of his quota, than was meant.
  @Test(arguments: [
    "{\"tennant\":\"acme\",\"role\":\"admin\"}", "{\"tenant\":[\"acme\"],\"role\":\"admin\"}", "{\"tenant\":1,\"role\":\"admin\"}",
    "{\"tenant\":false,\"role\":\"admin\"}", "{\"tenant\":\"nobody\",\"role\":\"admin\"}", "{\"tenant\":\"acme\",\"role\":\"owner\"}",
    "{\"tenant\":\"acme\"}", "{\"tenant\":\"acme\",\"role\":\"admin\",\"note\":1}", "{\"tenant\":\"acme\",\"role\":\"admin\",\"until\":\"tomorrow\"}",
    "[]", "\"admin\"", "null", "", "{\"tenant\":\"acme\",\"tenant\":null,\"role\":\"admin\"}",
  ])
  func aTokenThatIsMisspeltIsNotMade(body: String) throws {
    let scene = try BrokerScene()
    try scene.put(policy: nil, tenant: "acme")
    let token = try scene.broker.store.addToken(tenant: nil, role: .admin, by: "test").text
    let answer = scene.broker.answer(BrokerRequest("POST", "/v1/tokens", body: Array(body.utf8), bearer: token))
    #expect([400, 404].contains(answer.status), "\(answer.status)")
    #expect(scene.broker.store.tokens().count == 1)
  }

  @Test(arguments: ["{\"resource\":5}", "{\"resources\":\"5\"}", "{\"resources\":null}", "{\"resources\":5.5}", "{\"Resources\":5}", "[]", "null", "{\"name\":\"other\"}"])
  func aQuotaThatIsMisspeltIsNotTaken(body: String) throws {
    let scene = try BrokerScene()
    try scene.put(policy: nil, tenant: "acme")
    let token = try scene.broker.store.addToken(tenant: nil, role: .admin, by: "test").text
    for tenant in ["acme", "new"] {
      #expect(scene.broker.answer(BrokerRequest("PUT", "/v1/tenants/\(tenant)", body: Array(body.utf8), bearer: token)).status == 400)
    }
    #expect(scene.broker.store.tenant("acme")?.quota == .standard && scene.broker.store.tenant("new") == nil)
    #expect(scene.broker.answer(BrokerRequest("PUT", "/v1/tenants/acme", body: Array("{\"resources\":5}".utf8), bearer: token)).status == 200)
    #expect(scene.broker.store.tenant("acme")?.quota.resources == 5)
  }

  /// Who would get the name would read the former one's log, and write what its images take.
  @Test func aTenantsNameIsGivenOnce() throws {
    let scene = try BrokerScene()
    let store = scene.broker.store
    try store.addTenant("acme", by: "test")
    try store.removeTenant("acme", by: "test")
    #expect { try store.addTenant("acme", by: "test") } throws: { ($0 as? BrokerError)?.code == .taken }
    let token = try store.addToken(tenant: nil, role: .admin, by: "test").text
    #expect(scene.broker.answer(BrokerRequest("PUT", "/v1/tenants/acme", body: Array("{}".utf8), bearer: token)).status == 409)
    #expect(store.tenant("acme") == nil)
    try store.addTenant("acme-2", by: "test")
  }

  /// Genuine evidence that no policy accepts: the log grows by so many lines, and says how many there were.
  @Test func whoGetsNothingDoesNotFillTheLog() async throws {
    let scene = try BrokerScene {
      $0.strangerEntryBurst = 4
      $0.strangerEntryRate = 0.1
    }
    try scene.put(policy: Attester.policy())
    let stranger = try Attester(measurement: [UInt8](repeating: 0x77, count: 48))
    let client = stranger.client(DirectTransport(scene.broker))
    for _ in 0..<40 {
      do {
        _ = try await client.resource(ResourceName("shop/key/database"))
        Issue.record("released")
      } catch KeyBrokerClientError.refused(let problem) {
        #expect(problem.status == 403)
      }
    }
    let refusals = { try scene.entries.filter { $0.action == .release && $0.outcome == .refused } }
    #expect(try (1...4).contains(refusals().count))
    // What is released is written in any case.
    let known = try Attester().client(DirectTransport(scene.broker))
    #expect(try await known.resource(ResourceName("shop/key/database")) == BrokerScene.secret)
    #expect(try scene.entries.contains { $0.action == .release && $0.outcome == .done })
    scene.wait(11)
    await #expect(throws: KeyBrokerClientError.self) { try await client.resource(ResourceName("shop/key/database")) }
    let last = try #require(try refusals().last)
    #expect(last.detail.contains("such entries were left out"), "\(last.detail)")
    #expect(try scene.broker.store.auditEnd().number == Int64(scene.entries.count))
  }

  @Test func theTokenLiesWhereItIsWanted() throws {
    let scene = try BrokerScene()
    let store = scene.broker.store
    let standard = try store.provideAdministratorToken()
    let first = try String(contentsOfFile: standard, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(store.bearer(of: first) != nil && standard == "\(store.directory)/admin-token")
    #expect(try store.provideAdministratorToken() == standard)
    // Kept elsewhere from now on: the one beside the data is gone, and counts no more.
    let other = "\(scene.folder.path)/key.admin-token"
    #expect(try store.provideAdministratorToken(file: other) == other)
    let second = try String(contentsOfFile: other, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(!FileManager.default.fileExists(atPath: standard))
    #expect(store.bearer(of: first) == nil && store.bearer(of: second) != nil)
    #expect(try store.provideAdministratorToken(file: other) == other)
    #expect(try String(contentsOfFile: other, encoding: .utf8).contains(second))
  }

  @Test func aRemovedTokenEnds() throws {
    let scene = try BrokerScene()
    let (text, record) = try scene.broker.store.addToken(tenant: nil, role: .admin, by: "test")
    #expect(scene.broker.answer(BrokerRequest("GET", "/v1/tokens", bearer: text)).status == 200)
    #expect(scene.broker.answer(BrokerRequest("DELETE", "/v1/tokens/\(record.identifier)", bearer: text)).status == 200)
    #expect(scene.broker.answer(BrokerRequest("GET", "/v1/tokens", bearer: text)).status == 401)
  }

  @Test func quotasHold() throws {
    let scene = try BrokerScene()
    let store = scene.broker.store
    try store.addTenant("small", quota: .init(resources: 2, bytes: 100, requests: 10), by: "test")
    try store.put(ResourceName("a/b/1"), of: "small", content: [UInt8](repeating: 1, count: 60), by: "test")
    #expect { try store.put(ResourceName("a/b/2"), of: "small", content: [UInt8](repeating: 1, count: 41), by: "test") } throws: { ($0 as? BrokerError)?.code == .full }
    try store.put(ResourceName("a/b/2"), of: "small", content: [UInt8](repeating: 1, count: 40), by: "test")
    #expect { try store.put(ResourceName("a/b/3"), of: "small", content: [], by: "test") } throws: { ($0 as? BrokerError)?.code == .full }
    // In the place of what is there already.
    try store.put(ResourceName("a/b/1"), of: "small", content: [UInt8](repeating: 2, count: 30), by: "test")
    #expect { try store.put(ResourceName("a/b/1"), of: "default", content: [UInt8](repeating: 0, count: BrokerStore.resourceLimit + 1), by: "test") } throws: {
      ($0 as? BrokerError)?.code == .invalid
    }
    for name in ["", "A", "a_b", "-a", "a-", "kbs", "v1", "healthz", "a/b", String(repeating: "a", count: 64)] {
      #expect(throws: BrokerError.self, "\(name)") { try store.addTenant(name, by: "test") }
    }
  }

  /// What a tenant's policies may take: everybody who gives evidence waits for them.
  @Test func policiesHaveBounds() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    let store = scene.broker.store
    let name = try ResourceName("shop/key/database")
    try scene.put(policy: Attester.policy())
    func anchors(_ numbers: Range<Int>) -> String {
      "trust-anchors: {tpm: [\(numbers.map { "\"" + String(repeating: "0", count: 60) + String(10_000 + $0).suffix(4) + "\"" }.joined(separator: ", "))]}\n"
    }
    func set(_ policy: String, _ name: ResourceName) throws -> BrokerError.Code? {
      do throws(BrokerError) {
        try store.setPolicy(policy, of: name, of: "default", by: "test")
        return nil
      } catch {
        return error.code
      }
    }
    let padding = "# " + String(repeating: "x", count: (64 << 10) - Attester.policy().utf8.count - 3) + "\n"
    #expect(try set(Attester.policy(more: padding), name) == nil)
    #expect(try set(Attester.policy(more: padding + "\n"), name) == .invalid)
    #expect(try set(Attester.policy(more: anchors(0..<64)), name) == nil)
    #expect(try set(Attester.policy(more: anchors(0..<65)), name) == .invalid)
    // 256 different ones in all; the same again are no more.
    for number in 1..<6 {
      let other = try ResourceName("a/b/\(number)")
      try store.put(other, of: "default", content: [1], by: "test")
      #expect(try set(Attester.policy(more: anchors(number * 64..<(number + 1) * 64)), other) == (number < 4 ? nil : .full), "\(number)")
    }
    #expect(try set(Attester.policy(more: anchors(0..<64)), ResourceName("a/b/4")) == nil)
    // What is removed makes room.
    try store.remove(ResourceName("a/b/1"), of: "default", by: "test")
    #expect(try set(Attester.policy(more: anchors(4 * 64..<5 * 64)), ResourceName("a/b/5")) == nil)
    #expect(try await attester.client(DirectTransport(scene.broker)).resource(name) == BrokerScene.secret)
    // Policies count in the quota, with contents, in either order.
    let size = Attester.policy().utf8.count
    try store.addTenant("small", quota: .init(resources: 2, bytes: size + 10, requests: 10), by: "test")
    try store.put(name, of: "small", content: [UInt8](repeating: 1, count: 10), by: "test")
    #expect { try store.setPolicy(Attester.policy(more: "#"), of: name, of: "small", by: "test") } throws: { ($0 as? BrokerError)?.code == .full }
    try store.setPolicy(Attester.policy(), of: name, of: "small", by: "test")
    #expect { try store.put(name, of: "small", content: [UInt8](repeating: 1, count: 11), by: "test") } throws: { ($0 as? BrokerError)?.code == .full }
    #expect { try store.put(ResourceName("a/b/2"), of: "small", content: [1], by: "test") } throws: { ($0 as? BrokerError)?.code == .full }
    // A lowered quota does not keep a shorter policy out.
    try store.changeTenant("small", quota: .init(resources: 2, bytes: 5, requests: 10), by: "test")
    try store.setPolicy("nonce: optional\n", of: name, of: "small", by: "test")
  }

  @Test func whoAsksTooOftenWaits() async throws {
    let scene = try BrokerScene { configuration in
      configuration.peerRate = 2
      configuration.peerBurst = 10
    }
    func ask(_ peer: String) -> BrokerResponse { scene.broker.answer(BrokerRequest("GET", "/kbs/v0/resource/a/b/c", peer: peer)) }
    #expect((0..<10).allSatisfy { _ in ask("192.0.2.1").status == 401 })
    let refused = ask("192.0.2.1")
    #expect(refused.status == 429 && refused.retryAfter == 1)
    #expect(ask("192.0.2.2").status == 401)
    scene.wait(1)
    #expect(ask("192.0.2.1").status == 401)
    // Guessing a token costs more.
    scene.wait(60)
    let guesses = (0..<2).map { _ in scene.broker.answer(BrokerRequest("GET", "/v1/tokens", bearer: "guess", peer: "192.0.2.3")).status }
    #expect(guesses == [401, 429])
    // Of IPv6 an address is its first 64 bits, however it is written.
    func askMany(_ peers: [String]) -> Set<Int> { Set(peers.map { ask($0).status }) }
    #expect(askMany((0..<10).map { "2001:db8:0:1::\($0)" }) == [401])
    #expect(askMany(["2001:db8:0:1:ffff::1", "2001:0db8:0000:0001::77", "2001:db8:0:1::9%eth0"]) == [429])
    #expect(askMany(["2001:db8:0:2::1", "::ffff:192.0.2.9", "nothing:like:an:address"]) == [401])
    // A tenant's limit counts for all of its addresses, and strangers use none of it up.
    try scene.put(policy: Attester.policy(), tenant: "acme")
    try scene.broker.store.changeTenant("acme", quota: .init(resources: 1, bytes: 10_000, requests: 5), by: "test")
    let statuses = (0..<100).map { scene.broker.answer(BrokerRequest("POST", "/acme/kbs/v0/auth", body: [1], peer: "198.51.100.\($0)")).status }
    #expect(statuses.allSatisfy { $0 == 400 })
    let token = try await Attester().client(DirectTransport(scene.broker), tenant: "acme").attest()
    let path = "/acme/kbs/v0/resource/shop/key/database"
    let released = (0..<30).map { scene.broker.answer(BrokerRequest("GET", path, bearer: token, peer: "203.0.113.\($0)")).status }
    // The first of them is a newcomer's still, as giving evidence was; then there are twice five.
    #expect(released == [Int](repeating: 200, count: 11) + [Int](repeating: 429, count: 19))
    #expect(scene.broker.answer(BrokerRequest("POST", "/kbs/v0/auth", body: [1], peer: "203.0.113.200")).status == 400)
    #expect(scene.broker.answer(BrokerRequest("GET", "/healthz", peer: "192.0.2.1")).status == 200)
  }

  /// Evidence for which there is no room has given nobody a session, and the log does not say that it has.
  @Test func theLogTellsOfSessionsThatAreThere() async throws {
    let scene = try BrokerScene { $0.tenantSessionLimit = 2 }
    try scene.put(policy: Attester.policy())
    for number in 0..<4 {
      let client = try Attester().client(DirectTransport(scene.broker))
      do {
        _ = try await client.resource(ResourceName("shop/key/database"))
        #expect(number < 2)
      } catch KeyBrokerClientError.refused(let problem) {
        #expect(number >= 2 && problem.status == 503, "\(problem)")
      }
    }
    let entries = try scene.entries.filter { $0.action == .attest }
    #expect(entries.map(\.outcome) == [.done, .done, .refused, .refused])
    #expect(entries.last?.detail.hasPrefix("no room for another session") == true)
  }

  @Test func theLogTellsWhatWasDone() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    _ = try await attester.client(DirectTransport(scene.broker)).resource(ResourceName("shop/key/database"))
    let entries = try scene.entries
    #expect(entries.map(\.number) == (1...Int64(entries.count)).map { $0 })
    #expect(entries.map(\.action) == [.addTenant, .start, .put, .setPolicy, .attest, .release])
    #expect(entries.last?.detail.contains(String(repeating: "11", count: 48)) == true)
  }
}

import Attestation
import DevelopmentPlatform
import Evidence
import Foundation
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Platform
import Testing

/// Who gets what, by which policy.
@Suite struct ReleaseTests {
  private let database = "shop/key/database"

  private func name(_ text: String = "shop/key/database") throws -> ResourceName { try ResourceName(text) }

  @Test(arguments: ["0.1.1", "0.2.0", "0.3.0", "0.4.0", "0.4.7"])
  func aTrustletGetsItsSecret(version: String) async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let transport = DirectTransport(scene.broker)
    let client = KeyBrokerClient(
      transport: transport, source: attester.source, key: .p384(attester.key), brokerKey: scene.broker.publicKey, version: try ProtocolVersion(version))
    #expect(try await client.resource(name()) == BrokerScene.secret)
    #expect(try await client.resource(name()) == BrokerScene.secret)
    // Evidence was given once.
    #expect(transport.requests.map(\.path) == ["auth", "attest", "resource/\(database)", "resource/\(database)"].map { "/kbs/v0/\($0)" })
    // What passes does not hold it.
    for response in transport.responses { #expect(response.body.firstRange(of: BrokerScene.secret) == nil) }
    let released = try scene.entries.filter { $0.action == .release }
    #expect(released.count == 2 && released.allSatisfy { $0.outcome == .done && $0.detail.contains("confidential: false") })
  }

  /// A front that was taken over chooses nonce and key, and gets genuine evidence that names its key and an image's measurement.
  @Test(arguments: [InstanceKey.Holder.monitor, .front]) func nothingIsReleasedToAKeyThatIsNotTheInstances(holder: InstanceKey.Holder) async throws {
    let (scene, attester) = (try BrokerScene(), try Attester(holder: holder))
    try scene.put(policy: Attester.policy())
    let client = attester.client(DirectTransport(scene.broker))
    await #expect(throws: KeyBrokerClientError.self) { _ = try await client.resource(name()) }
    let last = try #require(try scene.entries.last)
    #expect(last.action == .release && last.outcome == .refused && last.detail.contains("policy.key-holder"), "\(last)")
    try scene.put(policy: Attester.policy(more: "key-holder: any"))
    #expect(try await client.resource(name()) == BrokerScene.secret)
  }

  @Test func cookieAndTokenServeEachAlone() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let transport = DirectTransport(scene.broker)
    let client = attester.client(transport)
    let token = try await client.attest()
    let session = try #require(transport.responses.last?.session)
    let path = "/kbs/v0/resource/\(database)"
    for request in [BrokerRequest("GET", path, session: session), BrokerRequest("GET", path, bearer: token)] {
      let answer = scene.broker.answer(request)
      #expect(answer.status == 200)
      #expect(try JSONWebEncryption(answer.body).decrypted(by: .p384(attester.key)) == BrokerScene.secret)
    }
    let claims = try JSONWebToken.claims(of: token, signedBy: scene.broker.publicKey)
    #expect(claims["tee-pubkey"]?.canonical == (try attester.publicKey.json.canonical))
    // It affirms nothing: each resource has a policy of its own.
    #expect(claims["submods"]?["cpu0"]?["ear.status"]?.text == "none")
    #expect(!token.contains(session))
  }

  /// What each policy says, and whether it gives the secret to an instance on the platform none.
  @Test(arguments: [
    ("accepted", Attester.policy(), true), ("no policy", nil, false), ("an empty one", "", false),
    ("none is not named", "platforms: {sev-snp: {reference-values: any}}\nimages: [{measurement: \"\(String(repeating: "11", count: 48))\"}]", false),
    ("another image", Attester.policy([UInt8](repeating: 0x12, count: 48)), false),
    ("no image", "platforms: {none: insecure}", false), ("another machine", Attester.policy(more: "machines: [process]"), false),
    ("what the manifest forbids", Attester.policy(more: "manifest: {network: none, host-directories: none}"), true),
  ] as [(String, String?, Bool)])
  func aPolicyDecides(what: String, policy: String?, isReleased: Bool) async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: policy)
    // For which the evidence is taken: what it gets there is nothing to the other.
    try scene.put("shop/key/another", policy: Attester.policy())
    let client = attester.client(DirectTransport(scene.broker))
    do {
      let content = try await client.resource(name())
      #expect(isReleased && content == BrokerScene.secret, "\(what)")
    } catch KeyBrokerClientError.refused(let problem) {
      #expect(!isReleased && problem.status == 403 && problem.kind == "PolicyDeny", "\(what): \(problem)")
    }
    let last = try #require(try scene.entries.last)
    #expect(last.action == .release && (last.outcome == .done) == isReleased, "\(what)")
  }

  @Test func aChangedPolicyCountsForSessionsThatAreThere() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let client = attester.client(DirectTransport(scene.broker))
    #expect(try await client.resource(name()) == BrokerScene.secret)
    try scene.broker.store.setPolicy(nil, of: name(), of: "default", by: "test")
    await #expect(throws: KeyBrokerClientError.self) { try await client.resource(name()) }
  }

  /// What an administrator may do between the judgement and the answer.
  enum Change: CaseIterable { case withdrawn, policy, content, removed, madeAnew }

  @Test(arguments: Change.allCases, [false, true]) func whatWasJudgedIsWhatIsReleased(change: Change, isCounter: Bool) async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let client = attester.client(DirectTransport(scene.broker))
    let token = try await client.attest()
    let (store, name) = (scene.broker.store, try name())
    let value = try CounterValue([UInt8](repeating: 1, count: 24))
    func ask() -> BrokerResponse {
      let exchange = CounterExchange(expected: nil, value: value, authenticator: nil)
      return scene.broker.answer(
        BrokerRequest(
          isCounter ? "POST" : "GET", "/kbs/v0/\(isCounter ? "counter" : "resource")/\(database)", body: isCounter ? exchange.json.canonical : [], bearer: token))
    }
    scene.whileJudging {
      switch change {
      case .withdrawn: try? store.setPolicy(nil, of: name, of: "default", by: "test")
      case .policy: try? store.setPolicy(Attester.policy(more: "# another"), of: name, of: "default", by: "test")
      case .content: _ = try? store.put(name, of: "default", content: [1, 2, 3], by: "test")
      case .removed: try? store.remove(name, of: "default", by: "test")
      case .madeAnew:
        try? store.remove(name, of: "default", by: "test")
        _ = try? store.put(name, of: "default", content: [1, 2, 3], by: "test")
      }
    }
    let answer = ask()
    #expect(answer.status == 503 && answer.retryAfter == 1, "\(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
    #expect(answer.body.firstRange(of: Array("changed".utf8)) != nil)
    #expect(try !scene.entries.contains { [.release, .exchange].contains($0.action) && $0.outcome == .done })
    // It is no failure of the broker's: its operator has nothing to do. Asked again, what there is now counts.
    #expect(scene.reports.isEmpty)
    let expected: Int =
      switch change {
      case .withdrawn, .madeAnew: 403
      case .policy, .content: 200
      case .removed: 404
      }
    #expect(ask().status == expected)
  }

  @Test func thePolicysAgeCountsAtEachRelease() async throws {
    let (scene, attester) = (try BrokerScene { $0.sessionTime = 3600 }, try Attester())
    try scene.put(policy: Attester.policy(more: "age: 5m"))
    let transport = DirectTransport(scene.broker)
    let client = attester.client(transport)
    #expect(try await client.resource(name()) == BrokerScene.secret)
    scene.wait(600)
    await #expect { try await client.resource(name()) } throws: { error in
      guard case KeyBrokerClientError.refused(let problem) = error else { return false }
      return problem.status == 403 && problem.detail.contains("policy.age")
    }
  }

  @Test func aDevelopmentRootCountsWhereAPolicyNamesItAndNowhereElse() async throws {
    let (scene, root) = (try BrokerScene(), DevelopmentRoot())
    let machine = DevelopmentMachine(.sevSNP, root: root)
    let attester = try Attester(machine)
    let platform = "sev-snp: {minimum-tcb: {bootloader: any, tee: any, snp: 1, microcode: any}, reference-values: [{launch-digest: \"\(hexadecimal(machine.launchDigest))\"}]}"
    let image = "images: [{measurement: \"\(hexadecimal(Attester.measurement))\"}]"
    let strict = "platforms: {\(platform)}\n\(image)"
    try scene.put("a/key/strict", policy: strict)
    let client = attester.client(DirectTransport(scene.broker))
    // Nobody here trusts that root: the evidence is not even taken.
    await #expect { try await client.resource(name("a/key/strict")) } throws: { error in
      guard case KeyBrokerClientError.refused(let problem) = error else { return false }
      return problem.status == 401 && problem.detail.contains("root")
    }
    try scene.put("a/key/development", policy: "\(strict)\ntrust-anchors: {sev-snp: [\"\(hexadecimal(root.fingerprint))\"]}")
    #expect(try await client.resource(name("a/key/development")) == BrokerScene.secret)
    #expect(try scene.entries.last?.detail.contains("confidential: false") == true)
    await #expect { try await client.resource(name("a/key/strict")) } throws: { error in
      guard case KeyBrokerClientError.refused(let problem) = error else { return false }
      return problem.status == 403 && problem.detail.contains("root")
    }
  }

  /// Hardware's evidence without a trustlet: the report binds the hash of nonce and key, as the protocol has it.
  @Test(arguments: ["0.1.1", "0.3.0", "0.4.0"])
  func hardwaresEvidenceBindsTheRuntimeData(version: String) async throws {
    let root = DevelopmentRoot()
    let machine = DevelopmentMachine(.sevSNP, root: root)
    let report = try machine.report(binding: [UInt8](repeating: 0, count: 64))
    let scene = try BrokerScene { configuration in
      for endorsement in report.endorsements { try? configuration.endorsements.add(file: endorsement) }
    }
    let terms = "sev-snp: {minimum-tcb: {bootloader: any, tee: any, snp: 1, microcode: any}, reference-values: [{launch-digest: \"\(hexadecimal(machine.launchDigest))\"}]}"
    try scene.put(policy: "platforms: {\(terms)}\ntrust-anchors: {sev-snp: [\"\(hexadecimal(root.fingerprint))\"]}")
    func client(_ source: PlatformEvidenceSource, _ key: DecryptionKey) throws -> KeyBrokerClient {
      KeyBrokerClient(transport: DirectTransport(scene.broker), source: source, key: key, version: try ProtocolVersion(version))
    }
    for key in [DecryptionKey.p256(.init()), .p521(.init()), try .rsa(.oaep256)] {
      let source = PlatformEvidenceSource(tee: "snp") { digest in
        .string(Base64.text(try machine.report(binding: digest + [UInt8](repeating: 0, count: 16)).evidence))
      }
      #expect(try await client(source, key).resource(name()) == BrokerScene.secret)
    }
    for changed in [0, 47, 48, 63] {
      let source = PlatformEvidenceSource(tee: "snp") { digest in
        var bound = digest + [UInt8](repeating: 0, count: 16)
        bound[changed] ^= 1
        return .string(Base64.text(try machine.report(binding: bound).evidence))
      }
      await #expect(throws: KeyBrokerClientError.self) { try await client(source, .p256(.init())).resource(name()) }
    }
  }

  @Test func tenantsDoNotSeeEachOther() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy(), tenant: "acme")
    try scene.put("other/key/one", policy: Attester.policy(), tenant: "bolt")
    let transport = DirectTransport(scene.broker)
    let acme = attester.client(transport, tenant: "acme", brokerKey: scene.broker.publicKey)
    #expect(try await acme.resource(name()) == BrokerScene.secret)
    for path in ["other/key/one", "missing/key/one"] {
      await #expect { try await acme.resource(name(path)) } throws: { error in
        guard case KeyBrokerClientError.refused(let problem) = error else { return false }
        return problem.status == 404
      }
    }
    // Its session is none of another's, by cookie and by token.
    let last = try #require(transport.requests.last)
    for path in ["/bolt/kbs/v0/resource/other/key/one", "/kbs/v0/resource/shop/key/database", "/nobody/kbs/v0/resource/shop/key/database"] {
      for request in [BrokerRequest("GET", path, session: last.session), BrokerRequest("GET", path, bearer: last.bearer)] {
        #expect([401, 404].contains(scene.broker.answer(request).status), "\(path)")
      }
    }
  }

  @Test func aSessionEndsAndIsBegunAnew() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let transport = DirectTransport(scene.broker)
    let client = attester.client(transport)
    #expect(try await client.resource(name()) == BrokerScene.secret)
    let old = try #require(transport.requests.last)
    scene.wait(301)
    #expect(scene.broker.answer(BrokerRequest("GET", old.path, session: old.session)).status == 401)
    #expect(scene.broker.answer(BrokerRequest("GET", old.path, bearer: old.bearer)).status == 401)
    // The client's evidence is of now, the broker's clock 301 s ahead, and this policy asks for no age.
    #expect(try await client.resource(name()) == BrokerScene.secret)
    #expect(transport.requests.filter { $0.path.hasSuffix("attest") }.count == 2)
  }

  @Test func aRestartKeepsWhatMatters() async throws {
    let (folder, key, attester) = (try ScratchFolder(), MasterKey(), try Attester())
    var publicKey: BrokerPublicKey?
    var number: Int64 = 0
    do {
      let scene = try BrokerScene(folder: folder, key: key)
      try scene.put(policy: Attester.policy())
      publicKey = scene.broker.publicKey
      number = try scene.broker.store.auditEnd().number
    }
    let scene = try BrokerScene(folder: folder, key: key)
    #expect(scene.broker.publicKey == publicKey)
    #expect(try scene.broker.store.auditEnd().number == number + 1)
    #expect(try await attester.client(DirectTransport(scene.broker), brokerKey: publicKey).resource(name()) == BrokerScene.secret)
  }
}

import Crypto
import Foundation
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Synchronization
import Testing

/// A host between a client and its broker, which answers in the broker's place or changes what it says.
@Suite struct LyingBrokerTests {
  private let path = "/kbs/v0/resource/shop/key/database"

  private func scene() throws -> BrokerScene {
    let scene = try BrokerScene()
    try scene.put(policy: Attester.policy())
    return scene
  }

  private func resource() throws -> ResourceName { try ResourceName("shop/key/database") }

  /// Anyone can encrypt to an instance's public key.
  @Test func aSecretOfTheHostsIsNotTaken() async throws {
    let (scene, attester) = (try scene(), try Attester())
    let key = try attester.publicKey
    let lie = try JSONWebEncryption(encrypting: Array("the host's".utf8), to: key).json.canonical
    let strangers = BrokerKey()
    for proof in ["kept", "none", "a stranger's", "no signature"] {
      let transport = DirectTransport(scene.broker) { request, response in
        guard request.path.contains("/resource/") else { return response }
        var response = response
        response.body = lie
        switch proof {
        case "none": response.proof = nil
        case "a stranger's":
          response.proof = try? AnswerProof.make(
            challenge: [], nonce: Base64.bytes(urlText: request.nonce ?? "") ?? [], tenant: "default", method: "GET", path: request.path, status: 200, body: lie,
            by: strangers)
        case "no signature": response.proof = "AAAA"
        default: break
        }
        return response
      }
      await #expect(throws: KeyBrokerClientError.unproven(path), "\(proof)") {
        try await attester.client(transport, brokerKey: scene.broker.publicKey).resource(resource())
      }
      // Without the broker's key nobody knows who answers, which the documents say.
      #expect(try await attester.client(transport).resource(resource()) == Array("the host's".utf8))
    }
  }

  @Test func anOlderAnswerIsNotTaken() async throws {
    let (scene, attester) = (try scene(), try Attester())
    let kept = Mutex<BrokerResponse?>(nil)
    let transport = DirectTransport(scene.broker) { request, response in
      guard request.path.contains("/counter/"), request.method == "GET" else { return response }
      return kept.withLock { kept in
        if kept == nil { kept = response }
        return kept ?? response
      }
    }
    let client = attester.client(transport, brokerKey: scene.broker.publicKey)
    #expect(try await client.counter(resource()) == nil)
    try await client.exchange(resource(), expected: nil, value: CounterValue([UInt8](repeating: 7, count: 24)))
    // The same session, the same instance, and the state of before.
    await #expect(throws: KeyBrokerClientError.unproven("/kbs/v0/counter/shop/key/database")) { try await client.counter(resource()) }
  }

  @Test func anotherResourcesAnswerIsNotTaken() async throws {
    let (scene, attester) = (try scene(), try Attester())
    try scene.put("shop/key/other", Array("other".utf8), policy: Attester.policy())
    let broker = scene.broker
    let transport = DirectTransport(scene.broker) { request, response in
      guard request.path.hasSuffix("/resource/shop/key/database") else { return response }
      var other = request
      other.path = "/kbs/v0/resource/shop/key/other"
      return broker.answer(other)
    }
    await #expect(throws: KeyBrokerClientError.unproven(path)) {
      try await attester.client(transport, brokerKey: scene.broker.publicKey).resource(resource())
    }
  }

  /// A proxy that leads one tenant's instance to another tenant of the same broker, whose owner has put what he likes under the same name.
  @Test(arguments: [nil, "default", "acme"]) func anotherTenantsAnswerIsNotTaken(asked: String?) async throws {
    let (scene, attester) = (try scene(), try Attester())
    try scene.put(policy: Attester.policy(), tenant: "acme")
    try scene.put("shop/key/database", Array("evil".utf8), policy: Attester.policy(), tenant: "evil")
    let transport = DirectTransport(scene.broker, route: { request in
      var other = request
      other.path = "/evil" + (request.path.firstRange(of: "/kbs/").map { String(request.path[$0.lowerBound...]) } ?? "")
      return other
    })
    let client = attester.client(transport, tenant: asked, brokerKey: scene.broker.publicKey)
    await #expect(throws: KeyBrokerClientError.unproven(path)) { try await client.resource(resource()) }
    await #expect(throws: KeyBrokerClientError.unproven("/kbs/v0/counter/shop/key/database")) { try await client.counter(resource()) }
    // It is the tenant's name alone that is in the way: who asks for that tenant gets its answer, and unchanged paths lead to one's own.
    let theirs = attester.client(transport, tenant: "evil", brokerKey: scene.broker.publicKey)
    #expect(try await theirs.resource(resource()) == Array("evil".utf8))
    let own = attester.client(DirectTransport(scene.broker), tenant: asked, brokerKey: scene.broker.publicKey)
    #expect(try await own.resource(resource()) == BrokerScene.secret)
  }

  /// Whatever comes in the place of an answer is an error, and never a secret.
  @Test(arguments: ["auth", "attest", "resource"], [
    BrokerResponse(200, Array("".utf8)), BrokerResponse(200, Array("{}".utf8)), BrokerResponse(200, Array("{\"nonce\":\"\"}".utf8)),
    BrokerResponse(200, Array("{\"nonce\":\"AA==\",\"extra-params\":\"\"}".utf8)), BrokerResponse(200, [UInt8](repeating: 0x5B, count: 100_000)),
    BrokerResponse(200, Array("{\"token\":1}".utf8)), BrokerResponse(200, Array("{\"protected\":\"e30\",\"encrypted_key\":\"\",\"iv\":\"\",\"ciphertext\":\"\",\"tag\":\"\"}".utf8)),
    BrokerResponse(500, Array("<html>".utf8)), BrokerResponse(302), BrokerResponse(0), BrokerResponse(-1),
    BrokerResponse(401, Array("{\"type\":1,\"detail\":\"\\u001b[31m\"}".utf8)), BrokerResponse(409, Array("{}".utf8)),
  ])
  func nonsenseIsAnError(step: String, answer: BrokerResponse) async throws {
    let (scene, attester) = (try scene(), try Attester())
    let transport = DirectTransport(scene.broker) { request, response in request.path.contains("/\(step)") ? answer : response }
    do {
      _ = try await attester.client(transport).resource(resource())
      Issue.record("an answer came of \(answer)")
    } catch let error as KeyBrokerClientError {
      #expect(!error.description.isEmpty && error.description.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
    }
    // It does not ask for ever.
    #expect(transport.requests.count <= 6)
  }

  @Test func anAnswerForAnotherKeyDoesNotOpen() async throws {
    let (scene, attester, other) = (try scene(), try Attester(), try Attester())
    let lie = try JSONWebEncryption(encrypting: BrokerScene.secret, to: other.publicKey).json.canonical
    let transport = DirectTransport(scene.broker) { request, response in
      request.path.contains("/resource/") ? BrokerResponse(200, lie) : response
    }
    await #expect { try await attester.client(transport).resource(resource()) } throws: { error in
      if case KeyBrokerClientError.malformed = error { true } else { false }
    }
  }
}

import Crypto
import Foundation
import GuestCrypto
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Testing

/// What a broker writes for a trustlet, as the instance's own code reads it.
@Suite struct AuthorTests {
  private func author(_ broker: KeyBroker) throws -> GuestCrypto.P256.PublicKey {
    let point = stride(from: 0, to: 128, by: 2).compactMap { UInt8(broker.author.dropFirst($0).prefix(2), radix: 16) }
    return try Self.publicKey(point)
  }

  private static func publicKey(_ point: [UInt8]) throws -> GuestCrypto.P256.PublicKey {
    try ([4] + point).withRawBytes { (bytes) throws(CryptographyError) in try GuestCrypto.P256.PublicKey(encoded: bytes) }
  }

  private func isSigned(_ message: JWE, _ scene: BrokerScene, _ point: [UInt8], tenant: String = "default", resource: String = "shop/key/database") throws -> Bool {
    message.isSigned(by: try author(scene.broker), for: try Self.publicKey(point), tenant: Array(tenant.utf8), resource: Array(resource.utf8))
  }

  @Test func aTrustletIsToldWhoWroteAndWhatTheCounterHas() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let instance = try GuestCrypto.P256.PrivateKey { (bytes) throws(CryptographyError) in for index in bytes.indices { bytes[index] = UInt8(index + 1) } }
    let (point, client) = try trustlet(instance, scene, attester)
    let name = try ResourceName("shop/key/database")
    let before = try await client.sealedResource(name)
    #expect(try JWE(before).counter.isEmpty)
    #expect(try isSigned(JWE(before), scene, point))
    let value = try CounterValue([UInt8](repeating: 5, count: 24))
    let order = try counterKey(instance, scene).order(value.bytes, inPlaceOf: [])
    try await client.exchange(name, expected: nil, value: value, authenticator: order)
    let after = try await client.sealedResource(name)
    #expect(try JWE(after).counter == value.bytes)
    #expect(try isSigned(JWE(after), scene, point))
    // Neither for another, nor as another, nor with another counter or none.
    let other = Array(Crypto.P256.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
    #expect(try !isSigned(JWE(after), scene, other))
    #expect(try !isSigned(JWE(after), scene, point, tenant: "acme"))
    #expect(try !isSigned(JWE(after), scene, point, resource: "shop/key/databas"))
    #expect(try !isSigned(JWE(after), BrokerScene(), point))
    guard case .object(let members) = try JSONReader.value(of: after, "message") else { return }
    let older = try CounterValue([UInt8](repeating: 4, count: 24))
    for change in [[], [JSONMember("coffer-counter", .string(Base64.urlText(older.bytes)))]] {
      let changed = members.filter { $0.name != "coffer-counter" } + change
      #expect(try !isSigned(JWE(JSONValue.object(changed).canonical), scene, point))
    }
    for name in ["ciphertext", "tag", "iv", "encrypted_key"] {
      let changed = members.map { member in
        guard member.name == name, let text = member.value.text, var bytes = Base64.bytes(urlText: text) else { return member }
        bytes[0] ^= 1
        return JSONMember(name, .string(Base64.urlText(bytes)))
      }
      #expect(try !isSigned(JWE(JSONValue.object(changed).canonical), scene, point), "\(name)")
    }
    #expect(try !isSigned(JWE(JSONValue.object(members.filter { $0.name != "coffer-signature" }).canonical), scene, point))
  }

  /// A trustlet, of which this has the private key, and who carries its messages.
  private func trustlet(_ key: borrowing GuestCrypto.P256.PrivateKey, _ scene: BrokerScene, _ attester: Attester) throws -> (point: [UInt8], carrier: KeyBrokerClient) {
    let point = key.publicKey().x + key.publicKey().y
    return (
      point,
      KeyBrokerClient(
        transport: DirectTransport(scene.broker), source: TrustletEvidenceSource { try attester.evidence($0.nonce, point: point) },
        publicKey: try JSONWebKey(.p256, point: point), brokerKey: scene.broker.publicKey)
    )
  }

  /// As the instance computes it.
  private func counterKey(_ key: borrowing GuestCrypto.P256.PrivateKey, _ scene: BrokerScene, tenant: String = "default", resource: String = "shop/key/database") throws -> GuestCrypto.CounterKey {
    let bytes = try GuestCrypto.CounterKey.bytes(agreed: key.sharedSecret(with: author(scene.broker)), tenant: Array(tenant.utf8), resource: Array(resource.utf8))
    return bytes.withBytes { GuestCrypto.CounterKey($0) }
  }

  /// Who carries a trustlet's messages has its session, and changes no counter by that; and what the broker says of an exchange, the instance can believe.
  @Test func aCounterIsTheInstancesToChange() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let instance = try GuestCrypto.P256.PrivateKey { (bytes) throws(CryptographyError) in for index in bytes.indices { bytes[index] = UInt8(index + 1) } }
    let other = try GuestCrypto.P256.PrivateKey { (bytes) throws(CryptographyError) in for index in bytes.indices { bytes[index] = UInt8(index + 2) } }
    let carrier = try trustlet(instance, scene, attester).carrier
    let name = try ResourceName("shop/key/database")
    let (first, second) = (try CounterValue([UInt8](repeating: 1, count: 24)), try CounterValue([UInt8](repeating: 2, count: 24)))
    let order = try counterKey(instance, scene).order(first.bytes, inPlaceOf: [])
    var wrong = order
    wrong[31] ^= 1
    let others = [
      nil, wrong, try counterKey(other, scene).order(first.bytes, inPlaceOf: []), try counterKey(instance, scene).order(second.bytes, inPlaceOf: []),
      try counterKey(instance, scene).order(first.bytes, inPlaceOf: second.bytes), try counterKey(instance, scene, tenant: "acme").order(first.bytes, inPlaceOf: []),
      try counterKey(instance, scene, resource: "shop/key/databas").order(first.bytes, inPlaceOf: []),
    ]
    for order in others {
      await #expect { try await carrier.exchange(name, expected: nil, value: first, authenticator: order) } throws: { error in
        guard case KeyBrokerClientError.refused(let problem) = error else { return false }
        return problem.status == 403
      }
    }
    #expect(try await carrier.counter(name) == nil)
    #expect(try scene.entries.filter { $0.action == .exchange }.map(\.outcome) == others.map { _ in .refused })
    let receipt = try #require(try await carrier.exchange(name, expected: nil, value: first, authenticator: order))
    #expect(try counterKey(instance, scene).isReceipt(receipt, for: first.bytes, inPlaceOf: []))
    #expect(try !counterKey(instance, scene).isReceipt(receipt, for: second.bytes, inPlaceOf: []))
    #expect(try !counterKey(instance, scene).isReceipt(receipt, for: first.bytes, inPlaceOf: second.bytes))
    #expect(try !counterKey(instance, scene).isReceipt(order, for: first.bytes, inPlaceOf: []))
    #expect(try !counterKey(other, scene).isReceipt(receipt, for: first.bytes, inPlaceOf: []))
    for count in [0, 31, 33] { #expect(try !counterKey(instance, scene).isReceipt([UInt8](repeating: 0, count: count), for: first.bytes, inPlaceOf: [])) }
    // The order itself is of no use again.
    await #expect(throws: KeyBrokerClientError.counterChanged(found: first)) {
      try await carrier.exchange(name, expected: nil, value: first, authenticator: order)
    }
  }

  /// Evidence of a machine's own is answered as ever: nobody there reads the signature.
  @Test func aKeyOfAnotherCurveGetsNoSignature() async throws {
    let (scene, attester) = (try BrokerScene(), try Attester())
    try scene.put(policy: Attester.policy())
    let client = KeyBrokerClient(transport: DirectTransport(scene.broker), source: attester.source, publicKey: try attester.publicKey)
    let message = try JSONReader.value(of: try await client.sealedResource(ResourceName("shop/key/database")), "message")
    #expect(message["ciphertext"] != nil && message["coffer-signature"] == nil)
  }

  @Test func theAuthorsKeyIsTheBrokersForGood() throws {
    let scene = try BrokerScene()
    #expect(scene.broker.author.utf8.count == 128)
    let answer = try JSONReader.value(of: scene.broker.answer(BrokerRequest("GET", "/v1/key")).body, "key")
    let (author, proof) = (try #require(answer["author"]?.text), try #require(answer["proof"]?.text))
    #expect(author == scene.broker.author && AuthorKey.isNamed(author, by: scene.broker.publicKey, proof: proof))
    #expect(!AuthorKey.isNamed(author, by: try BrokerScene().broker.publicKey, proof: proof))
    #expect(!AuthorKey.isNamed(try BrokerScene().broker.author, by: scene.broker.publicKey, proof: proof))
    #expect(!AuthorKey.isNamed(String(author.dropLast()), by: scene.broker.publicKey, proof: proof))
    let key = BrokerKey()
    #expect(try AuthorKey(of: key).point == AuthorKey(of: BrokerKey(bytes: key.bytes)).point)
  }
}

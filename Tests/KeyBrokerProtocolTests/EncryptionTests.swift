import Crypto
import Foundation
import KeyBrokerProtocol
import Testing

@Suite struct EncryptionTests {
  static func keys() throws -> [DecryptionKey] { [.p256(.init()), .p384(.init()), .p521(.init()), try .rsa(.oaep), try .rsa(.oaep256)] }

  @Test func whatIsEncryptedToAKeyOpensWithItAlone() throws {
    let keys = try Self.keys()
    for (index, key) in keys.enumerated() {
      for content in [[], [7], [UInt8](repeating: 3, count: 100_000)] as [[UInt8]] {
        let message = try JSONWebEncryption(encrypting: content, to: key.publicKey)
        let read = try JSONWebEncryption(message.json.canonical)
        #expect(read == message)
        #expect(try read.decrypted(by: key) == content)
        for (other, stranger) in keys.enumerated() where other != index {
          #expect(throws: MalformedMessage.self) { try read.decrypted(by: stranger) }
        }
      }
      let same = try (0..<2).map { _ in try JSONWebEncryption(encrypting: [1], to: key.publicKey).json.canonical }
      #expect(same[0] != same[1])
    }
    #expect(throws: MalformedMessage.self) { try JSONWebEncryption(encrypting: [1], to: keys[0].publicKey).decrypted(by: .p256(.init())) }
  }

  /// Every character of every member counts.
  @Test func aChangedMessageDoesNotOpen() throws {
    for key in try Self.keys() {
      let message = try JSONWebEncryption(encrypting: Array("secret".utf8), to: key.publicKey)
      guard case .object(let members) = message.json else { continue }
      for (index, member) in members.enumerated() {
        let text = Array(member.value.text?.utf8 ?? "".utf8)
        for position in stride(from: 0, to: text.count, by: text.count > 100 ? 5 : 1) {
          var (changed, other) = (text, members)
          changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
          other[index].value = .string(String(decoding: changed, as: UTF8.self))
          #expect(throws: MalformedMessage.self, "\(member.name) at \(position)") {
            try JSONWebEncryption(JSONValue.object(other).canonical).decrypted(by: key)
          }
        }
      }
    }
  }

  @Test func headersThatAreOthers() throws {
    let key = DecryptionKey.p256(.init())
    let message = try JSONWebEncryption(encrypting: [1], to: key.publicKey)
    let header = try #require(message.json["protected"]?.text.flatMap { Base64.bytes(urlText: $0) })
    for (old, new) in [
      ("A256GCM", "A128GCM"), ("ECDH-ES+A256KW", "dir"), ("ECDH-ES+A256KW", "ECDH-ES"), ("ECDH-ES+A256KW", "RSA1_5"), ("{\"alg\"", "{\"crit\":[\"x\"],\"alg\""),
      ("{\"alg\"", "{\"zip\":\"DEF\",\"alg\""), ("P-256", "P-384"), ("\"epk\"", "\"xpk\""), ("{\"alg\"", "{\"alg\":\"dir\",\"alg\""),
    ] {
      let changed = Base64.urlText(Array(String(decoding: header, as: UTF8.self).replacing(old, with: new).utf8))
      guard case .object(var members) = message.json else { continue }
      members[0].value = .string(changed)
      #expect(throws: MalformedMessage.self, "\(new)") { try JSONWebEncryption(JSONValue.object(members).canonical).decrypted(by: key) }
    }
  }

  @Test func tokensAreTheSignersAlone() throws {
    let (key, other) = (BrokerKey(), BrokerKey())
    let claims = JSONValue.members(["exp": .integer(5), "jti": .string("a")])
    let token = try JSONWebToken.sign(claims, by: key)
    #expect(try JSONWebToken.claims(of: token, signedBy: key.publicKey) == claims)
    #expect(throws: MalformedMessage.self) { try JSONWebToken.claims(of: token, signedBy: other.publicKey) }
    let text = Array(token.utf8)
    for position in text.indices {
      var changed = text
      changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      #expect(throws: MalformedMessage.self, "\(position)") { try JSONWebToken.claims(of: String(decoding: changed, as: UTF8.self), signedBy: key.publicKey) }
    }
    let restored = try BrokerKey(bytes: key.bytes)
    #expect(try restored.publicKey == key.publicKey && BrokerPublicKey(key.publicKey.json) == key.publicKey)
  }

  @Test func aProofIsForOneAnswer() throws {
    let key = BrokerKey()
    let (challenge, nonce, body) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32), Array("{}".utf8))
    let proof = try AnswerProof.make(
      challenge: challenge, nonce: nonce, tenant: "default", method: "GET", path: "/kbs/v0/resource/a/b/c", status: 200, body: body, by: key)
    func isValid(
      _ proof: String = proof, _ challenge: [UInt8] = challenge, _ nonce: [UInt8] = nonce, _ method: String = "GET", _ path: String = "/kbs/v0/resource/a/b/c",
      _ status: Int = 200, _ body: [UInt8] = body, _ by: BrokerKey = key, tenant: String = "default"
    ) throws -> Bool {
      AnswerProof.isValid(
        proof, challenge: challenge, nonce: nonce, tenant: tenant, method: method, path: path, status: status, body: body, by: try by.publicKey)
    }
    #expect(try isValid())
    let others = [
      try isValid(""), try isValid(proof, nonce), try isValid(proof, challenge, challenge), try isValid(proof, challenge, nonce, "POST"),
      try isValid(proof, challenge, nonce, "GET", "/kbs/v0/resource/a/b/d"), try isValid(proof, challenge, nonce, "GET", "/kbs/v0/resource/a/b/c", 409),
      try isValid(proof, challenge, nonce, "GET", "/kbs/v0/resource/a/b/c", 200, []),
      try isValid(proof, challenge, nonce, "GET", "/kbs/v0/resource/a/b/c", 200, body, BrokerKey()), try isValid(tenant: "evil"), try isValid(tenant: ""),
    ]
    #expect(others == [Bool](repeating: false, count: others.count))
  }
}

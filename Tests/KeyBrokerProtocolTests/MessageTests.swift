import Crypto
import Foundation
import KeyBrokerProtocol
import Testing

@Suite struct MessageTests {
  @Test func versionsThatAreSpoken() throws {
    for text in ["0.1.1", "0.1.2", "0.2.0", "0.3.0", "0.3.9", "0.4.0", "0.4.12"] { #expect(try ProtocolVersion(text).description == text) }
    for text in ["", "0.1.0", "0.5.0", "1.0.0", "0.4", "0.4.0.0", "0.4.x", "00.4.0", "0.04.0", "0.4.-1", "0.4.0-rc", " 0.4.0", "0.4.99999999999999999999", "٠.4.0"] {
      #expect(throws: MalformedMessage.self, "\(text)") { try ProtocolVersion(text) }
    }
  }

  /// What each version's messages look like, and what evidence binds, by Python's json and hashlib:
  /// `sha384(json.dumps({"nonce": "bm9uY2U=", "tee-pubkey": {...}, "additional-evidence": ""}, sort_keys=True, separators=(",", ":")))`.
  @Test(arguments: [
    ("0.1.1", "2618c501952d6ba9"), ("0.2.0", "2618c501952d6ba9"), ("0.3.0", "710ae490f150a7b6"), ("0.4.0", "710ae490f150a7b6"),
  ])
  func attestationsOfEachVersion(text: String, digest: String) throws {
    let version = try ProtocolVersion(text)
    // The base point of P-256.
    let x = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", y = "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
    let key = try JSONWebKey(.members(["kty": .string("EC"), "crv": .string("P-256"), "alg": .string("ECDH-ES+A256KW"), "x": .string(x), "y": .string(y)]))
    let message = AttestationRequest(version: version, nonce: "bm9uY2U=", key: key, evidence: .members(["quote": .string("AA")]))
    let again = try AttestationRequest(message.json.canonical, version: version, nonce: "bm9uY2U=")
    // Members come back in another order.
    #expect(again.json.canonical == message.json.canonical && again.key == key && again.nonce == "bm9uY2U=")
    #expect(message.runtimeDataDigest.prefix(8).map { String(format: "%02x", $0) }.joined() == digest)
    #expect((message.json["runtime-data"] != nil) == version.hasRuntimeData)
    #expect((message.json["tee-evidence"]?["primary_evidence"] != nil) == version.hasCompositeEvidence)
    for other in ["0.1.1", "0.3.0", "0.4.0"] {
      let other = try ProtocolVersion(other)
      guard other.hasRuntimeData != version.hasRuntimeData else { continue }
      #expect(throws: MalformedMessage.self) { try AttestationRequest(message.json.canonical, version: other, nonce: "") }
    }
  }

  @Test func challengesAndTheirBytes() throws {
    let nonce = [UInt8](0..<32)
    let challenge = Challenge(nonce: nonce)
    #expect(try Challenge(challenge.json.canonical) == challenge && challenge.nonceBytes == nonce)
    // Another's nonce need not be base64.
    #expect(try Challenge(Array("{\"nonce\":\"not base64\"}".utf8)).nonceBytes == Array("not base64".utf8))
    for text in ["{}", "{\"nonce\":\"\"}", "{\"nonce\":1}", "{\"nonce\":\"\(String(repeating: "a", count: 1025))\"}"] {
      #expect(throws: MalformedMessage.self) { try Challenge(Array(text.utf8)) }
    }
    #expect(throws: MalformedMessage.self) { try Challenge(Array("{\"nonce\":\"short\"}".utf8)).nonceBytes }
  }

  @Test func namesOfResources() throws {
    for text in ["a/b/c", "Shop-1/key.pem/v_2", "0/0/0", String(repeating: "a", count: 64) + "/b/c"] { #expect(try ResourceName(text).description == text) }
    for text in [
      "", "a", "a/b", "a/b/c/d", "/a/b", "a//b", "a/b/", "../b/c", "a/../c", "a/b/..", ".a/b/c", "-a/b/c", "_/b/c", "a b/c/d", "a/b/c\n", "a/b/%2e", "a/b/c?d",
      "a/b/\u{E9}", "a/b/\u{0}", String(repeating: "a", count: 65) + "/b/c", String(repeating: "a/", count: 1000),
    ] {
      #expect(throws: MalformedMessage.self, "\(text)") { try ResourceName(text) }
    }
  }

  @Test func cookies() {
    #expect(SessionCookie.identifier(inCookie: "kbs-session-id=abc-_9") == "abc-_9")
    #expect(SessionCookie.identifier(inCookie: "other=1; kbs-session-id=abc; more=2") == "abc")
    for field in [
      "", "kbs-session-id=", "kbs-session-id", "x=1", "kbs-session-id=a; kbs-session-id=b", "kbs-session-id=a b", "kbs-session-id=\"a\"", "kbs-session-id=a\n",
      "kbs-session-id=" + String(repeating: "a", count: 129), "Kbs-Session-Id=a",
    ] {
      #expect(SessionCookie.identifier(inCookie: field) == nil, "\(field)")
    }
    let field = SessionCookie.setCookie("abc", seconds: 300, isSecure: true)
    #expect(field.hasSuffix("; Secure") && field.contains("HttpOnly"))
    #expect(SessionCookie.identifier(inSetCookie: field) == "abc")
  }

  @Test func keysThatAreNone() throws {
    let point = Array(P256.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
    let good = try JSONWebKey(.p256, point: point)
    #expect(try JSONWebKey(JSONReader.value(of: good.json.canonical, "key")) == good)
    var off = point
    off[63] ^= 1
    for bytes in [off, [UInt8](repeating: 0, count: 64), [], point + [0], Array(point.dropLast())] {
      #expect(throws: MalformedMessage.self) { try JSONWebKey(.p256, point: bytes) }
    }
    for (modulus, exponent) in [
      ([UInt8](repeating: 0xFF, count: 128), [1, 0, 1]), ([UInt8](repeating: 0xFF, count: 1025), [1, 0, 1]), ([0] + [UInt8](repeating: 0xFF, count: 256), [1, 0, 1]),
      ([UInt8](repeating: 0xFF, count: 256), [1]), ([UInt8](repeating: 0xFF, count: 256), [0, 1, 0, 1]), ([], [1, 0, 1]),
    ] as [([UInt8], [UInt8])] {
      #expect(throws: MalformedMessage.self) { try JSONWebKey(.oaep256, modulus: modulus, exponent: exponent) }
    }
    let weak = JSONValue.members([
      "kty": .string("RSA"), "alg": .string("RSA1_5"), "n": .string(Base64.urlText([UInt8](repeating: 0xFF, count: 256))), "e": .string("AQAB"),
    ])
    #expect(throws: MalformedMessage.self) { try JSONWebKey(weak) }
  }
}

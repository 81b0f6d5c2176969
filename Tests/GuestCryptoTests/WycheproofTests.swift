import Foundation
import GuestCrypto
import Testing

/// Project Wycheproof's cases, from the shared vectors or from the checkout of swift-crypto that every build has.
@Suite struct WycheproofTests {
  struct Cipher: Decodable {
    struct Group: Decodable {
      struct Case: Decodable { var tcId: Int, comment: String, key: String, iv: String, aad: String, msg: String, ct: String, tag: String, result: String }
      var keySize: Int
      var ivSize: Int
      var tagSize: Int
      var tests: [Case]
    }
    var numberOfTests: Int
    var testGroups: [Group]
  }

  @Test(.enabled(if: VectorFile.isThere("aes_gcm_test.json"), "no vectors: 66 cases of AES-256-GCM on each backend not read"))
  func aesGCM() throws {
    let suite = try VectorFile.read("aes_gcm_test.json", as: Cipher.self)
    var (count, refused) = (0, 0)
    for group in suite.testGroups where group.keySize == 256 {
      for example in group.tests {
        let (text, nonce, associated) = (hex(example.msg), hex(example.iv), hex(example.aad))
        for backend in AES256Tests.backends {
          let key = try AES256.key(hex(example.key), backend)
          guard nonce.count == AES256.nonceSize else {
            // SP 800-38D allows other sizes, which only cost: none is taken.
            #expect(throws: CryptographyError.wrongSize("", found: nonce.count, expected: 12)) {
              _ = try key.seal(text, nonce: nonce, associated: associated)
            }
            refused += 1
            continue
          }
          var output = [UInt8](repeating: 0x33, count: text.count)
          let isValid = (try? key.open(hex(example.ct), nonce: nonce, associated: associated, tag: hex(example.tag), output: &output)) != nil
          #expect(isValid == (example.result == "valid"), "case \(example.tcId): \(example.comment)")
          #expect(output == (isValid ? text : [UInt8](repeating: 0, count: text.count)), "case \(example.tcId): \(example.comment)")
          if isValid {
            let sealed = try key.seal(text, nonce: nonce, associated: associated)
            #expect(sealed.text == hex(example.ct) && sealed.tag == hex(example.tag), "case \(example.tcId): \(example.comment)")
          }
          count += 1
        }
      }
    }
    print("Wycheproof AES-256-GCM: \(count) cases judged, \(refused) with other nonces refused, over \(AES256Tests.backends.count) backends")
    #expect(count / AES256Tests.backends.count == 66)
  }

  struct Agreement: Decodable {
    struct Group: Decodable {
      struct Case: Decodable { var tcId: Int, comment: String, `public`: String, `private`: String, shared: String, result: String, flags: [String]? }
      var curve: String
      var encoding: String?
      var tests: [Case]
    }
    var numberOfTests: Int
    var testGroups: [Group]
  }

  @Test(.enabled(if: VectorFile.isThere("ecdh_secp256r1_ecpoint_test.json"), "no vectors: cases of ECDH on P-256 not read"))
  func ecdhP256() throws {
    let suite = try VectorFile.read("ecdh_secp256r1_ecpoint_test.json", as: Agreement.self)
    var (count, compressed) = (0, 0)
    for group in suite.testGroups {
      for example in group.tests {
        var secret = hex(String(repeating: "0", count: example.private.count % 2) + example.private)
        while secret.count > 32, secret.first == 0 { secret.removeFirst() }
        secret = [UInt8](repeating: 0, count: max(0, 32 - secret.count)) + secret
        let encoded = hex(example.public)
        let result = try? AgreementTests.privateKey(secret).sharedSecret(with: AgreementTests.publicKey(encoded)).array
        if encoded.first == 2 || encoded.first == 3 {
          compressed += 1
          #expect(result == nil)
        } else {
          #expect((result != nil) == (example.result == "valid"), "case \(example.tcId): \(example.comment)")
          if let result { #expect(result == hex(example.shared), "case \(example.tcId): \(example.comment)") }
        }
        count += 1
      }
    }
    print("Wycheproof ECDH P-256: \(count) cases, \(compressed) of them with compressed points, which are refused")
    #expect(count == suite.numberOfTests)
    #expect(count - compressed > 200)
  }

  @Test(.enabled(if: VectorFile.isThere("x25519_test.json"), "no vectors: cases of X25519 not read")) func x25519() throws {
    let suite = try VectorFile.read("x25519_test.json", as: Agreement.self)
    var count = 0
    for group in suite.testGroups {
      for example in group.tests {
        let key = try X25519.PrivateKey(SecretBytes(copying: hex(example.private)))
        let result = try? key.sharedSecret(with: X25519.PublicKey(hex(example.public))).array
        let isWorthless = hex(example.shared).allSatisfy { $0 == 0 }
        #expect(result == (isWorthless ? nil : hex(example.shared)), "case \(example.tcId): \(example.comment)")
        count += 1
      }
    }
    print("Wycheproof X25519: \(count) cases")
    #expect(count == suite.numberOfTests)
  }
}

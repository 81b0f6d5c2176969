import Attestation
import Foundation
import Testing

/// Wycheproof's cases of ECDSA on P-384 with SHA-384, through the keys that judge evidence. Its cases of AES-GCM are another room's: nothing
/// here decrypts.
private struct Wycheproof: Decodable {
  struct Group: Decodable {
    struct Key: Decodable { var uncompressed: String }
    struct Case: Decodable { var tcId: Int, comment: String, msg: String, sig: String, result: String }
    var publicKey: Key
    var publicKeyDer: String
    var sha: String
    var tests: [Case]
  }
  var numberOfTests: Int
  var testGroups: [Group]
}

@Suite(.enabled(if: Vectors.areThere, "../shared/vectors is missing: 784 cases of ECDSA not read"))
struct WycheproofTests {
  @Test(arguments: [
    ("ecdsa_secp384r1_sha384_test", SignatureScheme.ecdsaDER(.sha384)), ("ecdsa_secp384r1_sha384_p1363_test", .ecdsa(.sha384)),
  ])
  func everyCaseHasItsVerdict(name: String, scheme: SignatureScheme) throws {
    let suite = try JSONDecoder().decode(Wycheproof.self, from: Data(Vectors.bytes("crypto/\(name).json")))
    var count = 0
    for group in suite.testGroups {
      #expect(group.sha == "SHA-384")
      let key = try VerificationKey(subjectPublicKeyInfo: #require(bytes(hexadecimal: group.publicKeyDer)))
      let point = try VerificationKey(point: Array(#require(bytes(hexadecimal: group.publicKey.uncompressed)).dropFirst()))
      #expect(key.subjectPublicKeyInfo == point.subjectPublicKeyInfo)
      for example in group.tests {
        let (message, signature) = (try #require(bytes(hexadecimal: example.msg)), try #require(bytes(hexadecimal: example.sig)))
        let isValid = key.isValidSignature(signature, for: message, scheme: scheme)
        #expect(isValid == (example.result == "valid"), "case \(example.tcId): \(example.comment)")
        count += 1
      }
    }
    #expect(count == suite.numberOfTests)
    #expect(count == (name.contains("p1363") ? 280 : 504))
  }
}

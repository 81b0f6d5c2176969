import Crypto
import Foundation
import GuestCrypto
import SeededNumbers
import Testing

/// ECDSA on P-256 as an instance checks it, against signatures that others made.
@Suite struct SignatureTests {
  private typealias Key = Crypto.P256.Signing.PrivateKey

  private static func publicKey(_ encoded: [UInt8]) throws -> GuestCrypto.P256.PublicKey {
    try encoded.withRawBytes { (bytes) throws(CryptographyError) in try GuestCrypto.P256.PublicKey(encoded: bytes) }
  }

  private static func isValid(_ signature: [UInt8], of text: [UInt8], by key: Key) throws -> Bool {
    try publicKey(Array(key.publicKey.x963Representation)).isValidSignature(signature, ofDigest: GuestCrypto.SHA256.hash(text))
  }

  /// The group's order, and a number beside it, in 32 bytes.
  private static let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")

  private static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var (result, borrow) = (a, 0)
    for index in a.indices.reversed() {
      let value = Int(a[index]) - Int(b[index]) - borrow
      (result[index], borrow) = (UInt8(truncatingIfNeeded: value), value < 0 ? 1 : 0)
    }
    return result
  }

  @Test func whatSwiftCryptoSignsIsValidAndNothingElse() throws {
    var generator = SeededGenerator(seed: 11)
    for round in 0..<40 {
      let key = Key()
      let text = generator.bytes(round * 7)
      let signature = Array(try key.signature(for: text).rawRepresentation)
      #expect(try Self.isValid(signature, of: text, by: key))
      #expect(try !Self.isValid(signature, of: text + [0], by: key))
      #expect(try !Self.isValid(signature, of: text, by: Key()))
      var changed = signature
      changed[Int.random(in: 0..<64, using: &generator)] ^= 1 << UInt8.random(in: 0...7, using: &generator)
      #expect(try !Self.isValid(changed, of: text, by: key))
      // Both s and the order less s are the signer's; the other implementation says so too.
      let high = Array(signature[..<32]) + Self.difference(Self.order, Array(signature[32...]))
      #expect(try Self.isValid(high, of: text, by: key))
      #expect(key.publicKey.isValidSignature(try .init(rawRepresentation: high), for: text))
    }
  }

  @Test func numbersOutOfRangeAreNoSignature() throws {
    let (key, text) = (Key(), Array("text".utf8))
    let signature = Array(try key.signature(for: text).rawRepresentation)
    let (r, s) = (Array(signature[..<32]), Array(signature[32...]))
    let zero = [UInt8](repeating: 0, count: 32)
    var above = Self.order
    above[31] += 1
    for (first, second) in [
      (zero, s), (r, zero), (zero, zero), (Self.order, s), (r, Self.order), (above, s), (r, above), ([UInt8](repeating: 255, count: 32), s),
      (r, [UInt8](repeating: 255, count: 32)), (s, r),
    ] { #expect(try !Self.isValid(first + second, of: text, by: key)) }
    for count in [0, 1, 32, 63, 65, 128] { #expect(try !Self.isValid(Array((signature + signature).prefix(count)), of: text, by: key)) }
    let point = try Self.publicKey(Array(key.publicKey.x963Representation))
    for count in [0, 31, 33, 48] { #expect(!point.isValidSignature(signature, ofDigest: [UInt8](repeating: 1, count: count))) }
  }

  /// Without the check of the range, r = s = the order less one and the like would pass for digests of zero.
  @Test func aDigestOfZeroOrAboveTheOrderIsANumberToo() throws {
    let key = Key()
    let point = try Self.publicKey(Array(key.publicKey.x963Representation))
    for digest in [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32), Self.order] {
      // swift-crypto signs digests of its own only: with r = x(Q), s = r the equation holds for a digest of zero (R = Q).
      let x = Array(key.publicKey.rawRepresentation.prefix(32))
      let isZero = digest.allSatisfy { $0 == 0 } || digest == Self.order
      guard x.lexicographicallyPrecedes(Self.order) else { continue }
      #expect(point.isValidSignature(x + x, ofDigest: digest) == isZero)
    }
  }

  @Test func whatIsNoPointIsNoKey() throws {
    var encoded = Array(Key().publicKey.x963Representation)
    encoded[64] ^= 1
    #expect(throws: CryptographyError.notAPoint) { try Self.publicKey(encoded) }
    #expect(throws: CryptographyError.notAPoint) { try Self.publicKey([4] + [UInt8](repeating: 0, count: 64)) }
  }

  private struct Suite: Decodable {
    struct Group: Decodable {
      struct Key: Decodable { var uncompressed: String }
      struct Case: Decodable { var tcId: Int, comment: String, msg: String, sig: String, result: String }
      var publicKey: Key
      var tests: [Case]
    }
    var numberOfTests: Int
    var testGroups: [Group]
  }

  @Test(.enabled(if: VectorFile.isThere("ecdsa_secp256r1_sha256_p1363_test.json"), "no vectors: cases of ECDSA on P-256 not read"))
  func wycheproof() throws {
    let suite = try VectorFile.read("ecdsa_secp256r1_sha256_p1363_test.json", as: Suite.self)
    var count = 0
    for group in suite.testGroups {
      let key = try Self.publicKey(hex(group.publicKey.uncompressed))
      for example in group.tests {
        let isValid = key.isValidSignature(hex(example.sig), ofDigest: GuestCrypto.SHA256.hash(hex(example.msg)))
        #expect(isValid == (example.result == "valid"), "case \(example.tcId): \(example.comment)")
        count += 1
      }
    }
    print("Wycheproof ECDSA P-256: \(count) cases")
    #expect(count == suite.numberOfTests && count > 200)
  }
}

import Crypto
import GuestCrypto
import SeededNumbers
import Testing

@Suite struct HashTests {
  /// FIPS 180-4's own examples.
  @Test func knownAnswers() {
    let abc = Array("abc".utf8)
    #expect(GuestCrypto.SHA256.hash(abc) == hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    #expect(
      GuestCrypto.SHA384.hash(abc)
        == hex("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"))
    #expect(
      GuestCrypto.SHA512.hash(abc)
        == hex(
          """
          ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f
          """))
  }

  @Test func agreesWithSwiftCryptoAtEveryLengthAndInPieces() {
    var random = SeededGenerator(seed: 3)
    for count in 0...300 {
      let bytes = random.bytes(count)
      #expect(GuestCrypto.SHA256.hash(bytes) == Array(Crypto.SHA256.hash(data: bytes)))
      #expect(GuestCrypto.SHA384.hash(bytes) == Array(Crypto.SHA384.hash(data: bytes)))
      let cuts = [Int.random(in: 0...count, using: &random), Int.random(in: 0...count, using: &random)].sorted()
      var hash = GuestCrypto.SHA512()
      hash.update(Array(bytes[..<cuts[0]]))
      hash.update(Array(bytes[cuts[0]..<cuts[1]]))
      var copy = hash.copy()
      hash.update(Array(bytes[cuts[1]...]))
      #expect(hash.finish() == Array(Crypto.SHA512.hash(data: bytes)))
      #expect(copy.finish() == Array(Crypto.SHA512.hash(data: bytes[..<cuts[1]])))
      // Finished, it begins anew.
      #expect(hash.finish() == Array(Crypto.SHA512.hash(data: [UInt8]())))
    }
  }

  /// RFC 4231, test cases 2 and 6.
  @Test func hmacKnownAnswers() {
    let question = GuestCrypto.HMAC<SHA256Variant>.code(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
    #expect(question == hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
    let long = GuestCrypto.HMAC<SHA384Variant>.code(
      Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8), key: [UInt8](repeating: 0xaa, count: 131))
    #expect(long == hex("4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"))
  }

  @Test func hmacAgreesWithSwiftCrypto() {
    var random = SeededGenerator(seed: 4)
    for count in stride(from: 0, through: 300, by: 7) {
      let (key, text) = (random.bytes(count), random.bytes(300 - count))
      let reference = Crypto.HMAC<Crypto.SHA512>.authenticationCode(for: text, using: SymmetricKey(data: key))
      #expect(GuestCrypto.HMAC<SHA512Variant>.code(text, key: key) == Array(reference))
    }
  }

  /// RFC 5869, appendix A.1 and A.3.
  @Test func hkdfKnownAnswers() throws {
    let first = try derive([UInt8](repeating: 0x0b, count: 22), salt: Array(0...12), information: Array(0xf0...0xf9), count: 42)
    #expect(first == hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"))
    let third = try derive([UInt8](repeating: 0x0b, count: 22), salt: [], information: [], count: 42)
    #expect(third == hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"))
  }

  @Test func hkdfAgreesWithSwiftCryptoUpToItsLimit() throws {
    var random = SeededGenerator(seed: 5)
    for count in [1, 31, 32, 33, 64, 65, 255 * 32] {
      let (secret, salt, information) = (random.bytes(32), random.bytes(20), random.bytes(10))
      let reference = Crypto.HKDF<Crypto.SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: information, outputByteCount: count)
      #expect(try derive(secret, salt: salt, information: information, count: count) == reference.withUnsafeBytes { Array($0) })
    }
    #expect(throws: CryptographyError.self) { _ = try derive([1], salt: [], information: [], count: 255 * 32 + 1) }
    #expect(throws: CryptographyError.self) { _ = try derive([1], salt: [], information: [], count: -1) }
  }

  private func derive(_ secret: [UInt8], salt: [UInt8], information: [UInt8], count: Int) throws -> [UInt8] {
    try secret.withUnsafeBytes { secret in
      try salt.withUnsafeBytes { salt in
        try information.withUnsafeBytes {
          try GuestCrypto.HKDF<SHA256Variant>.derive(from: secret, salt: salt, information: $0, count: count).array
        }
      }
    }
  }
}

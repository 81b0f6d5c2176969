import Crypto
import Foundation
import GuestCrypto
import SeededNumbers
import Testing

@Suite struct AES256Tests {
  static let backends = AES256.Backend.allCases.filter(\.isAvailable)

  @Test func portableIsAlwaysThereAndTheBestIsAvailable() {
    #expect(AES256.Backend.portable.isAvailable)
    #expect(AES256.Backend.best.isAvailable)
    #expect(AES256.Backend.best == Self.backends.last)
  }

  @Test(arguments: AES256.Backend.allCases) func aBackendThatIsNotThereIsRefused(backend: AES256.Backend) {
    let result = Result<Void, any Error> { _ = try AES256.key([UInt8](repeating: 0, count: 32), backend) }
    switch result {
    case .success: #expect(backend.isAvailable)
    case .failure(let error): #expect(!backend.isAvailable && error as? CryptographyError == .noSuchBackend)
    }
  }

  /// The Galois/Counter Mode of Operation (McGrew, Viega), test cases 13 to 16.
  @Test(arguments: backends) func gcmKnownAnswers(backend: AES256.Backend) throws {
    let none = try AES256.key([UInt8](repeating: 0, count: 32), backend)
    let zeros = [UInt8](repeating: 0, count: 12)
    let empty = try none.seal([], nonce: zeros, associated: [])
    #expect(empty.tag == hex("530f8afbc74536b9a963b4f1c4cb738b"))
    let block = try none.seal([UInt8](repeating: 0, count: 16), nonce: zeros, associated: [])
    #expect(block.text == hex("cea7403d4d606b6e074ec5d3baf39d18"))
    #expect(block.tag == hex("d0d1c8a799996bf0265b98b5d48ab919"))
    let key = try AES256.key(hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), backend)
    let text = hex(
      """
      d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
      1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255
      """)
    let sealed = try key.seal(text, nonce: hex("cafebabefacedbaddecaf888"), associated: [])
    #expect(
      sealed.text
        == hex(
          """
          522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa
          8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad
          """))
    #expect(sealed.tag == hex("b094dac5d93471bdec1a502270e3cc6c"))
    let shorter = try key.seal(
      Array(text.dropLast(4)), nonce: hex("cafebabefacedbaddecaf888"), associated: hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
    #expect(shorter.text == Array(sealed.text.dropLast(4)))
    #expect(shorter.tag == hex("76fc6ece0f4e1768cddf8853bb2d551b"))
  }

  /// Every length around the sizes of blocks and runs, against swift-crypto.
  @Test(arguments: backends) func agreesWithSwiftCrypto(backend: AES256.Backend) throws {
    var random = SeededGenerator(seed: 1)
    for count in Array(0...70) + [127, 128, 129, 240, 255, 256, 257, 383, 511, 512, 513, 700, 4096, 5000] {
      let (key, nonce) = (random.bytes(32), random.bytes(12))
      let (text, associated) = (random.bytes(count), random.bytes(Int.random(in: 0...40, using: &random)))
      let reference = try AES.GCM.seal(text, using: SymmetricKey(data: key), nonce: AES.GCM.Nonce(data: nonce), authenticating: associated)
      let ready = try AES256.key(key, backend)
      let sealed = try ready.seal(text, nonce: nonce, associated: associated)
      #expect(sealed.text == Array(reference.ciphertext), "\(count) bytes")
      #expect(sealed.tag == Array(reference.tag), "\(count) bytes")
      var opened = [UInt8](repeating: 0, count: count)
      try ready.open(sealed.text, nonce: nonce, associated: associated, tag: sealed.tag, output: &opened)
      #expect(opened == text)
    }
  }

  /// A changed bit anywhere gives an error, and no byte of the text.
  @Test(arguments: backends) func everyChangeIsRefusedAndGivesNothing(backend: AES256.Backend) throws {
    var random = SeededGenerator(seed: 2)
    let key = try AES256.key(random.bytes(32), backend)
    let (nonce, text, associated) = (random.bytes(12), random.bytes(300), random.bytes(21))
    let sealed = try key.seal(text, nonce: nonce, associated: associated)
    for bit in 0..<8 * (12 + 300 + 21 + 16) {
      var parts = [nonce, sealed.text, associated, sealed.tag]
      var (part, offset) = (0, bit / 8)
      while offset >= parts[part].count { (part, offset) = (part + 1, offset - parts[part].count) }
      parts[part][offset] ^= 1 << (bit % 8)
      var output = [UInt8](repeating: 0x55, count: 300)
      #expect(throws: CryptographyError.notAuthentic) {
        try key.open(parts[1], nonce: parts[0], associated: parts[2], tag: parts[3], output: &output)
      }
      #expect(output.allSatisfy { $0 == 0 })
    }
  }

  @Test func theTextMayBeTheOutput() throws {
    for backend in Self.backends {
      let key = try AES256.key([UInt8](repeating: 7, count: 32), backend)
      let text = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
      let expected = try key.seal(text, nonce: [UInt8](repeating: 1, count: 12), associated: [])
      var buffer = text
      let nonce = AES256.Nonce(prefix: 0x0101_0101, counter: 0x0101_0101_0101_0101)
      let tag = try buffer.withUnsafeMutableBytes {
        try key.seal(UnsafeRawBufferPointer($0), into: $0, nonce: nonce, associated: UnsafeRawBufferPointer(start: nil, count: 0))
      }
      #expect(buffer == expected.text)
      #expect(tag.bytes == expected.tag)
      try buffer.withUnsafeMutableBytes {
        try key.open(UnsafeRawBufferPointer($0), into: $0, nonce: nonce, associated: UnsafeRawBufferPointer(start: nil, count: 0), tag: tag)
      }
      #expect(buffer == text)
    }
  }

  @Test func otherSizesAreRefused() throws {
    for count in [0, 16, 24, 31, 33] {
      #expect(throws: CryptographyError.wrongSize("", found: count, expected: 32)) { _ = try AES256.key([UInt8](repeating: 0, count: count)) }
    }
    let key = try AES256.key([UInt8](repeating: 0, count: 32))
    #expect(throws: CryptographyError.wrongSize("", found: 11, expected: 12)) {
      _ = try key.seal([], nonce: [UInt8](repeating: 0, count: 11), associated: [])
    }
    var output = [UInt8](repeating: 0, count: 3)
    #expect(throws: CryptographyError.wrongSize("", found: 3, expected: 4)) {
      try key.open(
        [1, 2, 3, 4], nonce: [UInt8](repeating: 0, count: 12), associated: [], tag: [UInt8](repeating: 0, count: 16), output: &output)
    }
  }

  /// RFC 3394, sections 4.3, 4.5 and 4.6.
  @Test(
    arguments: [
      ("00112233445566778899AABBCCDDEEFF", "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7"),
      ("00112233445566778899AABBCCDDEEFF0001020304050607", "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1"),
      (
        "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
      ),
    ]) func keyWrapKnownAnswers(secret: String, wrapped: String) throws {
    for backend in Self.backends {
      let key = try AES256.key(Array(0..<32), backend)
      #expect(try key.wrap(SecretBytes(copying: hex(secret))) == hex(wrapped))
      #expect(try key.unwrap(hex(wrapped)).array == hex(secret))
      for index in 0..<hex(wrapped).count {
        var changed = hex(wrapped)
        changed[index] ^= 0x10
        #expect(throws: CryptographyError.notAuthentic) { _ = try key.unwrap(changed) }
      }
    }
  }

  @Test(arguments: [0, 8, 16, 23, 25, 528]) func whatIsNoWrappedKeyIsRefused(count: Int) throws {
    let key = try AES256.key(Array(0..<32))
    #expect(throws: CryptographyError.self) { _ = try key.unwrap([UInt8](repeating: 0, count: count)) }
  }

  @Test(arguments: [0, 8, 17, 520]) func whatCannotBeWrappedIsRefused(count: Int) throws {
    let key = try AES256.key(Array(0..<32))
    #expect(throws: CryptographyError.self) { _ = try key.wrap(SecretBytes(count: count)) }
  }
}

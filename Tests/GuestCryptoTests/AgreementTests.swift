import Crypto
import GuestCrypto
import SeededNumbers
import Testing

@Suite struct AgreementTests {
  static func privateKey(_ bytes: [UInt8]) throws -> GuestCrypto.P256.PrivateKey {
    try GuestCrypto.P256.PrivateKey(SecretBytes(copying: bytes))
  }

  static func publicKey(_ encoded: [UInt8]) throws -> GuestCrypto.P256.PublicKey {
    try encoded.withRawBytes { (bytes) throws(CryptographyError) in try GuestCrypto.P256.PublicKey(encoded: bytes) }
  }

  static let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")

  /// RFC 5903, section 8.1.
  @Test func p256KnownAnswers() throws {
    let mine = try Self.privateKey(hex("C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433"))
    let peer = try Self.publicKey(
      hex(
        """
        04 D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63
        56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB
        """))
    #expect(mine.publicKey().x == hex("DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"))
    #expect(mine.publicKey().y == hex("5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3"))
    #expect(mine.sharedSecret(with: peer).array == hex("D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE"))
  }

  @Test func p256AgreesWithSwiftCrypto() throws {
    var random = SeededGenerator(seed: 6)
    for _ in 0..<40 {
      let bytes = random.bytes(32)
      let mine = try Self.privateKey(bytes)
      let reference = try Crypto.P256.KeyAgreement.PrivateKey(rawRepresentation: bytes)
      #expect(mine.publicKey().encoded == Array(reference.publicKey.x963Representation))
      let peer = Crypto.P256.KeyAgreement.PrivateKey()
      let secret = try mine.sharedSecret(with: Self.publicKey(Array(peer.publicKey.x963Representation)))
      #expect(try secret.array == reference.sharedSecretFromKeyAgreement(with: peer.publicKey).withUnsafeBytes { Array($0) })
    }
  }

  /// The smallest and largest keys, and those whose digits are all the same.
  @Test func p256AgreesAtTheEdges() throws {
    var last = Self.order
    last[31] -= 1
    let one = [UInt8](repeating: 0, count: 31) + [1]
    for bytes in [one, [UInt8](repeating: 0, count: 31) + [16], last, [UInt8](repeating: 0x11, count: 32), [0x80] + one.dropFirst()] {
      let reference = try Crypto.P256.KeyAgreement.PrivateKey(rawRepresentation: bytes)
      #expect(try Self.privateKey(bytes).publicKey().encoded == Array(reference.publicKey.x963Representation))
    }
  }

  @Test func whatIsNoPrivateKeyIsRefused() throws {
    var above = Self.order
    above[31] += 1
    let others: [[UInt8]] = [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 0xff, count: 32), [], [1], [UInt8](repeating: 1, count: 33)]
    for bytes in others + [Self.order, above] {
      #expect(!bytes.withUnsafeBytes { GuestCrypto.P256.isPrivateKey($0) })
      #expect(throws: CryptographyError.notAPrivateKey) { _ = try Self.privateKey(bytes) }
    }
  }

  /// What is drawn and is no key is thrown away, and the next one taken.
  @Test func drawsUntilThereIsAKey() throws {
    var answers: [[UInt8]] = [[UInt8](repeating: 0xff, count: 32), Self.order, [UInt8](repeating: 0, count: 32), [UInt8](repeating: 3, count: 32)]
    let key = GuestCrypto.P256.PrivateKey { $0.copyBytes(from: answers.removeFirst()) }
    #expect(answers.isEmpty)
    #expect(try key.publicKey() == Self.privateKey([UInt8](repeating: 3, count: 32)).publicKey())
  }

  @Test func aSourceOfRandomnessThatFailsMakesNoKey() {
    struct NoEntropy: Error {}
    #expect(throws: NoEntropy.self) { _ = try GuestCrypto.P256.PrivateKey { _ throws(NoEntropy) in throw NoEntropy() } }
    #expect(throws: NoEntropy.self) { _ = try GuestCrypto.X25519.PrivateKey { _ throws(NoEntropy) in throw NoEntropy() } }
  }

  @Test func whatIsNoPointIsRefused() throws {
    let good = Array(Crypto.P256.KeyAgreement.PrivateKey().publicKey.x963Representation)
    #expect(try Self.publicKey(good).encoded == good)
    for bit in stride(from: 8, to: 8 * 65, by: 5) {
      var changed = good
      changed[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: CryptographyError.notAPoint) { _ = try Self.publicKey(changed) }
    }
    let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
    for encoded in [[4] + [UInt8](repeating: 0, count: 64), [0] + good.dropFirst(), [2] + good.dropFirst(), [4] + prime + prime] {
      #expect(throws: CryptographyError.notAPoint) { _ = try Self.publicKey(encoded) }
    }
    for count in [0, 1, 33, 64, 66] {
      #expect(throws: CryptographyError.wrongSize("", found: count, expected: 65)) { _ = try Self.publicKey([UInt8](repeating: 4, count: count)) }
    }
    // x + p is the same element, and another encoding of it.
    #expect(throws: CryptographyError.notAPoint) {
      _ = try Self.publicKey([4] + prime + hex("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"))
    }
  }

  /// RFC 7748, sections 5.2 and 6.1.
  @Test func x25519KnownAnswers() throws {
    func shared(_ scalar: String, _ u: String) throws -> [UInt8] {
      try GuestCrypto.X25519.PrivateKey(SecretBytes(copying: hex(scalar))).sharedSecret(with: GuestCrypto.X25519.PublicKey(hex(u))).array
    }
    #expect(
      try shared("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
        == hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"))
    #expect(
      try shared("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493")
        == hex("95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"))
    // A thousand times the result as the next scalar, and the scalar as the next point.
    var (scalar, u) = ([9] + [UInt8](repeating: 0, count: 31), [9] + [UInt8](repeating: 0, count: 31))
    for round in 1...1000 {
      let result = try GuestCrypto.X25519.PrivateKey(SecretBytes(copying: scalar)).sharedSecret(with: GuestCrypto.X25519.PublicKey(u)).array
      (scalar, u) = (result, scalar)
      if round == 1 { #expect(result == hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")) }
    }
    #expect(scalar == hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
  }

  @Test func x25519AgreesWithSwiftCrypto() throws {
    for _ in 0..<40 {
      let (reference, peer) = (Curve25519.KeyAgreement.PrivateKey(), Curve25519.KeyAgreement.PrivateKey())
      let mine = try GuestCrypto.X25519.PrivateKey(SecretBytes(copying: Array(reference.rawRepresentation)))
      #expect(try mine.publicKey().bytes == Array(reference.publicKey.rawRepresentation))
      let secret = try mine.sharedSecret(with: GuestCrypto.X25519.PublicKey(Array(peer.publicKey.rawRepresentation)))
      #expect(try secret.array == reference.sharedSecretFromKeyAgreement(with: peer.publicKey).withUnsafeBytes { Array($0) })
    }
  }

  /// The points of small order, and their other encodings.
  @Test(
    arguments: [
      "0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "0000000000000000000000000000000000000000000000000000000000000080",
    ]) func aPublicKeyOfSmallOrderIsRefused(key: String) throws {
    let mine = GuestCrypto.X25519.PrivateKey { (buffer) in buffer.copyBytes(from: [UInt8](repeating: 0x5a, count: 32)) }
    #expect(throws: CryptographyError.worthlessPublicKey) { _ = try mine.sharedSecret(with: GuestCrypto.X25519.PublicKey(hex(key))) }
  }
}

import Crypto
import CryptoExtras

/// A TPM's key as it describes it (TPMT_PUBLIC, TPM 2.0 Part 2, 12.2.4): the key, and what the TPM lets it be used for.
public struct TPMPublicArea: Sendable {
  /// TPMA_OBJECT, Part 2, 8.3.
  public struct Attributes: OptionSet, Sendable {
    public var rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let fixedTPM = Self(rawValue: 1 << 1)
    public static let fixedParent = Self(rawValue: 1 << 4)
    public static let sensitiveDataOrigin = Self(rawValue: 1 << 5)
    public static let restricted = Self(rawValue: 1 << 16)
    public static let decrypt = Self(rawValue: 1 << 17)
    public static let sign = Self(rawValue: 1 << 18)
  }

  /// Larger than any.
  public static let maximumSize = 1024

  /// TPMT_PUBLIC.
  public let bytes: [UInt8]
  public let nameAlgorithm: TPMAlgorithm
  public let attributes: Attributes
  public let key: VerificationKey
  /// The one scheme and hash that the key signs with; `null` when the caller chooses.
  public let scheme: TPMAlgorithm
  public let schemeHash: TPMAlgorithm

  /// Reads TPM2B_PUBLIC or TPMT_PUBLIC, the forms that tpm2-tools write.
  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    var reader = ByteReader(bytes, of: "TPM public area")
    if Self.isSized(bytes) { try reader.skip(2, "size") }
    var contents = reader
    self.bytes = contents.rest()
    let type = try reader.algorithm("type")
    nameAlgorithm = try reader.algorithm("name algorithm")
    attributes = Attributes(rawValue: try reader.bigEndian(UInt32.self, "attributes"))
    _ = try reader.sized(atMost: 64, "policy")
    if try reader.algorithm("symmetric algorithm") != .null { try reader.skip(4, "symmetric key bits and mode") }
    scheme = try reader.algorithm("scheme")
    schemeHash = [.null, .rsaes].contains(scheme) ? .null : try reader.algorithm("scheme's hash")
    if scheme == .ecdaa { try reader.skip(2, "scheme's count") }
    switch type {
    case .rsa: key = try Self.rsa(&reader)
    case .ecc: key = try Self.ecc(&reader)
    default: throw MalformedEvidence("TPM public area, type", found: type.name, wanted: "rsa or ecc", offset: 0)
    }
    guard reader.remaining == 0 else {
      throw MalformedEvidence("TPM public area, end", found: "\(reader.remaining) bytes more", wanted: "none", offset: reader.offset)
    }
  }

  static func resembles(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 10, bytes.count <= maximumSize else { return false }
    let start = isSized(bytes) ? 2 : 0
    return bytes[start] == 0 && [0x01, 0x23].contains(bytes[start + 1]) && bytes[start + 2] == 0 && (0x0b...0x0d).contains(bytes[start + 3])
  }

  private static func isSized(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && Int(bytes[0]) << 8 | Int(bytes[1]) == bytes.count - 2
  }

  private static func rsa(_ reader: inout ByteReader) throws(MalformedEvidence) -> VerificationKey {
    let bits = try reader.bigEndian(UInt16.self, "key bits")
    let exponent = try reader.bigEndian(UInt32.self, "exponent")
    let modulus = try reader.sized(atMost: 512, "modulus")
    guard bits >= 2048, modulus.count * 8 == Int(bits), modulus.first.map({ $0 & 0x80 != 0 }) == true else {
      throw MalformedEvidence(
        "TPM public area, modulus", found: "\(modulus.count * 8) bits of \(bits)", wanted: "2,048 to 4,096, all there")
    }
    // 0 stands for the usual one. Others are legal for a TPM and made by none.
    guard exponent == 0 || exponent == 65537 else {
      throw MalformedEvidence("TPM public area, exponent", found: "\(exponent)", wanted: "65537")
    }
    do {
      return VerificationKey(try _RSA.Signing.PublicKey(n: modulus, e: [1, 0, 1] as [UInt8]))
    } catch {
      throw MalformedEvidence("TPM public area, modulus", found: "\(error)", wanted: "an RSA key")
    }
  }

  private static func ecc(_ reader: inout ByteReader) throws(MalformedEvidence) -> VerificationKey {
    let curve = try reader.bigEndian(UInt16.self, "curve")
    if try reader.algorithm("key derivation") != .null { try reader.skip(2, "key derivation's hash") }
    let widths: [UInt16: Int] = [3: 32, 4: 48, 5: 66]
    guard let width = widths[curve] else {
      throw MalformedEvidence("TPM public area, curve", found: "\(curve)", wanted: "3 (P-256), 4 (P-384) or 5 (P-521)")
    }
    guard let x = padded(try reader.sized(atMost: 66, "x"), to: width), let y = padded(try reader.sized(atMost: 66, "y"), to: width) else {
      throw MalformedEvidence("TPM public area, point", found: "a wider number", wanted: "\(width) bytes")
    }
    return try VerificationKey(point: x + y)
  }

  /// The key's name (Part 1, section 16): its hash's number and the hash over its public area. Nil if the hash is not accepted here.
  public var name: [UInt8]? {
    nameAlgorithm.hash.map { [UInt8(nameAlgorithm.rawValue >> 8), UInt8(truncatingIfNeeded: nameAlgorithm.rawValue)] + $0.digest(bytes) }
  }
}

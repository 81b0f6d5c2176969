import Crypto

/// An algorithm by its number in TPM 2.0 (TPM_ALG_ID, TCG Algorithm Registry).
public struct TPMAlgorithm: RawRepresentable, Sendable, Hashable {
  public var rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let rsa = Self(rawValue: 0x0001)
  public static let sha1 = Self(rawValue: 0x0004)
  public static let sha256 = Self(rawValue: 0x000b)
  public static let sha384 = Self(rawValue: 0x000c)
  public static let sha512 = Self(rawValue: 0x000d)
  public static let null = Self(rawValue: 0x0010)
  public static let sm3 = Self(rawValue: 0x0012)
  public static let rsassa = Self(rawValue: 0x0014)
  public static let rsaes = Self(rawValue: 0x0015)
  public static let rsapss = Self(rawValue: 0x0016)
  public static let oaep = Self(rawValue: 0x0017)
  public static let ecdsa = Self(rawValue: 0x0018)
  public static let ecdaa = Self(rawValue: 0x001a)
  public static let ecc = Self(rawValue: 0x0023)
  public static let sha3with256 = Self(rawValue: 0x0027)
  public static let sha3with384 = Self(rawValue: 0x0028)
  public static let sha3with512 = Self(rawValue: 0x0029)

  private static let names: [Self: String] = [
    .rsa: "rsa", .sha1: "sha1", .sha256: "sha256", .sha384: "sha384", .sha512: "sha512", .null: "null", .sm3: "sm3_256", .rsassa: "rsassa",
    .rsaes: "rsaes", .rsapss: "rsapss", .oaep: "oaep", .ecdsa: "ecdsa", .ecdaa: "ecdaa", .ecc: "ecc", .sha3with256: "sha3_256",
    .sha3with384: "sha3_384", .sha3with512: "sha3_512",
  ]

  /// As tpm2-tools write it; the number where the registry's name is not known here.
  public var name: String { Self.names[self] ?? "0x" + hexadecimal([UInt8(rawValue >> 8), UInt8(truncatingIfNeeded: rawValue)]) }

  /// The hash by this name.
  init?(hashNamed name: some StringProtocol) {
    guard let found = Self.names.first(where: { $0.value == name })?.key, found.digestLength != nil else { return nil }
    self = found
  }

  /// Bytes of a digest; nil for what is not a hash known here.
  public var digestLength: Int? {
    switch self {
    case .sha1: 20
    case .sha256, .sm3, .sha3with256: 32
    case .sha384, .sha3with384: 48
    case .sha512, .sha3with512: 64
    default: nil
    }
  }

  /// The hash as verification uses it; nil for those that it does not accept, SHA-1 before all.
  var hash: SignatureScheme.Hash? {
    switch self {
    case .sha256: .sha256
    case .sha384: .sha384
    case .sha512: .sha512
    default: nil
    }
  }
}

extension SignatureScheme.Hash {
  func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    return switch self {
    case .sha256: Array(SHA256.hash(data: bytes))
    case .sha384: Array(SHA384.hash(data: bytes))
    case .sha512: Array(SHA512.hash(data: bytes))
    }
  }
}

extension ByteReader {
  /// A TPM2B: a length in two bytes, then as many.
  mutating func sized(atMost maximum: Int, _ field: String) throws(MalformedEvidence) -> [UInt8] {
    let start = offset
    let count = Int(try bigEndian(UInt16.self, "\(field), size"))
    guard count <= maximum else {
      throw MalformedEvidence("\(structure), \(field)", found: "\(count) bytes", wanted: "at most \(maximum)", offset: start)
    }
    return try bytes(count, field)
  }

  mutating func algorithm(_ field: String) throws(MalformedEvidence) -> TPMAlgorithm {
    TPMAlgorithm(rawValue: try bigEndian(UInt16.self, field))
  }
}

/// A signature as a TPM gives it (TPMT_SIGNATURE, TPM 2.0 Part 2, 11.3.4), by RSA or ECDSA.
public struct TPMSignature: Sendable, Equatable {
  public var algorithm: TPMAlgorithm
  public var hash: TPMAlgorithm
  /// RSA: the signature. ECDSA: R.
  public var first: [UInt8]
  /// ECDSA: S.
  public var second: [UInt8]

  init(_ reader: inout ByteReader) throws(MalformedEvidence) {
    let start = reader.offset
    algorithm = try reader.algorithm("signature algorithm")
    guard [.rsassa, .rsapss, .ecdsa].contains(algorithm) else {
      throw MalformedEvidence("TPM quote, signature algorithm", found: algorithm.name, wanted: "rsassa, rsapss or ecdsa", offset: start)
    }
    hash = try reader.algorithm("signature hash")
    guard hash.hash != nil else {
      throw MalformedEvidence("TPM quote, signature hash", found: hash.name, wanted: "sha256, sha384 or sha512", offset: start + 2)
    }
    if algorithm == .ecdsa {
      first = try reader.sized(atMost: 66, "signature R")
      second = try reader.sized(atMost: 66, "signature S")
    } else {
      first = try reader.sized(atMost: 512, "signature")
      second = []
    }
  }

  public var name: String { "\(algorithm.name) with \(hash.name)" }

  func isValid(for key: VerificationKey, _ bytes: [UInt8]) -> Bool {
    guard let hash = hash.hash else { return false }
    switch algorithm {
    case .rsassa: return key.isValidSignature(first, for: bytes, scheme: .rsaPKCS1(hash))
    case .rsapss: return key.isValidSignature(first, for: bytes, scheme: .rsaPSS(hash))
    case .ecdsa:
      // A TPM may leave out leading zeros.
      guard let width = key.fieldWidth, let r = padded(first, to: width), let s = padded(second, to: width) else { return false }
      return key.isValidSignature(r + s, for: bytes, scheme: .ecdsa(hash))
    default: return false
    }
  }
}

/// A big-endian number with leading zeros up to a width; nil if it is wider.
func padded(_ number: [UInt8], to width: Int) -> [UInt8]? {
  let digits = number.drop { $0 == 0 }
  guard digits.count <= width else { return nil }
  return [UInt8](repeating: 0, count: width - digits.count) + digits
}

extension VerificationKey {
  /// Bytes of a coordinate on the key's curve, of ECDSA's keys.
  var fieldWidth: Int? {
    switch kind {
    case .p256: 32
    case .p384: 48
    case .p521: 66
    case .rsa, .ed25519: nil
    }
  }
}

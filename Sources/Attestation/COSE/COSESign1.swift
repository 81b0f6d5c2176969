/// Signature algorithms of COSE (RFC 9053, and RFC 8230 for RSA).
public enum COSEAlgorithm: Int64, Sendable, CaseIterable {
  case es256 = -7
  case edDSA = -8
  case es384 = -35
  case es512 = -36
  case ps256 = -37
  case ps384 = -38
  case ps512 = -39

  public var scheme: SignatureScheme {
    switch self {
    case .es256: .ecdsa(.sha256)
    case .es384: .ecdsa(.sha384)
    case .es512: .ecdsa(.sha512)
    case .edDSA: .ed25519
    case .ps256: .rsaPSS(.sha256)
    case .ps384: .rsaPSS(.sha384)
    case .ps512: .rsaPSS(.sha512)
    }
  }

  public var name: String {
    switch self {
    case .es256: "ES256"
    case .es384: "ES384"
    case .es512: "ES512"
    case .edDSA: "EdDSA"
    case .ps256: "PS256"
    case .ps384: "PS384"
    case .ps512: "PS512"
    }
  }
}

/// One signature over one payload (COSE_Sign1, RFC 9052 section 4.2), decoded but not yet judged.
public struct COSESign1: Sendable {
  /// The tag of COSE_Sign1; Nitro leaves it out.
  public static let tag: UInt64 = 18

  /// The protected header as it was signed.
  public var protectedBytes: [UInt8]
  public var protectedHeader: CBORValue
  public var unprotectedHeader: CBORValue
  /// Nil when the payload is detached.
  public var payload: [UInt8]?
  public var signature: [UInt8]

  public init(decoding bytes: [UInt8], _ strictness: CBORDecoder.Strictness = .wellFormed, of structure: String) throws(MalformedEvidence) {
    try self.init(CBORDecoder.decode(bytes, strictness, of: structure), strictness, of: structure)
  }

  public init(_ item: CBORValue, _ strictness: CBORDecoder.Strictness = .wellFormed, of structure: String) throws(MalformedEvidence) {
    var item = item
    if case .tagged(let tag, let inner) = item {
      guard tag == Self.tag else { throw MalformedEvidence("\(structure), tag", found: "\(tag)", wanted: "18 (COSE_Sign1) or none") }
      item = inner
    }
    guard let parts = item.asArray, parts.count == 4 else {
      throw MalformedEvidence(structure, found: item.kind, wanted: "an array of 4 (COSE_Sign1)")
    }
    guard let protectedBytes = parts[0].asBytes else {
      throw MalformedEvidence("\(structure), protected header", found: parts[0].kind, wanted: "bytes")
    }
    self.protectedBytes = protectedBytes
    // An empty header is written as no bytes at all.
    protectedHeader =
      protectedBytes.isEmpty ? .map([]) : try CBORDecoder.decode(protectedBytes, strictness, of: "\(structure), protected header")
    unprotectedHeader = parts[1]
    guard protectedHeader.asMap != nil else {
      throw MalformedEvidence("\(structure), protected header", found: protectedHeader.kind, wanted: "a map")
    }
    guard unprotectedHeader.asMap != nil else {
      throw MalformedEvidence("\(structure), unprotected header", found: unprotectedHeader.kind, wanted: "a map")
    }
    switch parts[2] {
    case .bytes(let bytes): payload = bytes
    case .null: payload = nil
    default: throw MalformedEvidence("\(structure), payload", found: parts[2].kind, wanted: "bytes, or null when detached")
    }
    guard let signature = parts[3].asBytes else {
      throw MalformedEvidence("\(structure), signature", found: parts[3].kind, wanted: "bytes")
    }
    self.signature = signature
    // Header 2 names headers that must be understood; none beyond the algorithm is.
    if let critical = protectedHeader[2] {
      guard let labels = critical.asArray, !labels.isEmpty, labels.allSatisfy({ $0 == .unsigned(1) }) else {
        throw MalformedEvidence("\(structure), critical headers", found: critical.kind, wanted: "none but the algorithm")
      }
    }
    if unprotectedHeader[2] != nil {
      throw MalformedEvidence("\(structure), critical headers", found: "in the unprotected header", wanted: "protected (RFC 9052, 3.1)")
    }
    let labels = Set((protectedHeader.asMap ?? []).map { CBOREncoder.encode($0.key) })
    if (unprotectedHeader.asMap ?? []).contains(where: { labels.contains(CBOREncoder.encode($0.key)) }) {
      throw MalformedEvidence("\(structure), headers", found: "one both protected and not", wanted: "each header once (RFC 9052, 3)")
    }
  }

  /// The algorithm of the protected header: an unprotected one says nothing.
  public var algorithm: COSEAlgorithm? { protectedHeader[1]?.asInteger.flatMap(COSEAlgorithm.init) }

  /// The bytes that are signed: Sig_structure (RFC 9052, section 4.4).
  public static func signedBytes(protectedBytes: [UInt8], externalData: [UInt8], payload: [UInt8]) -> [UInt8] {
    CBOREncoder.encode(.array([.text("Signature1"), .bytes(protectedBytes), .bytes(externalData), .bytes(payload)]))
  }

  /// Whether the key made the signature, by the algorithm of the protected header. A detached payload is given.
  /// - Parameter agreed: the algorithm that the parties settled otherwise, for messages whose protected header names none. One that names
  ///   another is not valid.
  public func isValid(
    for key: VerificationKey, externalData: [UInt8] = [], detachedPayload: [UInt8]? = nil, agreed: COSEAlgorithm? = nil
  ) -> Bool {
    guard let algorithm = protectedHeader[1] == nil ? agreed : algorithm, agreed == nil || agreed == algorithm else { return false }
    guard let payload = payload ?? detachedPayload else { return false }
    // However an empty header is written, it is signed as no bytes.
    let header = protectedHeader == .map([]) ? [] : protectedBytes
    let signed = Self.signedBytes(protectedBytes: header, externalData: externalData, payload: payload)
    return key.isValidSignature(signature, for: signed, scheme: algorithm.scheme)
  }
}

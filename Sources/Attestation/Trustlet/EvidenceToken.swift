import Foundation

/// An entity attestation token (EAT, RFC 9711) of ours: claims in a COSE_Sign1 by ES384, in deterministic encoding.
struct EvidenceToken: Sendable {
  /// Labels of claims: registered ones, and ours from the range for private use.
  enum Claim {
    static let issuedAt: Int64 = 6
    static let confirmation: Int64 = 8
    static let nonce: Int64 = 10
    static let debugStatus: Int64 = 263
    static let profile: Int64 = 265
    static let imageMeasurement: Int64 = -70_000
    static let manifestDigest: Int64 = -70_001
    static let instanceIdentity: Int64 = -70_002
    static let cloneGeneration: Int64 = -70_003
    static let machine: Int64 = -70_004
    static let keyHolder: Int64 = -70_005
    static let nodeKey: Int64 = -70_010
    static let monitorDigest: Int64 = -70_011
  }

  let name: String
  let message: COSESign1
  let claims: CBORValue
  let nonce: [UInt8]
  let issuedAt: Date
  /// The key that the signer says belongs to whom the token is about.
  let key: VerificationKey

  init(decoding bytes: [UInt8], _ name: String, profile: String) throws(MalformedEvidence) {
    self.name = name
    message = try COSESign1(decoding: bytes, .deterministic, of: name)
    guard message.algorithm == .es384 else {
      throw MalformedEvidence("\(name), algorithm", found: message.protectedHeader[1]?.kind ?? "none", wanted: "ES384 (-35)")
    }
    // Nobody signs that header, so nothing may stand there.
    guard message.unprotectedHeader == .map([]) else {
      throw MalformedEvidence("\(name), unprotected header", found: message.unprotectedHeader.kind, wanted: "an empty one")
    }
    guard let payload = message.payload else { throw MalformedEvidence("\(name), payload", found: "a detached one", wanted: "claims") }
    let claims = try CBORDecoder.decode(payload, .deterministic, of: "\(name), claims")
    self.claims = claims
    guard claims.asMap != nil else { throw MalformedEvidence("\(name), claims", found: claims.kind, wanted: "a map") }
    let found = claims[Claim.profile]?.asText
    guard found == profile else { throw MalformedEvidence("\(name), profile", found: found ?? "none", wanted: profile) }
    nonce = try Self.bytes(claims, Claim.nonce, 8...64, "\(name), nonce")
    let seconds = try Self.unsigned(claims, Claim.issuedAt, "\(name), time of issue")
    // Far beyond any date a calendar prints.
    guard seconds <= 253_402_300_799 else {
      throw MalformedEvidence("\(name), time of issue", found: "\(seconds)", wanted: "a year before 10000")
    }
    issuedAt = Date(timeIntervalSince1970: Double(seconds))
    guard let confirmation = claims[Claim.confirmation]?[1] else {
      throw MalformedEvidence("\(name), confirmation", found: "none", wanted: "a key (RFC 8747)")
    }
    key = try VerificationKey(coseKey: confirmation, of: "\(name), key")
  }

  func bytes(_ claim: Int64, _ counts: ClosedRange<Int>, _ field: String) throws(MalformedEvidence) -> [UInt8] {
    try Self.bytes(claims, claim, counts, "\(name), \(field)")
  }

  func unsigned(_ claim: Int64, _ field: String) throws(MalformedEvidence) -> UInt64 {
    try Self.unsigned(claims, claim, "\(name), \(field)")
  }

  func text(_ claim: Int64, _ field: String) throws(MalformedEvidence) -> String {
    guard let text = claims[claim]?.asText, text.utf8.count <= 64 else {
      throw MalformedEvidence("\(name), \(field)", found: claims[claim]?.kind ?? "nothing", wanted: "text of at most 64 bytes")
    }
    return text
  }

  private static func bytes(_ claims: CBORValue, _ claim: Int64, _ counts: ClosedRange<Int>, _ field: String) throws(MalformedEvidence)
    -> [UInt8]
  {
    guard let bytes = claims[claim]?.asBytes, counts.contains(bytes.count) else {
      let wanted = counts.count == 1 ? "\(counts.lowerBound) bytes" : "\(counts.lowerBound) to \(counts.upperBound) bytes"
      throw MalformedEvidence(field, found: claims[claim]?.kind ?? "nothing", wanted: wanted)
    }
    return bytes
  }

  private static func unsigned(_ claims: CBORValue, _ claim: Int64, _ field: String) throws(MalformedEvidence) -> UInt64 {
    guard case .unsigned(let value)? = claims[claim] else {
      throw MalformedEvidence(field, found: claims[claim]?.kind ?? "nothing", wanted: "an unsigned integer")
    }
    return value
  }
}

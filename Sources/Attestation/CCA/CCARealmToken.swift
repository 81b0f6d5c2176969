import Crypto

/// What the realm management monitor says about a realm, signed by the realm attestation key (RMM specification, Realm claims).
public struct CCARealmToken: Sendable {
  public let head: CCATokenHead
  /// What the realm bound to the token: 64 bytes.
  public let challenge: [UInt8]
  /// What the realm's owner gave when it was made: 64 bytes.
  public let personalization: [UInt8]
  public let initialMeasurement: [UInt8]
  /// Four, which the realm's own software extends.
  public let extensibleMeasurements: [[UInt8]]
  public let hashAlgorithm: String
  /// The realm attestation key as it was claimed: the platform's challenge is the hash of these bytes.
  public let keyBytes: [UInt8]
  public let key: VerificationKey
  public let keyHashAlgorithm: String
  /// Whether the realm's memory is encrypted under a key of its own, in the second profile.
  public let encryptionPolicy: String?

  init(_ envelope: COSESign1) throws(MalformedEvidence) {
    let claims = try CCAClaims(envelope, of: "CCA realm token")
    head = CCATokenHead(
      envelope, claims, CCAProfile(realm: try claims.optionalText(265, "profile")),
      known: [10, 265, 44235, 44236, 44237, 44238, 44239, 44240, 44243])
    challenge = try claims.bytes(10, "challenge", of: 64)
    personalization = try claims.bytes(44235, "personalization value", of: 64)
    initialMeasurement = try claims.hash(44238, "initial measurement")
    extensibleMeasurements = try claims.hashes(44239, "extensible measurements", count: 4)
    hashAlgorithm = try claims.text(44236, "hash algorithm")
    keyBytes = try claims.bytes(44237, "public key")
    key =
      head.profile == .early
      ? try Self.point(keyBytes) : try VerificationKey(coseKey: keyBytes, of: "CCA realm token, public key (44237)")
    keyHashAlgorithm = try claims.text(44240, "hash algorithm of the public key")
    encryptionPolicy = try claims.optionalText(44243, "memory encryption policy")
  }

  /// An uncompressed point on P-384 (SEC 1, section 2.3.3).
  private static func point(_ bytes: [UInt8]) throws(MalformedEvidence) -> VerificationKey {
    guard bytes.count == 97, bytes.first == 4 else {
      throw MalformedEvidence(
        "CCA realm token, public key (44237)", found: "\(bytes.count) bytes beginning \(hexadecimal(bytes.prefix(1)))",
        wanted: "97 beginning 04, a point on P-384, as no profile is named")
    }
    return try VerificationKey(point: Array(bytes.dropFirst()))
  }

  /// The hash of the key as it was claimed; nil for an algorithm that is not among those of CCA.
  var keyHash: [UInt8]? {
    switch keyHashAlgorithm {
    case "sha-256": Array(SHA256.hash(data: keyBytes))
    case "sha-384": Array(SHA384.hash(data: keyBytes))
    case "sha-512": Array(SHA512.hash(data: keyBytes))
    default: nil
    }
  }
}

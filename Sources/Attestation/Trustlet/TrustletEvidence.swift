import Foundation

/// Coffer's evidence of a running trustlet: a collection of conceptual messages, each level signed by a key that the one before vouches for.
///
/// The platform's report binds the node's key and the nonce; the node's key signs the monitor's token, which names the monitor's key; the
/// monitor's key signs the trustlet's token, which names the image, the manifest and the instance's own key. Every token carries the nonce.
public struct TrustletEvidence: AttestationEvidence {
  public static let format = EvidenceFormat.trustlet
  static let maximumSize = 1024 * 1024
  package static let collectionType = "tag:coffer.example,2026:evidence"
  static let trustletProfile = "tag:coffer.example,2026:trustlet"
  static let monitorProfile = "tag:coffer.example,2026:monitor"
  /// The record of platform `none`, which is empty.
  static let noPlatform = "application/vnd.coffer.no-platform"

  let trustlet: EvidenceToken
  let monitor: EvidenceToken
  let nodeKey: VerificationKey
  let monitorDigest: [UInt8]
  let manifest: [UInt8]
  let claims: TrustletClaims
  /// Nil for platform `none`.
  let platform: (any AttestationEvidence)?
  let endorsements: [[UInt8]]
  let signatures: [ImageSignature]
  /// Nil where the platform's report is for this nonce alone.
  let noncePath: NoncePath?

  public static func resembles(_ bytes: [UInt8]) -> Bool {
    // A CBOR map with the collection's type, or with the key of one, among its members; either may be damaged.
    guard bytes.count <= maximumSize else { return false }
    return [collectionType, trustletProfile].contains { bytes.firstRange(of: Array($0.utf8)) != nil }
  }

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    let structure = "Coffer's evidence"
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence(structure, found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    let collection = try CBORDecoder.decode(bytes, .deterministic, of: structure)
    let known: Set = ["__cmwc_t", "trustlet", "monitor", "manifest", "platform", "endorsements", "image-signatures", "nonce-path"]
    for pair in collection.asMap ?? [] where !known.contains(pair.key.asText ?? "") {
      throw MalformedEvidence(
        "\(structure), member", found: pair.key.asText ?? pair.key.kind, wanted: known.sorted().joined(separator: ", "))
    }
    guard collection["__cmwc_t"]?.asText == Self.collectionType else {
      throw MalformedEvidence("\(structure), collection type", found: collection["__cmwc_t"]?.asText ?? "none", wanted: Self.collectionType)
    }
    func record(_ name: String) throws(MalformedEvidence) -> ConceptualMessage {
      guard let item = collection[name] else { throw MalformedEvidence("\(structure), \(name)", found: "nothing", wanted: "a record") }
      return try ConceptualMessage(item, of: "\(structure), \(name)")
    }
    func token(_ name: String, _ profile: String) throws(MalformedEvidence) -> EvidenceToken {
      let record = try record(name)
      guard record.kind == ConceptualMessage.token else {
        throw MalformedEvidence("\(structure), \(name), type", found: "\(record.kind)", wanted: "content format 263 (application/eat+cwt)")
      }
      return try EvidenceToken(decoding: record.value, "\(name)'s token", profile: profile)
    }
    trustlet = try token("trustlet", Self.trustletProfile)
    monitor = try token("monitor", Self.monitorProfile)
    guard let nodeKey = monitor.claims[EvidenceToken.Claim.nodeKey] else {
      throw MalformedEvidence("monitor's token, node's key", found: "nothing", wanted: "a key")
    }
    self.nodeKey = try VerificationKey(coseKey: nodeKey, of: "monitor's token, node's key")
    // COSE lets ES384 be made on other curves (RFC 9053, 2.1); these tokens do not.
    for (name, key) in [("monitor's token, node's key", self.nodeKey), ("monitor's token, key", monitor.key)] where key.name != "P-384" {
      throw MalformedEvidence(name, found: "a key on \(key.name)", wanted: "one on P-384, for ES384")
    }
    monitorDigest = try monitor.bytes(EvidenceToken.Claim.monitorDigest, 48...48, "monitor's digest")
    let manifest = try record("manifest")
    guard manifest.kind == .mediaType("application/json") else {
      throw MalformedEvidence("\(structure), manifest, type", found: "\(manifest.kind)", wanted: "application/json")
    }
    self.manifest = manifest.value
    endorsements = try Self.values(collection["endorsements"], ConceptualMessage.endorsement, "\(structure), endorsements")
    signatures = try Self.values(collection["image-signatures"], ConceptualMessage.endorsement, "\(structure), image signatures")
      .map { (bytes) throws(MalformedEvidence) in try ImageSignature(decoding: bytes) }
    claims = try Self.claims(trustlet, manifest: manifest.value)
    platform = try Self.platform(record("platform"))
    guard collection["nonce-path"] != nil else {
      noncePath = nil
      return
    }
    let path = try record("nonce-path")
    guard path.kind == .mediaType(NoncePath.mediaType) else {
      throw MalformedEvidence("\(structure), nonce-path, type", found: "\(path.kind)", wanted: NoncePath.mediaType)
    }
    // Where no platform binds anything, there is nothing for a path to lead to.
    guard platform != nil else { throw MalformedEvidence("\(structure), nonce-path", found: "a path without a platform", wanted: "none") }
    noncePath = try NoncePath(decoding: path.value)
  }

  /// The bytes of each record of a nested collection; none where there is no such member.
  private static func values(_ item: CBORValue?, _ indicator: UInt64, _ structure: String) throws(MalformedEvidence) -> [[UInt8]] {
    guard let item else { return [] }
    guard let pairs = item.asMap, pairs.count <= 16 else {
      throw MalformedEvidence(structure, found: item.kind, wanted: "a map of at most 16")
    }
    return try pairs.map { (pair) throws(MalformedEvidence) in try ConceptualMessage(pair.value, indicator, of: structure).value }
  }

  private static func claims(_ token: EvidenceToken, manifest: [UInt8]) throws(MalformedEvidence) -> TrustletClaims {
    TrustletClaims(
      nonce: token.nonce, issuedAt: token.issuedAt,
      imageMeasurement: try token.bytes(EvidenceToken.Claim.imageMeasurement, 48...48, "image's measurement"),
      manifestDigest: try token.bytes(EvidenceToken.Claim.manifestDigest, 48...48, "manifest's digest"),
      manifest: try ManifestProperties(canonicalJSON: manifest),
      instanceIdentity: try token.bytes(EvidenceToken.Claim.instanceIdentity, 16...32, "instance's identity"), instanceKey: token.key,
      keyHolder: try keyHolder(token), cloneGeneration: try token.unsigned(EvidenceToken.Claim.cloneGeneration, "clone generation"),
      machine: try token.text(EvidenceToken.Claim.machine, "machine"), imageSigners: [])
  }

  private static func keyHolder(_ token: EvidenceToken) throws(MalformedEvidence) -> TrustletClaims.KeyHolder {
    let name = try token.text(EvidenceToken.Claim.keyHolder, "key's holder")
    guard let holder = TrustletClaims.KeyHolder(rawValue: name) else {
      throw MalformedEvidence(
        "\(token.name), key's holder", found: printable(Array(name.utf8)),
        wanted: TrustletClaims.KeyHolder.allCases.map(\.rawValue).joined(separator: " or "))
    }
    return holder
  }

  private static func platform(_ record: ConceptualMessage) throws(MalformedEvidence) -> (any AttestationEvidence)? {
    guard case .mediaType(let name) = record.kind else {
      throw MalformedEvidence("Coffer's evidence, platform, type", found: "a content format", wanted: "a media type of ours")
    }
    if name == noPlatform {
      guard record.value.isEmpty else {
        throw MalformedEvidence(
          "Coffer's evidence, platform", found: "\(record.value.count) bytes", wanted: "none, as there is no platform")
      }
      return nil
    }
    let prefix = "application/vnd.coffer."
    guard name.hasPrefix(prefix), let format = EvidenceFormat(rawValue: String(name.dropFirst(prefix.count))), format != .trustlet else {
      throw MalformedEvidence("Coffer's evidence, platform, type", found: name, wanted: "\(prefix) and a format of a platform's evidence")
    }
    return try format.decode(record.value)
  }
}

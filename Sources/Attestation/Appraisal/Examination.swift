import Foundation

/// What verification has to go by besides the evidence: the time, whom to trust, and what else was given.
public struct VerificationContext: Sendable {
  public var time: Date
  public var anchors: TrustAnchors
  public var endorsements: Endorsements
  /// Remembers valid signatures of endorsements between verifications.
  public var signatures: SignatureCache?

  public init(time: Date, anchors: TrustAnchors = .vendors, endorsements: Endorsements = Endorsements(), signatures: SignatureCache? = nil)
  {
    self.time = time
    self.anchors = anchors
    self.endorsements = endorsements
    self.signatures = signatures
  }

  /// Whether an endorsement (a certificate, a list, collateral) carries this key's signature; remembered when it does.
  public func isValidEndorsement(_ signature: [UInt8], for bytes: [UInt8], key: VerificationKey, scheme: SignatureScheme) -> Bool {
    guard let signatures else { return key.isValidSignature(signature, for: bytes, scheme: scheme) }
    return signatures.isValid(signature, for: bytes, key: key, scheme: scheme)
  }
}

/// The judgement of a piece of evidence by itself, before any policy: what was checked, and what it then says.
public struct Examination: Sendable {
  public var format: EvidenceFormat
  public var findings: [Finding]
  public var platform: PlatformClaims
  /// For evidence of a trustlet.
  public var trustlet: TrustletClaims?

  public init(_ format: EvidenceFormat, findings: [Finding], platform: PlatformClaims, trustlet: TrustletClaims? = nil) {
    self.format = format
    self.findings = findings
    self.platform = platform
    self.trustlet = trustlet
  }

  /// Of evidence that says by its marks what it is and cannot be decoded: it claims nothing, and is refused for its form.
  public init(_ format: EvidenceFormat, damaged error: MalformedEvidence) {
    let finding = Finding.rule(
      "evidence.form", .instanceIdentity, holds: false, found: "\(error.place): \(error.found)", wanted: error.wanted,
      remedy: "the evidence is damaged or cut short: get it again from where it was made")
    self.init(format, findings: [finding], platform: PlatformClaims(format.platform))
  }

  /// Whether nothing is refused: signatures, chains and the platform's own rules hold. That is not acceptance.
  public var isGenuine: Bool { !findings.contains { $0.outcome == .refused } }
}

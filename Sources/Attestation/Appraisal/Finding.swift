/// What a rule found: the unit in which a verdict explains itself.
public struct Finding: Sendable, Equatable, Codable {
  /// What the rule came to.
  public enum Outcome: String, Sendable, Codable {
    case satisfied
    /// The rule does not hold, and the policy says by name that it need not.
    case waived
    /// The evidence is refused for this.
    case refused
    /// Worth knowing, decides nothing.
    case noted
  }

  /// The rule's stable name, such as `sev-snp.signature` or `policy.debug`.
  public var rule: String
  public var outcome: Outcome
  /// Which part of the attester it speaks of.
  public var claim: TrustClaim
  public var found: String
  public var wanted: String
  /// What to do about a refusal.
  public var remedy: String?

  public init(_ rule: String, _ outcome: Outcome, _ claim: TrustClaim, found: String, wanted: String, remedy: String? = nil) {
    self.rule = rule
    self.outcome = outcome
    self.claim = claim
    self.found = plain(found)
    self.wanted = plain(wanted)
    self.remedy = remedy.map(plain)
  }

  /// A finding of a rule that holds or refuses.
  public static func rule(
    _ rule: String, _ claim: TrustClaim, holds: Bool, found: String, wanted: String, remedy: String
  ) -> Finding {
    Finding(rule, holds ? .satisfied : .refused, claim, found: found, wanted: wanted, remedy: holds ? nil : remedy)
  }
}

/// The parts of an attester that an attestation result speaks of (AR4SI, draft-ietf-rats-ar4si, section 2.3).
public enum TrustClaim: String, Sendable, CaseIterable, Codable {
  /// Whose it is: genuine hardware, a known key.
  case instanceIdentity = "instance-identity"
  case configuration
  case executables
  case fileSystem = "file-system"
  /// Firmware and silicon.
  case hardware
  case runtimeOpaque = "runtime-opaque"
  case storageOpaque = "storage-opaque"
  /// Where its inputs come from; here also whether the evidence is fresh.
  case sourcedData = "sourced-data"
}

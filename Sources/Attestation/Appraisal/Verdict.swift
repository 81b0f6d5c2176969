import Foundation

/// What came of evidence under a policy, with every reason.
public struct Verdict: Sendable {
  public var examination: Examination
  /// Those of the examination first, then the policy's.
  public var findings: [Finding]
  public var nonce: [UInt8]?
  public var time: Date

  public var isAccepted: Bool {
    // A rule of the policy must have held: no list of findings is an acceptance by being empty.
    findings.contains { $0.rule == "policy.platform" && [.satisfied, .waived].contains($0.outcome) }
      && !findings.contains { $0.outcome == .refused }
  }

  /// Whether, by this verdict, the machine's owner cannot read what the attester is given. Where the policy takes any software the owner
  /// may have started one of his own, and a root that is not the maker's may certify anything.
  public var isConfidential: Bool {
    isAccepted && examination.platform.debug != true && !Self.unprotected.contains(examination.platform.platform)
      && findings.contains { $0.rule == "policy.measurements" && $0.outcome == .satisfied }
      && !findings.contains { $0.outcome == .noted && ($0.rule.hasSuffix(".root") || $0.rule.hasSuffix(KeystoneReport.testKeyRule)) }
  }

  /// Platforms that measure but do not keep memory from its owner.
  private static let unprotected: Set<PlatformKind> = [.none, .tpm]
}

import Attestation
import DevelopmentEvidence
import Foundation
import Testing

/// The example of Attestation.md, as it stands there.
@Suite struct DocumentedExampleTests {
  private struct Unusable: Error {
    init(_ reason: String) {}
  }

  private struct Refused: Error {
    init(_ verdict: Verdict) {}
  }

  private func judge(_ bytes: [UInt8], policy text: String, collateral: [[UInt8]], nonce: [UInt8]?, at now: Date) throws {
    let policy = try Policy(yaml: text)
    var endorsements = Endorsements()
    for file in collateral { try endorsements.add(file: file) }
    guard let format = EvidenceFormat.detect(bytes) else { throw Unusable("no evidence that is known here") }
    let evidence = try format.decode(bytes)
    let context = VerificationContext(time: now, anchors: policy.trustAnchors, endorsements: endorsements)
    let verdict = policy.appraise(evidence.examine(in: context), nonce: nonce, at: now)
    guard verdict.isAccepted else { throw Refused(verdict) }
  }

  @Test func itJudges() throws {
    let chip = try SNPChipMaker(.genoa)
    let nonce = (0..<16).map { UInt8($0) }
    var report = SNPReportMaker(chip)
    report.reportData = nonce + [UInt8](repeating: 0, count: 48)
    let bytes = try report.makeReport(signedBy: chip.key)
    let chain = Array(DCAPAuthority.pem(try chip.certificates()).utf8)
    let root = try chip.root.key.fingerprint.map { String(format: "%02x", $0) }.joined()
    let policy = """
      platforms: {sev-snp: {minimum-tcb: any, reference-values: [{launch-digest: "\(String(repeating: "4d", count: 48))"}]}}
      trust-anchors: {sev-snp: ["\(root)"]}
      """
    let now = try #require(time(timestamp: "2026-05-28T20:26:40Z"))
    try judge(bytes, policy: policy, collateral: [chain], nonce: nonce, at: now)
    #expect(throws: Refused.self) { try judge(bytes, policy: policy, collateral: [chain], nonce: nil, at: now) }
    #expect(throws: Refused.self) { try judge(bytes, policy: policy, collateral: [], nonce: nonce, at: now) }
    #expect(throws: Unusable.self) { try judge([1, 2, 3], policy: policy, collateral: [chain], nonce: nonce, at: now) }
  }
}

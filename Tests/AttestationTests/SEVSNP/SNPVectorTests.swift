import Attestation
import Foundation
import Testing

@Suite(.enabled(if: Vectors.areThere, "2 genuine SEV-SNP reports not read: ../shared/vectors is missing"))
struct SNPVectorTests {
  private func examination(_ name: String, certificate: String, at moment: String = "2024-06-01T00:00:00Z") throws -> Examination {
    let folder = "attestation/sev-snp/"
    let report = try SNPReport(decoding: evidenceBytes(file: Vectors.bytes(folder + name)))
    var context = VerificationContext(time: try #require(time(timestamp: moment)))
    try context.endorsements.add(file: Vectors.bytes(folder + certificate))
    return report.examine(in: context)
  }

  private func refused(_ examination: Examination) -> [String] { examination.findings.filter { $0.outcome == .refused }.map(\.rule) }

  @Test func theGenuineReportIsGenuine() throws {
    let examination = try examination("milan-v2.hex", certificate: "milan-v2.vcek.der")
    #expect(examination.isGenuine, "\(refused(examination))")
    #expect(examination.platform.debug == false)
    #expect(examination.platform.product == "Milan")
    #expect(examination.platform.trustedComputingBase == .components(["bootloader": 3, "tee": 0, "snp": 8, "microcode": 115]))
    let chip = try #require(examination.platform.hardwareIdentity)
    #expect(hexadecimal(chip).hasPrefix("d49554ec717f4e5b"))
    let digest = try #require(examination.platform.measurements.first { $0.name == "launch-digest" })
    #expect(digest.isEssential && hexadecimal(digest.digest).hasPrefix("7a1e5c266c0108db"))
    #expect(hexadecimal(examination.platform.boundData).hasPrefix("d447b55d197491bf"))
  }

  @Test func theReportWithADebugPolicyIsGenuineAndSaysSo() throws {
    let examination = try examination("milan-v2-debug-policy.bin", certificate: "milan-v2-debug-policy.vcek.der")
    #expect(examination.isGenuine, "\(refused(examination))")
    #expect(examination.platform.debug == true)
    #expect(examination.platform.trustedComputingBase == .components(["bootloader": 2, "tee": 0, "snp": 5, "microcode": 68]))
  }

  @Test func theOthersCertificateIsRefused() throws {
    let rules = try refused(examination("milan-v2.hex", certificate: "milan-v2-debug-policy.vcek.der"))
    #expect(rules == ["sev-snp.signature", "sev-snp.chip-id", "sev-snp.endorsed-tcb"])
  }

  @Test func timesOutsideTheCertificatesAreRefused() throws {
    #expect(try refused(examination("milan-v2.hex", certificate: "milan-v2.vcek.der", at: "2020-01-01T00:00:00Z")) == ["sev-snp.validity"])
    #expect(try refused(examination("milan-v2.hex", certificate: "milan-v2.vcek.der", at: "2031-01-01T00:00:00Z")) == ["sev-snp.validity"])
  }

  @Test func withoutACertificateTheFindingSaysWhereItIs() throws {
    let report = try SNPReport(decoding: evidenceBytes(file: Vectors.bytes("attestation/sev-snp/milan-v2.hex")))
    let findings = report.examine(in: VerificationContext(time: Date())).findings
    let missing = try #require(findings.first { $0.rule == "sev-snp.endorsement" && $0.outcome == .refused })
    #expect(missing.remedy?.contains("/vcek/v1/Milan/d49554ec717f4e5b") == true)
    #expect(missing.remedy?.hasSuffix("?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115") == true)
  }
}

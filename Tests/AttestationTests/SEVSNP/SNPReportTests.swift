import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct SNPReportTests {
  private func examine(
    _ chip: SNPChipMaker, context: VerificationContext? = nil, _ change: (inout SNPReportMaker) -> Void = { _ in }
  ) throws -> Examination {
    var maker = SNPReportMaker(chip)
    change(&maker)
    let report = try SNPReport(decoding: maker.makeReport(signedBy: chip.key))
    return try report.examine(in: context ?? SNPChips.context(chip.certificates()))
  }

  @Test(arguments: SNPChipMaker.Product.allCases, [nil, "Test Cloud"])
  func aGoodReportIsGenuineInEveryVersion(product: SNPChipMaker.Product, provider: String?) throws {
    let chip = try SNPChips.chip(product, provider: provider)
    for version in UInt32(2)...5 {
      let examination = try examine(chip) {
        $0.version = version
        $0.signingKey = provider == nil ? 0 : 1
        // A provider's key is used where the chip's is masked, and with it its name.
        if provider != nil { $0.chipID = [UInt8](repeating: 0, count: 64) }
      }
      #expect(examination.isGenuine, "\(version): \(examination.findings.filter { $0.outcome == .refused })")
      #expect(examination.platform.product == (product == .siena ? "Genoa" : product.rawValue))
      #expect(examination.platform.debug == false)
      var wanted = ["bootloader": 9, "tee": 2, "snp": 23, "microcode": 210]
      if product == .turin { wanted["fmc"] = 1 }
      #expect(examination.platform.trustedComputingBase == .components(wanted))
      #expect((examination.platform.hardwareIdentity == nil) == (provider != nil))
    }
  }

  @Test func everySignedByteCounts() throws {
    let chip = try SNPChips.chip()
    let good = try SNPReportMaker(chip).makeReport(signedBy: chip.key)
    let context = try SNPChips.context(chip.certificates())
    #expect(try SNPReport(decoding: good).examine(in: context).isGenuine)
    // The signature, R and S, is 144 bytes after what it covers.
    for index in 0..<0x330 {
      var bytes = good
      bytes[index] ^= 1 << (index % 8)
      #expect(SNPReport.resembles(bytes), "byte \(index)")
      guard let report = try? SNPReport(decoding: bytes) else {
        // The version; and what R and S leave of their places.
        #expect(index < 4 || (0x2d0..<0x2e8).contains(index) || index >= 0x318, "byte \(index)")
        continue
      }
      // A flag may make it say that another key or none signed it; then no certificate is looked for, and that is refused.
      #expect(!report.examine(in: context).isGenuine, "byte \(index)")
      if index.isMultiple(of: 16) { #expect(!report.fields.isEmpty) }
    }
  }

  /// Nothing signs what lies around R and S, so nothing may stand there; what follows the report is shown, and noted.
  @Test func unsignedBytesOfAReportAreZero() throws {
    let chip = try SNPChips.chip()
    let good = try SNPReportMaker(chip).makeReport(signedBy: chip.key)
    let context = try SNPChips.context(chip.certificates())
    #expect(try !SNPReport(decoding: good).examine(in: context).noted.contains("sev-snp.unsigned"))
    for index in Array(0x2d0..<0x2e8) + Array(0x318..<0x4a0) {
      var bytes = good
      bytes[index] = 1
      #expect { try SNPReport(decoding: bytes) } throws: { ($0 as? MalformedEvidence)?.offset == index }
    }
    let followed = try SNPReport(decoding: good + [1, 2, 3])
    #expect(followed.examine(in: context).isGenuine && followed.examine(in: context).noted.contains("sev-snp.unsigned"))
    #expect(followed.fields.contains { $0.name == "trailing" && !$0.isSigned && $0.value == "3 bytes: 010203" })
  }

  @Test func everyTruncationIsMalformed() throws {
    let chip = try SNPChips.chip()
    let good = try SNPReportMaker(chip).makeReport(signedBy: chip.key)
    for length in good.indices {
      #expect(throws: MalformedEvidence.self) { try SNPReport(decoding: Array(good.prefix(length))) }
    }
  }

  @Test func whatFirmwareWouldNotReportIsRefusedByName() throws {
    let chip = try SNPChips.chip()
    let newer = SNPChipMaker.Versions(bootloader: 10, tee: 2, snp: 23, microcode: 210)
    var other = chip
    other.versions = newer
    let cases: [([String], (inout SNPReportMaker) -> Void)] = [
      (["sev-snp.signature-algorithm", "sev-snp.signature"], { $0.signatureAlgorithm = 2 }),
      (["sev-snp.signing-key"], { $0.signingKey = 7 }),
      (["sev-snp.signing-key"], { $0.signingKey = 3 }),
      (["sev-snp.endorsement"], { $0.signingKey = 1 }),
      (["sev-snp.vmpl"], { $0.vmpl = 4 }),
      (["sev-snp.vmpl"], { $0.vmpl = .max }),
      (["sev-snp.policy"], { $0.policy = 0x1_0000 }),
      (["sev-snp.firmware"], { $0.policy = 0x3_0000 | 2 << 8 }),
      (["sev-snp.tcb-order"], { $0.committedTCB = other.tcbVersion }),
      (["sev-snp.tcb-order"], { $0.committedVersion = [59, 58, 1] }),
      (["sev-snp.endorsed-tcb", "sev-snp.tcb-order"], { $0.reportedTCB = other.tcbVersion }),
      (["sev-snp.endorsed-tcb"], { ($0.reportedTCB, $0.currentTCB) = (other.tcbVersion, other.tcbVersion) }),
      (["sev-snp.endorsed-tcb"], { $0.reportedTCB[3] = 1; $0.currentTCB = $0.reportedTCB }),
      (["sev-snp.chip-id"], { $0.chipID[9] ^= 1 }),
      (["sev-snp.product"], { $0.processor = [0x19, 0x11, 1] }),
      (["sev-snp.product"], { $0.processor = [0x19, 0x51, 1] }),
    ]
    for (rules, change) in cases { #expect(try examine(chip, change).refused == rules) }
  }

  @Test func whatIsWorthKnowingIsNoted() throws {
    let chip = try SNPChips.chip()
    let usual = ["sev-snp.root", "sev-snp.revocation"]
    #expect(try examine(chip).noted == usual)
    let cases: [(String, (inout SNPReportMaker) -> Void)] = [
      ("sev-snp.migration-agent", { $0.policy |= 1 << 18 }),
      ("sev-snp.migration-agent", { $0.migrationAgentReportID = [UInt8](repeating: 1, count: 32) }),
      ("sev-snp.alias-check", { $0.platformInfo = 1 }),
      ("sev-snp.reserved", { $0.platformInfo = 0x61 }),
      ("sev-snp.chip-id", { $0.chipID = [UInt8](repeating: 0, count: 64) }),
    ]
    for (rule, change) in cases {
      let examination = try examine(chip, change)
      #expect(examination.isGenuine && examination.noted.contains(rule), "\(rule)")
    }
  }

  @Test func aDebugPolicyIsGenuineAndStated() throws {
    let examination = try examine(SNPChips.chip()) { $0.debug = true }
    #expect(examination.isGenuine && examination.platform.debug == true)
  }

  /// Firmware that launched the guest, or that the host can go back to, counts as much as firmware that signs.
  @Test func theWeakestOfTheReportsVersionsIsStated() throws {
    let examination = try examine(SNPChips.chip()) {
      $0.launchTCB[7] = 100
      $0.committedTCB[6] = 20
    }
    #expect(examination.isGenuine)
    #expect(examination.platform.trustedComputingBase == .components(["bootloader": 9, "tee": 2, "snp": 20, "microcode": 100]))
  }

  @Test func measurementsAndFieldsAreWhatTheReportHolds() throws {
    let chip = try SNPChips.chip(.turin)
    var maker = SNPReportMaker(chip)
    maker.hostData = [UInt8](repeating: 0xab, count: 32)
    maker.hasAuthorKey = true
    maker.authorKeyDigest = [UInt8](repeating: 0xcd, count: 48)
    let report = try SNPReport(decoding: maker.makeReport(signedBy: chip.key))
    let measurements = report.examine(in: try SNPChips.context(chip.certificates())).platform.measurements
    #expect(measurements.filter(\.isEssential).map(\.name) == ["launch-digest"])
    #expect(measurements.contains { $0.name == "host-data" && $0.digest == maker.hostData })
    #expect(measurements.contains { $0.name == "author-key-digest" && $0.digest == maker.authorKeyDigest })
    let fields = Dictionary(report.fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    #expect(fields.count == report.fields.count)
    #expect(fields["report.current_tcb.fmc"] == "1" && fields["report.current_tcb.microcode"] == "210")
    #expect(fields["report.policy.debug"] == "no" && fields["report.policy.smt"] == "yes")
    #expect(fields["report.platform_info.alias-check-complete"] == "yes")
    #expect(fields["report.current_version"] == "1.58.58")
    #expect(fields["report.current_mit_vector"] == "0x3")
    #expect(report.fields.allSatisfy { $0.isSigned != $0.name.hasPrefix("signature.") && !$0.meaning.isEmpty })
  }
}

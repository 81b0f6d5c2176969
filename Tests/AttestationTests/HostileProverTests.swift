import Attestation
import DevelopmentEvidence
import Foundation
import Testing

private let nonce = [UInt8](1...32)

/// What a prover tried once, with keys that are genuine: each was accepted, misread or shown as it liked.
@Suite struct HostileProverTests {
  private func refused(_ verdict: Verdict) -> [String] { verdict.findings.filter { $0.outcome == .refused }.map(\.rule) }

  /// Above a TDX machine that the relying party's collateral calls out of date, and the attester's up to date.
  @Test func theAttestersCollateralDoesNotReplaceTheRelyingPartys() throws {
    var scene = DCAPScene(.tdx4)
    let friendly = try scene.collateral.make(by: scene.authority)
    scene.collateral.levels[0].status = "OutOfDate"
    scene.collateral.levels[0].advisories = ["INTEL-SA-00009"]
    var maker = TrustletEvidenceMaker(nonce: nonce, issuedAt: DCAPScene.start)
    scene.quote.trustDomain.reportData = try maker.platformBinding()
    maker.endorsements = [friendly]
    let evidence = try EvidenceFormat.trustlet.decode(maker.evidence(platform: ("tdx-quote", scene.quote.make(by: scene.authority))))
    let strict = evidence.examine(in: try scene.context())
    #expect(strict.isGenuine, "\(strict.refused)")
    #expect(strict.status == .status("OutOfDate", advisories: ["INTEL-SA-00009"]))
    // Alone, it still serves.
    var context = try scene.context()
    context.endorsements = Endorsements()
    #expect(evidence.examine(in: context).status == .status("UpToDate", advisories: []))
  }

  @Test func aPublicAreaOfTheAttestersOwnDoesNotMakeAnAttestationKey() throws {
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    let root = CertificateMaker(name: "Issuer of everything", key: .p384())
    // A key in software, certified for something else, which forges the quote and says of itself that it is restricted.
    var maker = TPMQuoteMaker(key: .p256())
    let leaf = try root.certificate(
      subject: "www.example.org", subjectPublicKeyInfo: maker.key.subjectPublicKeyInfo, notBefore: now - 10, notAfter: now + 10, isAuthority: false)
    maker.certificates = [leaf, try root.rootCertificate(notBefore: now - 10, notAfter: now + 10)]
    let anchor = TrustAnchors.Anchor(.tpm, name: "test", fingerprint: try root.key.fingerprint)
    let examination = try TPMQuote(decoding: maker.make()).examine(in: VerificationContext(time: now, anchors: TrustAnchors([anchor])))
    #expect(examination.refused == ["tpm.key-use"])
  }

  @Test func anAgentThatReadsTheGuestMustBeNamed() throws {
    let chip = try SNPChips.chip()
    var maker = SNPReportMaker(chip)
    maker.policy |= 1 << 18
    maker.migrationAgentReportID = [UInt8](repeating: 0xa9, count: 32)
    let report = try SNPReport(decoding: maker.makeReport(signedBy: chip.key))
    let examination = report.examine(in: try SNPChips.context(chip.certificates()))
    #expect(examination.isGenuine)
    func verdict(_ also: String) throws -> Verdict {
      let values = "{launch-digest: \"\(hexadecimal(maker.measurement))\"\(also)}"
      let policy = try Policy(yaml: "nonce: optional\nplatforms: {sev-snp: {minimum-tcb: any, reference-values: [\(values)]}}")
      return policy.appraise(examination, nonce: nil, at: SNPChips.time)
    }
    #expect(try refused(verdict("")) == ["policy.measurements"])
    #expect(try refused(verdict(", migration-agent: \"\(String(repeating: "a9", count: 32))\"")) == [])
  }

  @Test func whoAskedAndUnderWhatPolicyCanBeNamed() throws {
    let chip = try SNPChips.chip()
    var maker = SNPReportMaker(chip)
    let policy = try Policy(
      yaml: """
        nonce: optional
        platforms: {sev-snp: {minimum-tcb: any, reference-values: [
          {launch-digest: "\(hexadecimal(maker.measurement))", vmpl: "00000000", guest-policy: "0000000000030000"}]}}
        """)
    for (vmpl, guestPolicy, rules) in [(0, 0x3_0000, []), (2, 0x3_0000, ["policy.measurements"]), (0, 0x2_0000, ["policy.measurements"])] as [(UInt32, UInt64, [String])] {
      (maker.vmpl, maker.policy) = (vmpl, guestPolicy)
      let report = try SNPReport(decoding: maker.makeReport(signedBy: chip.key))
      let examination = report.examine(in: try SNPChips.context(chip.certificates()))
      #expect(refused(policy.appraise(examination, nonce: nil, at: SNPChips.time)) == rules)
    }
  }

  @Test func aDraftOfEvidenceThatShowsNoSoftwareRefuses() throws {
    for measurements in [[], [Measurement("pcr16", [UInt8](repeating: 1, count: 32), "debugging")]] {
      let examination = Examination(.tpm, findings: [], platform: PlatformClaims(.tpm, measurements: measurements))
      let draft = Policy.draft(from: examination)
      let verdict = try Policy(yaml: draft).appraise(examination, nonce: nil, at: Date(timeIntervalSince1970: 0))
      #expect(refused(verdict) == ["policy.measurements"], "\(draft)")
    }
  }

  @Test func aManifestIsReadOneWay() throws {
    let host = #""host":{"arguments":false,"directories":"none","environment":false}"#
    let other = #""host":{"arguments":true,"directories":"write","environment":true}"#
    #expect(try ManifestProperties(canonicalJSON: Array("{\(host)}".utf8)).hostDirectories == "none")
    for text in ["{\(host),\(other)}", "{\(other),\(host)}", "{\(host)} {}", "{\(host),}"] {
      #expect(throws: MalformedEvidence.self) { try ManifestProperties(canonicalJSON: Array(text.utf8)) }
    }
    var wide: [UInt8] = []
    for byte in "{\(host)}".utf8 { wide += [byte, 0] }
    #expect(throws: MalformedEvidence.self) { try ManifestProperties(canonicalJSON: wide) }
  }

  @Test func anySoftwareIsNotConfidential() throws {
    let claims = PlatformClaims(
      .sevSNP, debug: false, measurements: [Measurement("launch-digest", [UInt8](repeating: 1, count: 48), "", isEssential: true)],
      trustedComputingBase: .components(["snp": 9]))
    func isConfidential(_ values: String) throws -> Bool {
      let policy = try Policy(yaml: "nonce: optional\nplatforms: {sev-snp: {minimum-tcb: any, reference-values: \(values)}}")
      let verdict = policy.appraise(Examination(.sevSNP, findings: [], platform: claims), nonce: nil, at: Date(timeIntervalSince1970: 0))
      #expect(verdict.isAccepted)
      return verdict.isConfidential
    }
    #expect(try !isConfidential("any"))
    #expect(try !isConfidential("[{launch-digest: any}]"))
    #expect(try isConfidential("[{launch-digest: \"\(String(repeating: "01", count: 48))\"}]"))
  }

  /// What measures the rest, or is trusted to report it, has to be named: else its owner starts one that lies.
  @Test(arguments: [
    (PlatformKind.sevSNP, ["launch-digest", "id-key-digest", "host-data"], [["launch-digest"], ["id-key-digest"]]),
    (.tdx, ["mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3"], [["mrtd", "rtmr1", "rtmr2"]]),
    (.sgx, ["mrenclave", "mrsigner", "isvprodid"], [["mrenclave"], ["mrsigner"]]),
    (.nitro, ["pcr0", "pcr1", "pcr2", "pcr8"], [["pcr0"], ["pcr8"], ["pcr1", "pcr2"]]), (.cca, ["rim", "rem0"], [["rim"]]),
    (.keystone, ["monitor", "enclave"], [["monitor", "enclave"]]),
  ])
  func whatTheRestStandsOnIsNamed(platform: PlatformKind, names: [String], ways: [[String]]) throws {
    let claims = PlatformClaims(
      platform, debug: false, measurements: names.map { Measurement($0, [UInt8](repeating: 1, count: 32), "", isEssential: true) },
      trustedComputingBase: platform == .tdx || platform == .sgx ? .status("UpToDate", advisories: []) : platform == .sevSNP ? .components(["snp": 9]) : .unstated)
    for chosen in 1..<(1 << names.count) {
      let named = names.enumerated().filter { chosen >> $0.offset & 1 == 1 }.map(\.element)
      let entry = names.map { "\($0): \(named.contains($0) ? String(repeating: "01", count: 32) : "any")" }.joined(separator: ", ")
      let tcb = platform == .sevSNP ? "minimum-tcb: any, " : ""
      let policy = try Policy(yaml: "nonce: optional\nplatforms: {\(platform.rawValue): {\(tcb)reference-values: [{\(entry)}]}}")
      let verdict = policy.appraise(Examination(.sevSNP, findings: [], platform: claims), nonce: nil, at: Date(timeIntervalSince1970: 0))
      #expect(verdict.isAccepted)
      #expect(verdict.isConfidential == ways.contains { Set($0).isSubset(of: named) }, "\(named)")
    }
  }

  /// A signer of zeros is nobody; a register of zeros is one that nothing was measured into.
  @Test func zerosNameNoSigner() throws {
    func isConfidential(_ platform: PlatformKind, _ measurements: [String: [UInt8]], _ entry: String, _ tcb: TrustedComputingBase) throws -> Bool {
      let claims = PlatformClaims(
        platform, debug: false, measurements: measurements.map { Measurement($0.key, $0.value, "", isEssential: true) }, trustedComputingBase: tcb)
      let terms = platform == .sevSNP ? "minimum-tcb: any, " : ""
      let policy = try Policy(yaml: "nonce: optional\nplatforms: {\(platform.rawValue): {\(terms)reference-values: [{\(entry)}]}}")
      let verdict = policy.appraise(Examination(.sevSNP, findings: [], platform: claims), nonce: nil, at: Date(timeIntervalSince1970: 0))
      #expect(verdict.isAccepted)
      return verdict.isConfidential
    }
    let (zeros, ones) = ([UInt8](repeating: 0, count: 48), [UInt8](repeating: 1, count: 48))
    #expect(
      try !isConfidential(
        .sevSNP, ["launch-digest": ones, "id-key-digest": zeros], "launch-digest: any, id-key-digest: \"\(hexadecimal(zeros))\"", .components(["snp": 9])))
    #expect(
      try isConfidential(
        .tdx, ["mrtd": ones, "rtmr1": zeros, "rtmr2": zeros], "mrtd: \"\(hexadecimal(ones))\", rtmr1: \"\(hexadecimal(zeros))\", rtmr2: \"\(hexadecimal(zeros))\"",
        .status("UpToDate", advisories: [])))
  }

  /// Where the hardware's maker has a root, another root certifies no hardware, whoever names it.
  @Test func makeBelieveHardwareIsNotConfidential() throws {
    let chip = try SNPChips.chip()
    let maker = SNPReportMaker(chip)
    let report = try SNPReport(decoding: maker.makeReport(signedBy: chip.key))
    let examination = report.examine(in: try SNPChips.context(chip.certificates()))
    let values = "[{launch-digest: \"\(hexadecimal(maker.measurement))\"}]"
    let policy = try Policy(yaml: "nonce: optional\nplatforms: {sev-snp: {minimum-tcb: any, reference-values: \(values)}}")
    let verdict = policy.appraise(examination, nonce: nil, at: SNPChips.time)
    #expect(verdict.isAccepted && !verdict.isConfidential)
    #expect(examination.findings.contains { $0.rule == "sev-snp.root" && $0.outcome == .noted })
  }

  @Test func entriesOfATableDoNotShareBytes() throws {
    let guid = [UInt8](repeating: 7, count: 16)
    func table(_ lengths: [UInt32]) -> [UInt8] {
      var bytes: [UInt8] = []
      for length in lengths { bytes += guid + [0, 0, 0, 0] + withUnsafeBytes(of: length.littleEndian) { Array($0) } }
      return bytes + [UInt8](repeating: 0, count: 24 + 1000)
    }
    #expect(try SNPCertificateTable(decoding: table([500, 500])).entries.count == 2)
    #expect(throws: MalformedEvidence.self) { try SNPCertificateTable(decoding: table([1000, 1000])) }
  }

  @Test func aKeyThatEveryoneHasIsNotConfidential() throws {
    let noted = Finding(KeystoneReport.testKeyRule, .noted, .hardware, found: "", wanted: "")
    let claims = PlatformClaims(
      .keystone, measurements: ["monitor", "enclave"].map { Measurement($0, [UInt8](repeating: 1, count: 64), "", isEssential: true) })
    let ones = String(repeating: "01", count: 64)
    let policy = try Policy(yaml: "nonce: optional\nplatforms: {keystone: {reference-values: [{monitor: \"\(ones)\", enclave: \"\(ones)\"}]}}")
    for (findings, isConfidential) in [([], true), ([noted], false)] {
      let verdict = policy.appraise(Examination(.keystone, findings: findings, platform: claims), nonce: nil, at: Date(timeIntervalSince1970: 0))
      #expect(verdict.isAccepted && verdict.isConfidential == isConfidential)
    }
  }

  @Test func theOldestClockTellsTheAge() throws {
    let now = Date(timeIntervalSince1970: 1_780_000_000)
    var maker = TrustletEvidenceMaker(nonce: nonce, issuedAt: now)
    let image = String(repeating: "11", count: 48)
    let policy = try Policy(yaml: "platforms: {none: insecure}\nage: 5m\nnonce: optional\nimages: [{measurement: \"\(image)\"}]")
    func verdict() throws -> Verdict {
      policy.appraise(try EvidenceFormat.trustlet.decode(maker.evidence()).examine(in: VerificationContext(time: now)), nonce: nil, at: now)
    }
    #expect(try refused(verdict()) == [])
    maker.monitorIssuedAt = now - 86_400 * 365
    #expect(try refused(verdict()) == ["policy.age"])
    maker.monitorIssuedAt = now + 3600
    maker.issuedAt = now + 3600
    #expect(try refused(verdict()) == ["policy.age"])
  }

  @Test func zerosAreNoNonce() throws {
    let claims = PlatformClaims(.keystone, boundData: [UInt8](repeating: 0, count: 64))
    let policy = try Policy(yaml: "platforms: {keystone: {reference-values: any}}")
    for count in [1, 16, 64] {
      let verdict = policy.appraise(
        Examination(.keystone, findings: [], platform: claims), nonce: [UInt8](repeating: 0, count: count), at: Date(timeIntervalSince1970: 0))
      #expect(refused(verdict) == ["policy.nonce"])
    }
  }

  @Test func whatIsNotJudgedIsNotAccepted() throws {
    for (platform, yaml) in [(PlatformKind.tdx, "tdx: {reference-values: any}"), (.sevSNP, "sev-snp: {minimum-tcb: any, reference-values: any}")] {
      let verdict = try Policy(yaml: "nonce: optional\nplatforms: {\(yaml)}").appraise(
        Examination(.tdx, findings: [], platform: PlatformClaims(platform, debug: false)), nonce: nil, at: Date(timeIntervalSince1970: 0))
      #expect(refused(verdict) == ["policy.tcb"])
    }
  }

  @Test func shortMeasurementsCanBeNamed() throws {
    #expect(try Policy(yaml: "platforms: {tdx: {reference-values: [{td-attributes: \"0000001000000000\"}]}, sgx: {reference-values: [{miscselect: \"00000000\"}]}}").platforms.count == 2)
  }
}

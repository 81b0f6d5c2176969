import Attestation
import Foundation
import StrictYAML
import Testing

private let now = Date(timeIntervalSince1970: 1_780_000_000)
private let launch = [UInt8](repeating: 0xab, count: 48)

@Suite struct PolicyTests {
  private var claims = PlatformClaims(
    .sevSNP, product: "Milan", debug: false, boundData: [1, 2, 3, 4] + [UInt8](repeating: 0, count: 60),
    measurements: [Measurement("launch-digest", launch, "all that the machine started with", isEssential: true), Measurement("host-data", [0], "")],
    trustedComputingBase: .components(["bootloader": 3, "tee": 0, "snp": 8, "microcode": 115]))

  private static let terms = "minimum-tcb: {bootloader: 3, tee: 0, snp: 8, microcode: 115}, reference-values: [{launch-digest: \(hexadecimal(launch))}]"
  private static let good = "platforms: {sev-snp: {\(terms)}}"

  private func refused(
    _ yaml: String, _ claims: PlatformClaims? = nil, findings: [Finding] = [], nonce: [UInt8]? = [1, 2, 3, 4], at time: Date = now
  ) throws -> [String] {
    let verdict = try Policy(yaml: yaml).appraise(
      Examination(.sevSNP, findings: findings, platform: claims ?? self.claims), nonce: nonce, at: time)
    let rules = verdict.findings.filter { $0.outcome == .refused }
    #expect(verdict.isAccepted == rules.isEmpty)
    // A refusal says what to do.
    #expect(rules.allSatisfy { !($0.remedy ?? "").isEmpty })
    return rules.map(\.rule)
  }

  @Test func goodEvidenceIsAccepted() throws { #expect(try refused(Self.good) == []) }

  @Test(arguments: ["", "# nothing", "{}", "platforms: {}", "nonce: optional", "debug: allowed"])
  func theEmptyPolicyRefuses(yaml: String) throws { #expect(try refused(yaml).contains("policy.platform")) }

  @Test func platformsAreNamed() throws {
    #expect(try refused("platforms: {tdx: {reference-values: any}}") == ["policy.platform"])
    #expect(try refused("platforms: {sev-snp: {products: [Genoa], \(Self.terms)}}") == ["policy.platform"])
    #expect(try refused("platforms: {sev-snp: {products: [Genoa, Milan], \(Self.terms)}}") == [])
  }

  @Test func aGenuineSignatureIsNotAcceptance() throws {
    #expect(try refused(Self.good, findings: [Finding("x.signature", .satisfied, .hardware, found: "", wanted: "")]) == [])
    let forged = Finding("x.signature", .refused, .hardware, found: "", wanted: "", remedy: "do not")
    #expect(try refused(Self.good, findings: [forged]) == ["x.signature"])
  }

  @Test func debuggingIsRefusedUnlessAllowedByName() throws {
    var claims = claims
    claims.debug = true
    #expect(try refused(Self.good, claims) == ["policy.debug"])
    #expect(try refused(Self.good + "\ndebug: refused", claims) == ["policy.debug"])
    #expect(try refused(Self.good + "\ndebug: allowed", claims) == [])
    let verdict = try Policy(yaml: Self.good + "\ndebug: allowed").appraise(
      Examination(.sevSNP, findings: [], platform: claims), nonce: [1, 2, 3, 4], at: now)
    #expect(!verdict.isConfidential)
  }

  @Test func aMinimumMustBeStatedAndKept() throws {
    let references = "reference-values: any"
    #expect(try refused("platforms: {sev-snp: {\(references)}}") == ["policy.tcb"])
    #expect(try refused("platforms: {sev-snp: {minimum-tcb: any, \(references)}}") == [])
    for (components, isKept) in [
      ("bootloader: 3, tee: 0, snp: 8, microcode: 115", true), ("bootloader: 3, tee: 0, snp: 9, microcode: 115", false),
      // What is left out is not any, and what the product lacks is not there.
      ("snp: 8", false), ("bootloader: 3, tee: 0, snp: 8", false), ("fmc: 0", false), ("bootloader: 3, tee: 0, snp: 8, microcode: 115, fmc: 0", false),
      ("bootloader: any, tee: any, snp: 8, microcode: any", true), ("bootloader: any, tee: any, snp: 9, microcode: any", false),
      ("bootloader: 3, tee: 0, snp: 8, microcode: 115, fmc: any", true), ("snp: any", false),
    ] {
      #expect(try refused("platforms: {sev-snp: {minimum-tcb: {\(components)}, \(references)}}") == (isKept ? [] : ["policy.tcb"]), "\(components)")
    }
  }

  @Test func aComponentThatIsComparedWithNothingIsSaid() throws {
    func findings(_ components: String) throws -> [Finding] {
      let policy = try Policy(yaml: "platforms: {sev-snp: {minimum-tcb: {\(components)}, reference-values: any}}")
      return policy.appraise(Examination(.sevSNP, findings: [], platform: claims), nonce: [1, 2, 3, 4], at: now).findings
    }
    func uncompared(_ components: String) throws -> String? { try findings(components).first { $0.rule == "policy.uncompared" }?.found }
    #expect(try uncompared("bootloader: 3, tee: 0, snp: 8, microcode: 115") == nil)
    #expect(try uncompared("bootloader: any, tee: 0, snp: 8, microcode: any, fmc: any") == "bootloader: any, microcode: any")
    // Nothing but any is no demand.
    let all = try findings("bootloader: any, tee: any, snp: any, microcode: any").first { $0.rule == "policy.tcb" }
    #expect(all?.outcome == .waived)
    // Which of them, and what to write.
    let missing = try findings("bootloader: 3, tee: 0, snp: 8").first { $0.rule == "policy.tcb" }
    #expect(missing?.remedy?.contains("'microcode: 115'") == true && missing?.remedy?.contains("'microcode: any'") == true)
    let foreign = try findings("bootloader: 3, tee: 0, snp: 8, microcode: 115, fmc: 1").first { $0.rule == "policy.tcb" }
    #expect(foreign?.remedy?.contains("has no fmc") == true)
  }

  @Test func statusesAndAdvisoriesAreAcceptedByName() throws {
    var claims = claims
    claims.platform = .tdx
    claims.trustedComputingBase = .status("SWHardeningNeeded", advisories: ["INTEL-SA-1", "INTEL-SA-2"])
    func refused(_ terms: String) throws -> [String] { try self.refused("platforms: {tdx: {reference-values: any\(terms)}}", claims) }
    #expect(try refused("") == ["policy.tcb", "policy.advisories"])
    #expect(try refused(", tcb-status: [UpToDate, SWHardeningNeeded]") == ["policy.advisories"])
    #expect(try refused(", tcb-status: [SWHardeningNeeded], accepted-advisories: [INTEL-SA-1]") == ["policy.advisories"])
    #expect(try refused(", tcb-status: [SWHardeningNeeded], accepted-advisories: [INTEL-SA-1, INTEL-SA-2]") == [])
    #expect(throws: StrictYAMLError.self) { try refused(", tcb-status: [Revoked]") }
  }

  @Test func measurementsAreComparedWithReferenceValues() throws {
    func refused(_ values: String) throws -> [String] { try self.refused("platforms: {sev-snp: {minimum-tcb: any\(values)}}") }
    let other = String(repeating: "00", count: 48)
    #expect(try refused("") == ["policy.measurements"])
    #expect(try refused(", reference-values: []") == ["policy.measurements"])
    #expect(try refused(", reference-values: [{launch-digest: \(other)}]") == ["policy.measurements"])
    #expect(try refused(", reference-values: [{launch-digest: \(other)}, {launch-digest: \(hexadecimal(launch))}]") == [])
    // What an entry leaves out is not any, and what the evidence lacks is not there.
    #expect(try refused(", reference-values: [{host-data: any}]") == ["policy.measurements"])
    #expect(try refused(", reference-values: [{host-data: any, launch-digest: any}]") == [])
    #expect(try refused(", reference-values: [{mrtd: any, launch-digest: any}]") == ["policy.measurements"])
  }

  @Test func whatAQuoteLeavesOutIsNotKnown() throws {
    var claims = claims
    claims.platform = .tpm
    claims.trustedComputingBase = .unstated
    claims.measurements = [Measurement("pcr16", launch, "debugging")]
    let digest = hexadecimal(launch)
    #expect(try refused("platforms: {tpm: {reference-values: [{pcr16: \(digest)}]}}", claims) == ["policy.measurements"])
    #expect(try refused("platforms: {tpm: {reference-values: [{pcr16: \(digest), pcr0: any, pcr2: any, pcr4: any, pcr7: any}]}}", claims) == ["policy.measurements"])
    claims.measurements += ["pcr0", "pcr2", "pcr4", "pcr7"].map { Measurement($0, launch, "", isEssential: true) }
    #expect(try refused("platforms: {tpm: {reference-values: [{pcr16: \(digest), pcr0: any, pcr2: any, pcr4: any, pcr7: \(digest)}]}}", claims) == [])
  }

  @Test func freshnessIsByNonceOrAge() throws {
    #expect(try refused(Self.good, nonce: nil) == ["policy.nonce"])
    #expect(try refused(Self.good + "\nnonce: optional", nonce: nil) == [])
    #expect(try refused(Self.good + "\nnonce: optional", nonce: [1, 2, 3, 5]) == ["policy.nonce"])
    #expect(try refused(Self.good, nonce: [1, 2, 3]) == ["policy.nonce"])
    #expect(try refused(Self.good, nonce: []) == ["policy.nonce"])
    #expect(try refused(Self.good + "\nage: 5m") == ["policy.age"])
    var claims = claims
    claims.issuedAt = now
    #expect(try refused(Self.good + "\nage: 5m", claims, at: now + 299) == [])
    #expect(try refused(Self.good + "\nage: 5m", claims, at: now + 301) == ["policy.age"])
    #expect(try refused(Self.good, claims, at: now - 3600) == ["policy.age"])
  }

  @Test func imagesCannotBeFoundInEvidenceOfAPlatform() throws {
    #expect(try refused(Self.good + "\nmachines: [kvm]") == ["policy.image"])
    #expect(try refused(Self.good + "\nmanifest: {network: none}") == ["policy.image"])
  }

  @Test(arguments: [
    ("plattforms: {}", "did you mean 'platforms'?"), ("platforms: {none: {}}", "write 'none: insecure'"), ("platforms: {none: true}", "insecure"),
    ("machines: [qemu]", "none of kvm, process"), ("machines: [keystone]", "none of kvm, process"),
    ("platforms: {sev-snp: {tcb-status: [UpToDate]}}", "tcb-status"), ("platforms: {snp: {}}", "the key 'snp' is unknown; known: sev-snp, "),
    ("age: 5", "'5' is no time"), ("age: -5m", "no time"), ("nonce: maybe", "none of required, optional"), ("debug: true", "none of refused, allowed"),
    ("images: [{measurement: 12}]", "coffer measure"), ("images: [{}]", "either a measurement or a signer"), ("images: {}", "is not a list, write it as [ONE, TWO]"),
    ("platforms: {sev-snp: {minimum-tcb: {snp: 256}}}", "255"), ("platforms: {sev-snp: {minimum-tcb: {}}}", "names no component"),
    ("platforms: {sev-snp: {reference-values: [{}]}}", "names no measurement"), ("trust-anchors: {cca: [abcd]}", "SHA-256"),
    ("manifest: {network: all}", "can only be 'none', not 'all'"), ("platforms: [", "no YAML"), ("nonce: optional\nnonce: required", "'nonce' stands twice"),
  ])
  func whatIsNotUnderstoodIsAnError(yaml: String, words: String) {
    let error = #expect(throws: StrictYAMLError.self) { try Policy(yaml: yaml) }
    #expect(error?.message.contains(words) ?? false, "\(error?.message ?? "")")
  }

  /// Machines that read only the result must see what was not looked at.
  @Test func whatIsGivenUpIsAWarning() throws {
    func tiers(_ yaml: String, _ claims: PlatformClaims) throws -> [String: Int] {
      let verdict = try Policy(yaml: yaml).appraise(Examination(.sevSNP, findings: [], platform: claims), nonce: nil, at: now)
      #expect(verdict.isAccepted)
      let json = try AttestationResult(verdict, policy: "p", build: "b", issuedAt: now).json()
      let object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
      let platform = try #require((object["submods"] as? [String: Any])?["platform"] as? [String: Any])
      #expect(platform["ear.status"] as? String == "warning")
      return try #require(platform["ear.trustworthiness-vector"] as? [String: Int])
    }
    var claims = claims
    claims.debug = true
    let waived = try tiers("platforms: {sev-snp: {minimum-tcb: any, reference-values: any}}\nnonce: optional\ndebug: allowed", claims)
    #expect(waived == ["hardware": 32, "configuration": 32, "executables": 32, "sourced-data": 32])
    claims = PlatformClaims(.tdx, trustedComputingBase: .status("SWHardeningNeeded", advisories: ["INTEL-SA-1"]))
    let terms = "tcb-status: [SWHardeningNeeded], accepted-advisories: [INTEL-SA-1], reference-values: any"
    #expect(try tiers("platforms: {tdx: {\(terms)}}\nnonce: optional", claims)["hardware"] == 32)
  }

  @Test func whatIsComparedWithNothingIsSaid() throws {
    let measurements = ["pcr0", "pcr2", "pcr4", "pcr7", "pcr9", "pcr11"].enumerated().map { number, name in
      Measurement(name, [UInt8](repeating: name == "pcr11" ? 0 : UInt8(number + 1), count: 32), "of \(name)", isEssential: number < 4)
    }
    let examination = Examination(.tpm, findings: [], platform: PlatformClaims(.tpm, measurements: measurements))
    func notes(_ first: String, _ more: String = "") throws -> (found: String?, measured: String?) {
      let values = (1...3).map { number in "\(["pcr2", "pcr4", "pcr7"][number - 1]): \"\(String(repeating: "0\(number + 1)", count: 32))\"" }.joined(separator: ", ")
      let verdict = try Policy(yaml: "platforms: {tpm: {reference-values: [{pcr0: \(first), \(values)\(more)}]}}\nnonce: optional").appraise(examination, nonce: nil, at: now)
      #expect(verdict.isAccepted, "\(verdict.findings)")
      return (verdict.findings.first { $0.rule == "policy.uncompared" }?.found, verdict.findings.first { $0.rule == "policy.measurements" }?.found)
    }
    let any = try notes("any")
    #expect(any.found == "pcr0 (of pcr0): any, pcr9 (of pcr9)" && any.measured?.contains("pcr0") == false)
    let first = "\"\(String(repeating: "01", count: 32))\"", ninth = ", pcr9: \"\(String(repeating: "05", count: 32))\""
    #expect(try notes(first, ninth).found == nil)
    #expect(try notes(first).found == "pcr9 (of pcr9)")
  }

  @Test func aDraftSaysWhetherItsModelHasANonce() throws {
    func draft(_ bound: [UInt8]) -> String {
      var claims = claims
      claims.boundData = bound
      return Policy.draft(from: Examination(.sevSNP, findings: [], platform: claims))
    }
    for (bound, words) in [([], "carries no nonce"), ([UInt8](repeating: 0, count: 64), "carries no nonce"), ([UInt8](repeating: 7, count: 64), "carries 64 bytes")] {
      #expect(draft(bound).contains(words) && draft(bound).contains("\nnonce: optional"), "\(draft(bound))")
    }
  }

  @Test func aDraftAcceptsItsModelAndNothingWeaker() throws {
    let genuine = Examination(.sevSNP, findings: [], platform: claims)
    let draft = Policy.draft(from: genuine)
    #expect(try Policy(yaml: draft).appraise(genuine, nonce: nil, at: now).isAccepted, "\(draft)")
    var weaker = genuine
    weaker.platform.trustedComputingBase = .components(["bootloader": 3, "tee": 0, "snp": 7, "microcode": 115])
    weaker.platform.debug = true
    weaker.platform.measurements[0].digest[0] ^= 1
    let findings = try Policy(yaml: draft).appraise(weaker, nonce: nil, at: now).findings
    #expect(findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.debug", "policy.tcb", "policy.measurements"])
    // Text of the evidence's own cannot write lines of the policy.
    var hostile = genuine
    hostile.platform.product = "x\"]\ndebug: allowed\n#"
    #expect(try !Policy(yaml: Policy.draft(from: hostile)).isDebugAllowed)
    #expect(try !Policy(yaml: Policy.draft(from: Examination(.sevSNP, findings: [], platform: weaker.platform))).isDebugAllowed)
  }
}

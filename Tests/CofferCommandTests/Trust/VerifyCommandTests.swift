import DevelopmentEvidence
import Foundation
import Testing

/// Evidence at the command line: statuses, words, and what goes where. Machines are not needed.
@Suite(.enabled(if: CofferCommand.program != nil, "needs the program coffer beside the tests"))
struct VerifyCommandTests {
  private static let time = "2026-05-28T20:26:40Z"
  private static let nonce = "00112233445566778899aabbccddeeff"

  /// A place with a report (`report.bin`), its chain (`chain.pem`) and a policy that accepts both (`policy.yaml`).
  private func place(debug: Bool = false) throws -> Workplace {
    let place = try Workplace()
    let chip = try SNPChipMaker(.genoa)
    var report = SNPReportMaker(chip)
    report.debug = debug
    report.reportData = (0..<16).map { UInt8($0 * 0x11) } + [UInt8](repeating: 0, count: 48)
    try place.write("report.bin", report.makeReport(signedBy: chip.key))
    try place.write("chain.pem", Array(DCAPAuthority.pem(chip.certificates()).utf8))
    let root = try chip.root.key.fingerprint.map { String(format: "%02x", $0) }.joined()
    try place.write("root", Array(root.utf8))
    let digest = String(repeating: "4d", count: 48)
    let policy = """
      platforms:
        sev-snp: {products: [Genoa], minimum-tcb: {bootloader: any, tee: any, snp: 1, microcode: any}, reference-values: [{launch-digest: "\(digest)"}]}
      trust-anchors: {sev-snp: ["\(root)"]}
      """
    try place.write("policy.yaml", Array(policy.utf8))
    return place
  }

  private func verify(_ place: Workplace, _ more: String..., evidence: String = "report.bin", policy: String = "policy.yaml") throws -> CofferCommand.Result {
    try CofferCommand.run(
      ["verify", evidence, "--policy", policy, "--collateral", "chain.pem", "--time", Self.time] + more, in: place.path)
  }

  @Test func goodEvidenceIsAccepted() throws {
    let result = try verify(place(), "--nonce", Self.nonce)
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(result.output.hasPrefix("accepted: AMD SEV-SNP attestation report (sev-snp, Genoa)"))
    #expect(result.output.contains("trusted because the policy names it"))
    #expect(result.errors.isEmpty)
  }

  @Test func aRefusalSaysWhatWasFoundWantedAndWhatToDo() throws {
    let place = try place(debug: true)
    let result = try verify(place, "--nonce", "ff" + Self.nonce.dropFirst(2))
    #expect(result.status == 1)
    #expect(result.output.hasPrefix("refused: "))
    for word in ["policy.nonce", "policy.debug", "found:  debug on", "wanted: debug off", "to do:  "] { #expect(result.output.contains(word), "\(word)") }
    #expect(try verify(place).status == 1)
  }

  @Test func theJSONIsAnAttestationResult() throws {
    let place = try place()
    for (more, verdict, status) in [(["--nonce", Self.nonce], "accepted", "warning"), ([], "refused", "contraindicated")] {
      let result = try CofferCommand.run(
        ["verify", "report.bin", "--policy", "policy.yaml", "--collateral", "chain.pem", "--time", Self.time, "--json"] + more, in: place.path)
      let object = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      #expect(object["coffer.verdict"] as? String == verdict)
      // A root that is not AMD's could be anyone's.
      #expect(object["coffer.confidential"] as? Bool == false)
      #expect(object["eat_profile"] as? String == "tag:github.com,2023:veraison/ear")
      let platform = try #require((object["submods"] as? [String: Any])?["platform"] as? [String: Any])
      #expect(platform["ear.status"] as? String == status)
      #expect((platform["ear.trustworthiness-vector"] as? [String: Int])?["executables"] == 2)
      #expect((object["coffer.rules"] as? [Any])?.isEmpty == false)
    }
  }

  @Test func damagedEvidenceIsRefusedAndWhatIsNoEvidenceIsUnusable() throws {
    let place = try place()
    let report = try place.bytes("report.bin")
    try place.write("short.bin", Array(report.prefix(1000)))
    try place.write("text.bin", Array("hello".utf8))
    try place.write("empty.bin", [])
    try place.write("report.hex", Array(report.map { String(format: "%02x", $0) }.joined().utf8))
    try place.write("typo.yaml", Array("plattforms: {}".utf8))
    try place.write("garbage.pem", [1, 2, 3])
    #expect(try verify(place, "--nonce", Self.nonce, evidence: "report.hex").status == 0)
    let short = try verify(place, "--nonce", Self.nonce, evidence: "short.bin")
    #expect(short.status == 1 && short.output.contains("damaged"), "\(short.output)\(short.errors)")
    for (evidence, policy, words) in [
      ("text.bin", "policy.yaml", "no evidence that Coffer knows"), ("empty.bin", "policy.yaml", "is empty"),
      ("missing.bin", "policy.yaml", "missing.bin"), ("report.bin", "missing.yaml", "missing.yaml"),
      ("report.bin", "typo.yaml", "did you mean 'platforms'?"),
    ] {
      let result = try verify(place, evidence: evidence, policy: policy)
      #expect(result.status == 2 && result.errors.contains(words) && result.output.isEmpty, "\(result.output)\(result.errors)")
    }
    try place.write("huge.bin", [UInt8](repeating: 2, count: 4 << 20 | 1))
    let huge = try verify(place, evidence: "huge.bin")
    #expect(huge.status == 2 && huge.errors.contains("more than 4MiB"), "\(huge.errors)")
    let collateral = try CofferCommand.run(["verify", "report.bin", "--policy", "policy.yaml", "--collateral", "garbage.pem"], in: place.path)
    #expect(collateral.status == 2 && collateral.errors.contains("garbage.pem"), "\(collateral.errors)")
  }

  @Test func aDraftAcceptsItsModel() throws {
    let place = try place()
    let root = String(decoding: try place.bytes("root"), as: UTF8.self)
    let arguments = ["policy", "from-evidence", "report.bin", "--collateral", "chain.pem", "--time", Self.time]
    let foreign = try CofferCommand.run(arguments, in: place.path)
    #expect(foreign.status == 1 && foreign.output.isEmpty && foreign.errors.contains("sev-snp.root"), "\(foreign.errors)")
    let draft = try CofferCommand.run(arguments + ["--trust-anchor", root], in: place.path)
    #expect(draft.status == 0, "\(draft.errors)")
    try place.write("draft.yaml", Array(draft.output.utf8))
    #expect(try verify(place, policy: "draft.yaml").status == 0)
  }

  /// What is wrong with the command line, or is read twice, is said before anything is judged.
  @Test func wrongCommandLinesAreNotVerdicts() throws {
    let place = try place()
    #expect(try verify(place, "--nonce", "0011").status == 125)
    #expect(try verify(place, "--time", "2026-02-30").status == 125)
    let twice = try CofferCommand.run(["verify", "-", "--policy", "-"], in: place.path)
    #expect(twice.status == 2 && twice.errors.contains("more than once"), "\(twice.errors)")
    let foreign = try CofferCommand.run(
      ["policy", "from-evidence", "report.bin", "--collateral", "chain.pem", "--trust-anchor", String(repeating: "ab", count: 32)], in: place.path)
    #expect(foreign.status == 1)
  }

  @Test func inspectionShowsFieldsAndJudgesNothing() throws {
    let place = try place(debug: true)
    let text = try place.run("inspect", "report.bin")
    #expect(text.status == 0 && text.output.contains("nothing is judged here"), "\(text.errors)")
    let json = try place.run("inspect", "report.bin", "--json")
    let object = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["format"] as? String == "sev-snp-report")
    #expect((object["fields"] as? [Any])?.count ?? 0 > 20)
  }
}

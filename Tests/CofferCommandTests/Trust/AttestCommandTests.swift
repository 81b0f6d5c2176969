import Foundation
import TestTPM
import Testing

/// Evidence of a run, from the command that gives it to the one that judges it.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct AttestCommandTests {
  private static let nonce = "00112233445566778899aabbccddeeff"
  private static let module = "(module (memory 1) (func (export \"_start\")))"

  /// A place with a module, and a policy for it whose platforms are these.
  private func place(_ platforms: String, _ more: String = "") throws -> Workplace {
    let place = try Workplace()
    try place.module("good.wasm", Self.module)
    let measurement = try place.run("measure", "good.wasm").output.split(separator: "\n").first ?? ""
    try place.write(
      "policy.yaml",
      Array(
        """
        platforms: {\(platforms)}
        images: [{measurement: "\(measurement)"}]
        machines: [kvm]
        age: 5m
        \(more)
        """.utf8))
    return place
  }

  private func run(_ place: Workplace, _ platform: String) throws -> CofferCommand.Result {
    try place.run("run", "--attest", Self.nonce, "--platform", platform, "--evidence", "evidence.cbor", "good.wasm")
  }

  private func verify(_ place: Workplace, _ more: String..., nonce: String = nonce) throws -> CofferCommand.Result {
    try CofferCommand.run(["verify", "evidence.cbor", "--policy", "policy.yaml", "--nonce", nonce] + more, in: place.path)
  }

  /// Evidence takes the place of a file or of nothing.
  @Test func evidenceReplacesNoProgramAndNoDevice() throws {
    let place = try place("none: insecure")
    let module = try place.bytes("good.wasm")
    try FileManager.default.createSymbolicLink(atPath: "\(place.path)/link", withDestinationPath: "other")
    try FileManager.default.createDirectory(atPath: "\(place.path)/folder", withIntermediateDirectories: false)
    for (path, reason) in [
      ("good.wasm", "it is the program itself"), ("./good.wasm", "it is the program itself"), ("link", "it is no regular file"), ("folder", "it is no regular file"), ("-", "name one"),
      ("nowhere/x", "No such file or directory"),
    ] {
      let result = try place.run("run", "--attest", Self.nonce, "--evidence", path, "good.wasm")
      #expect(result.status == 125 && result.errors.contains(reason) && result.errors.contains("--evidence"), "\(path): \(result)")
    }
    #expect(try place.bytes("good.wasm") == module)
    #expect(place.names == ["folder", "good.wasm", "link", "policy.yaml"])
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(place.path)/link") == "other")
  }

  /// The fingerprint that the banner names.
  private func root(_ result: CofferCommand.Result) throws -> String {
    try #require(result.errors.split { !$0.isHexDigit }.map(String.init).first { $0.count == 64 })
  }

  @Test(arguments: [
    ("development-snp", "sev-snp: {minimum-tcb: any, reference-values: any}"), ("development-tdx", "tdx: {reference-values: any}"),
    ("development-cca", "cca: {reference-values: any}"),
  ])
  func developmentIsTrustedOnlyWhereItIsNamed(platform: String, terms: String) throws {
    let place = try place(terms)
    let result = try run(place, platform)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("DEVELOPMENT PLATFORM"))
    let root = try root(result)
    let accepted = try verify(place, "--development-root", root)
    #expect(accepted.status == 0, "\(accepted.output)\(accepted.errors)")
    #expect(accepted.errors.contains("DEVELOPMENT PLATFORM") && accepted.output.contains("NOT CONFIDENTIAL"))
    let unnamed = try verify(place)
    #expect(unnamed.status == 1 && !unnamed.errors.contains("DEVELOPMENT PLATFORM"))
    let other = String(root.reversed())
    #expect(try verify(place, "--development-root", other == root ? "\(other.dropLast())0" : other).status == 1)
    // Replayed.
    #expect(try verify(place, "--development-root", root, nonce: "ff\(Self.nonce.dropFirst(2))").status == 1)
    // The file keeps the root, and is its owner's.
    #expect(try self.root(run(place, platform)) == root)
    let rights = try FileManager.default.attributesOfItem(atPath: "\(place.path)/development-root.pem")[.posixPermissions] as? Int
    #expect(rights == 0o600)
  }

  @Test(.enabled(if: SoftwareTPM.programs != nil, "\(SoftwareTPM.finding)"))
  func aTPMIsTrustedWhereItsKeyIsPinned() throws {
    let tpm = try SoftwareTPM()
    let place = try place("tpm: {reference-values: any}")
    let result = try run(place, "tpm:\(tpm.socket)")
    #expect(result.status == 0, "\(result.errors)")
    let refused = try verify(place)
    #expect(refused.status == 1 && refused.output.contains("platform.tpm.endorsement.root"), "\(refused.output)")
    #expect(result.errors.contains("platform tpm: nothing here is confidential") && !result.errors.contains("platform none"), "\(result.errors)")
    let key = try #require(refused.output.split { !$0.isHexDigit }.map(String.init).first { $0.count == 64 })
    // As the README has it: the draft says what it lacks, and with that it is a policy.
    let nothing = try place.run("policy", "from-evidence", "evidence.cbor")
    #expect(nothing.status == 1 && nothing.errors.contains(key) && nothing.errors.contains("--trust-anchor"), "\(nothing)")
    let draft = try place.run("policy", "from-evidence", "evidence.cbor", "--trust-anchor", key)
    try place.write("draft.yaml", Array(draft.output.utf8))
    #expect(draft.output.contains("\nnonce: required"), "\(draft.output)")
    #expect(try place.run("verify", "evidence.cbor", "--policy", "draft.yaml").status == 1, "evidence of any age")
    let judged = try place.run("verify", "evidence.cbor", "--policy", "draft.yaml", "--nonce", Self.nonce)
    #expect(draft.status == 0 && judged.status == 0, "\(draft)\(judged)")
    let policy = String(decoding: try place.bytes("policy.yaml"), as: UTF8.self)
    try place.write("policy.yaml", Array("\(policy)\ntrust-anchors: {tpm: [\"\(key)\"]}\n".utf8))
    let accepted = try verify(place)
    #expect(accepted.status == 0, "\(accepted.output)")
    #expect(accepted.output.contains("NOT CONFIDENTIAL"))
  }

  @Test func withoutAPlatformNoDefaultPolicyAccepts() throws {
    let place = try place("sev-snp: {minimum-tcb: any, reference-values: any}")
    let result = try place.run("run", "--attest", Self.nonce, "good.wasm")
    #expect(result.status == 0 && result.errors.contains("platform none: nobody vouches"), "\(result.errors)")
    let refused = try verify(place)
    #expect(refused.status == 1 && refused.output.contains("policy.platform"), "\(refused.output)")
  }

  @Test func anotherProgramsEvidenceIsRefused() throws {
    let place = try place("none: insecure")
    #expect(try run(place, "none").status == 0)
    #expect(try verify(place).status == 0)
    try place.module("good.wasm", "(module (memory 2) (func (export \"_start\")))")
    #expect(try run(place, "none").status == 0)
    #expect(try verify(place).status == 1)
  }

  @Test(arguments: [
    (["--attest", "0011"], "8 to 64 bytes"), (["--attest", "xyz"], "8 to 64 bytes"),
    (["--attest", nonce, "--platform", "tpm2"], "expected none, tsm"), (["--attest", nonce, "--platform", "tpm:/nowhere"], "/nowhere"),
    (["--attest", nonce, "--platform", "tsm"], "/sys/kernel/config/tsm/report"), (["--platform", "tsm"], "--attest"), (["--evidence", "evidence.cbor"], "--attest"), (["--development-root", "x"], "--attest"),
    (["--attest", nonce, "--evidence", "/nowhere/evidence"], "/nowhere/evidence"),
    (["--attest", nonce, "--platform", "development-snp", "--development-root", "good.wasm"], "is no development root"),
  ])
  func whatCannotBeDoneIsSaid(options: [String], word: String) throws {
    let place = try place("none: insecure")
    let result = try CofferCommand.run(["run"] + options + ["good.wasm"], in: place.path)
    #expect(result.status == 125 && result.complaints.last?.contains(word) == true, "\(result.errors)")
    #expect(!place.names.contains("evidence.cbor"))
  }
}

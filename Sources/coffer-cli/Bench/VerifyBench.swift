import ArgumentParser
import Attestation
import Coffer
import Crypto
import DevelopmentEvidence
import Foundation

struct VerifyBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "What judging a piece of evidence costs, on one core.",
    discussion: """
      Evidence and endorsements are made here, under roots of this run's own, as large as genuine ones. "first": the piece, its certificates \
      and its collateral are decoded, every signature is checked, and a policy judges. "again": endorsements are decoded and their \
      signatures remembered, as a verifier that serves many does. Beside them a bare check of one signature by P-384.
      """)

  @Option(help: "How often the cases take turns.", transform: ArgumentForm.count)
  var rounds = 200

  @Flag(help: "Print JSON.")
  var json = false

  private struct Case {
    var name: String
    var who = "coffer"
    /// Milliseconds that are wanted at most.
    var goal: Double?
    var run: () throws -> Bool
  }

  func run() throws {
    try reporting {
      let cases = try Self.cases()
      var samples = cases.map { _ in [Double]() }
      for round in 0..<rounds {
        Terminal.progress("round \(round + 1) of \(rounds)")
        for (index, one) in cases.enumerated() {
          var isRight = false
          let time = try ContinuousClock().measure { isRight = try one.run() }
          guard isRight else { throw CommandFailure("\(one.name): good evidence was refused") }
          samples[index].append(Double(time.components.seconds) * 1e3 + Double(time.components.attoseconds) / 1e15)
        }
      }
      Terminal.progress(nil)
      var report = BenchReport(bench: "verify")
      for (one, times) in zip(cases, samples) {
        let row = BenchReport.Row(name: one.name, who: one.who, unit: "ms", samples: times)
        report.rows.append(row)
        if let goal = one.goal { report.goals.append(BenchReport.Goal(name: one.name, unit: "ms", limit: goal, found: row.median)) }
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static let now = Date(timeIntervalSince1970: 1_780_000_000)
  private static let nonce = [UInt8](0..<64)

  private static func cases() throws -> [Case] { try [signature()] + token() + snp() + tdx() }

  private static func signature() -> Case {
    let key = P384.Signing.PrivateKey()
    guard let signature = try? key.signature(for: nonce) else { return Case(name: "a signature by P-384", who: "swift-crypto") { false } }
    return Case(name: "a signature by P-384", who: "swift-crypto") { key.publicKey.isValidSignature(signature, for: nonce) }
  }

  private static func token() throws -> [Case] {
    let maker = TrustletEvidenceMaker(nonce: nonce, issuedAt: now)
    let token = try maker.trustletToken()
    let key = try VerificationKey(subjectPublicKeyInfo: maker.monitorKey.subjectPublicKeyInfo)
    return [
      Case(name: "a COSE_Sign1 of Coffer's", goal: 1) { try COSESign1(decoding: token, .deterministic, of: "token").isValid(for: key) }
    ]
  }

  /// First and again, for one format: `goal` is for the first.
  private static func pair(
    _ name: String, goal: Double, _ format: EvidenceFormat, _ evidence: [UInt8], files: [[UInt8]], root: [UInt8], _ platform: PlatformKind,
    _ terms: String
  ) throws -> [Case] {
    let anchors = TrustAnchors([.init(platform, name: "bench", fingerprint: root)])
    let policy = try Policy(yaml: "platforms: {\(platform.rawValue): {reference-values: any\(terms)}}")
    func endorsements() throws -> Endorsements {
      var endorsements = Endorsements()
      for file in files { try endorsements.add(file: file) }
      return endorsements
    }
    let known = VerificationContext(time: now, anchors: anchors, endorsements: try endorsements(), signatures: SignatureCache())
    func judge(_ context: VerificationContext) throws -> Bool {
      policy.appraise(try format.decode(evidence).examine(in: context), nonce: nonce, at: now).isAccepted
    }
    return [
      Case(name: "\(name), first", goal: goal) {
        try judge(VerificationContext(time: now, anchors: anchors, endorsements: try endorsements()))
      },
      // A thousand a second.
      Case(name: "\(name), again", goal: 1) { try judge(known) },
    ]
  }

  private static func snp() throws -> [Case] {
    let chip = try SNPChipMaker(.genoa, bits: 4096)
    var report = SNPReportMaker(chip)
    report.reportData = nonce
    return try pair(
      "SNP report with its chain", goal: 5, .sevSNP, report.makeReport(signedBy: chip.key), files: chip.certificates(),
      root: chip.root.key.fingerprint, .sevSNP, ", minimum-tcb: any")
  }

  private static func tdx() throws -> [Case] {
    let authority = DCAPAuthority(notBefore: now - 86_400, notAfter: now + 86_400)
    var quote = DCAPQuoteMaker(.tdx4)
    quote.trustDomain.reportData = nonce
    let collateral = DCAPCollateralMaker(isTDX: true, issueDate: now - 3600, nextUpdate: now + 3600)
    return try pair(
      "TDX quote with collateral", goal: 15, .tdx, quote.make(by: authority), files: [collateral.make(by: authority)],
      root: authority.root.key.fingerprint, .tdx, "")
  }

  private static func table(_ report: BenchReport) -> String {
    var lines = ["case".padded(34) + "who".padded(14) + "least ms".aligned(12) + "median ms".aligned(13) + "p99 ms".aligned(13)]
    for row in report.rows {
      lines.append(row.name.padded(34) + row.who.padded(14) + figure(row.minimum, 12) + figure(row.median, 13) + figure(row.p99, 13))
    }
    return (lines + report.goals.map(\.description)).joined(separator: "\n")
  }

  private static func figure(_ value: Double, _ width: Int) -> String { String(format: "%.3f", value).aligned(width) }
}

import ArgumentParser
import Attestation
import Coffer
import Crypto
import Foundation

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judges evidence by a policy, and says why.",
    discussion: """
      Examples:
        coffer verify report.bin --policy policy.yaml --collateral vcek.der
        coffer verify td.quote --policy p.yaml --collateral c.json --time 2025-07-01
        coffer verify evidence.cbor --policy p.yaml --nonce 0011223344556677 --json

      Nothing is fetched: what the makers of hardware publish comes with --collateral. A policy is drafted by 'coffer policy from-evidence'.

      Exit status: 0 accepted, 1 refused, 2 when the input cannot be used; 125 when the command line is wrong or the output cannot be \
      written.
      """)

  @OptionGroup var options: EvidenceOptions

  @Option(help: ArgumentHelp("What is demanded of the evidence (YAML).", valueName: "file"), completion: .file())
  var policy: String

  @Option(help: ArgumentHelp("What the attester was asked to bind.", valueName: "hex"), transform: Self.nonce)
  var nonce: [UInt8]?

  @Option(
    help: ArgumentHelp(
      "Trust a development platform whose root has this SHA-256, as 'coffer run --platform development-...' prints it. Anything may be behind it.",
      valueName: "hex"), transform: Self.fingerprint)
  var developmentRoot: [UInt8]?

  @Flag(help: "Print the verdict as JSON, in the shape of an EAT attestation result.")
  var json = false

  @Sendable private static func nonce(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text), (8...512).contains(bytes.count) else {
      throw CommandFailure("expected 8 to 512 bytes, as hexadecimal digits in pairs")
    }
    return bytes
  }

  @Sendable private static func fingerprint(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text), bytes.count == 32 else { throw CommandFailure("expected 32 bytes, as 64 hexadecimal digits") }
    return bytes
  }

  func run() throws {
    try reportingEvidence {
      let text = try InputFile.text(of: policy)
      let terms: Policy
      do {
        terms = try Policy(yaml: text)
      } catch {
        throw CommandFailure("\(policy): \(error)")
      }
      let evidence = try options.read(alone: policy)
      let context = try options.context(anchors(terms))
      let verdict =
        switch evidence {
        case .decoded(let evidence): terms.appraise(evidence.examine(in: context), nonce: nonce, at: context.time)
        case .damaged(let format, let error): terms.appraise(error, of: format, nonce: nonce, at: context.time)
        }
      if json {
        let policy = "sha256:" + hexadecimal(SHA256.hash(data: Array(text.utf8)))
        Terminal.print(try AttestationResult(verdict, policy: policy, build: CofferCommand.configuration.version, issuedAt: Date()).json())
      } else {
        Terminal.print(VerdictText(verdict).lines.joined(separator: "\n"))
      }
      if !verdict.isAccepted { throw ExitStatus.refused }
    }
  }

  /// The policy's, and a development root that the command line names.
  private func anchors(_ terms: Policy) -> TrustAnchors {
    var anchors = terms.trustAnchors
    guard let developmentRoot else { return anchors }
    DevelopmentBanner.show(developmentRoot)
    for platform in [PlatformKind.sevSNP, .tdx, .cca] {
      var anchor = TrustAnchors.Anchor(platform, name: "development root", fingerprint: developmentRoot)
      anchor.isDevelopment = true
      // Before the policy's: a root that both name stays one for development.
      anchors.anchors.insert(anchor, at: 0)
    }
    return anchors
  }
}

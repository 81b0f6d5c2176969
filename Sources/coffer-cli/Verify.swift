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

      Exit status: 0 accepted, 1 refused, 2 when the input cannot be used; 125 when
      the command line is wrong or the output cannot be written.
      """)

  @OptionGroup var options: EvidenceOptions

  @Option(help: ArgumentHelp("What is demanded of the evidence (YAML).", valueName: "file"))
  var policy: String

  @Option(help: ArgumentHelp("What the attester was asked to bind.", valueName: "hex"), transform: Self.nonce)
  var nonce: [UInt8]?

  @Flag(help: "Print the verdict as JSON, in the shape of an EAT attestation result.")
  var json = false

  @Sendable private static func nonce(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text), (8...512).contains(bytes.count) else {
      throw CommandFailure("expected 8 to 512 bytes, as hexadecimal digits in pairs")
    }
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
      let context = try options.context(terms.trustAnchors)
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
}

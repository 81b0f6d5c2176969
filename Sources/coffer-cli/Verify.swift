import ArgumentParser
import Attestation
import Coffer
import Crypto

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judges evidence by a policy, and says why.",
    discussion: """
      Examples:
        coffer verify report.bin --policy policy.yaml --collateral vcek.der
        coffer verify td.quote --policy policy.yaml --collateral collateral.json --time 2025-07-01T00:00:00Z
        coffer verify evidence.cbor --policy policy.yaml --nonce 00112233445566778899aabbccddeeff --json

      Nothing is fetched: what the makers of hardware publish comes with --collateral. A policy is drafted by 'coffer policy from-evidence'.

      Exit status: 0 accepted, 1 refused, 2 when the input cannot be used.
      """)

  @OptionGroup var options: EvidenceOptions

  @Option(help: ArgumentHelp("What is demanded of the evidence (YAML).", valueName: "file"))
  var policy: String

  @Option(help: ArgumentHelp("What the attester was asked to bind.", valueName: "hex"), transform: Self.nonce)
  var nonce: [UInt8]?

  @Flag(help: "Print the verdict as JSON, in the shape of an EAT attestation result.")
  var json = false

  @Sendable private static func nonce(_ text: String) throws -> [UInt8] {
    guard let bytes = bytes(hexadecimal: text), !bytes.isEmpty else { throw CommandFailure("expected an even number of hexadecimal digits") }
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
      let bytes = try options.bytes()
      let format = try options.format(of: bytes)
      let context = try options.context(terms.trustAnchors)
      let evidence: any AttestationEvidence
      do throws(MalformedEvidence) {
        evidence = try format.decode(bytes)
      } catch {
        // It says what it is and is not well formed: that is a refusal, not a mistake of the caller's.
        refuse(format, error)
        throw ExitStatus.refused
      }
      let verdict = terms.appraise(evidence.examine(in: context), nonce: nonce, at: context.time)
      if json {
        let policy = "sha256:" + hexadecimal(SHA256.hash(data: Array(text.utf8)))
        Terminal.print(AttestationResult(verdict, policy: policy, build: CofferCommand.configuration.version).json)
      } else {
        Terminal.print(VerdictText(verdict).lines.joined(separator: "\n"))
      }
      if !verdict.isAccepted { throw ExitStatus.refused }
    }
  }

  private func refuse(_ format: EvidenceFormat, _ error: MalformedEvidence) {
    if json {
      Terminal.print(
        JSON.object([
          ("coffer.verdict", .string("refused")), ("coffer.confidential", .boolean(false)), ("coffer.format", .string(format.rawValue)),
          (
            "coffer.rules",
            .array([
              .object([
                ("rule", .string("evidence.form")), ("outcome", .string("refused")), ("claim", .string(TrustClaim.instanceIdentity.rawValue)),
                ("found", .string("\(error.field): \(error.found)")), ("wanted", .string(error.wanted)),
              ])
            ])
          ),
        ]).description)
    } else {
      Terminal.print("\(Terminal.paintOutput("refused", "31")): this looks like \(format.title) and is damaged\n  \(error)")
    }
  }
}

import ArgumentParser
import Attestation
import Coffer

struct PolicyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "Makes policies for 'coffer verify'.",
    subcommands: [FromEvidence.self])

  struct FromEvidence: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "from-evidence",
      abstract: "Drafts a policy that a genuine piece of evidence meets.",
      discussion: """
        Examples:
          coffer policy from-evidence report.bin --collateral vcek.der > policy.yaml
          coffer policy from-evidence td.quote --collateral c.json --time 2025-07-01

        A TPM's own key is vouched for by nobody that is known everywhere: name it with --trust-anchor, once you know that it is the \
        machine's.

        The draft trusts what the piece shows: read it before use. What weakens protection, as debugging or outdated firmware, stays refused \
        and is written as a comment. Evidence that is not genuine gives no draft.

        Exit status: 0 drafted, 1 when the evidence is not genuine, 2 when the input cannot be used; 125 when the command line is wrong.
        """)

    @OptionGroup var options: EvidenceOptions

    @Option(
      help: ArgumentHelp(
        "Take this key as a root of trust too (SHA-256 of its SubjectPublicKeyInfo), for platforms whose maker has none that is known everywhere.",
        valueName: "hex"),
      transform: Self.fingerprint)
    var trustAnchor: [[UInt8]] = []

    @Sendable private static func fingerprint(_ text: String) throws -> [UInt8] {
      guard let fingerprint = bytes(hexadecimal: text), fingerprint.count == 32 else {
        throw CommandFailure("expected 64 hexadecimal digits")
      }
      return fingerprint
    }

    func run() throws {
      try reportingEvidence {
        let evidence: any AttestationEvidence
        switch try options.read() {
        case .decoded(let decoded): evidence = decoded
        case .damaged(let format, let error):
          Terminal.complain("\(InputFile.shown(options.evidence)) looks like \(format.title) and is damaged: \(error)")
          throw ExitStatus.refused
        }
        // Of a trustlet's evidence only the examination will say what lies below it.
        let format = type(of: evidence).format
        let platforms = format == .trustlet ? PlatformKind.allCases : [format.platform]
        let added = trustAnchor.flatMap { fingerprint in
          platforms.map { TrustAnchors.Anchor($0, name: "command line", fingerprint: fingerprint) }
        }
        let context = try options.context(TrustAnchors(TrustAnchors.vendors.anchors + added))
        let examination = evidence.examine(in: context)
        guard examination.isGenuine else {
          Terminal.complain("\(InputFile.shown(options.evidence)) is not genuine as it stands, so it is no model for a policy:")
          for finding in examination.findings where finding.outcome == .refused {
            Terminal.complain("  \(finding.rule): found \(finding.found); wanted \(finding.wanted); \(finding.remedy ?? "")")
          }
          if examination.findings.contains(where: { $0.outcome == .refused && $0.rule.hasSuffix(".root") }), trustAnchor.isEmpty {
            Terminal.complain("where that key is known to be the machine's, the draft trusts it with --trust-anchor and its SHA-256")
          }
          throw ExitStatus.refused
        }
        for fingerprint in trustAnchor where !examination.findings.contains(where: { $0.found.contains(hexadecimal(fingerprint)) }) {
          throw CommandFailure("this evidence does not rest on the key \(hexadecimal(fingerprint)): leave that --trust-anchor out")
        }
        Terminal.print(Policy.draft(from: examination, anchors: trustAnchor))
      }
    }
  }
}

import Attestation

/// A verdict for people: the outcome, what to know before all else, and each rule, the refused ones with what to do.
struct VerdictText {
  let lines: [String]

  init(_ verdict: Verdict) {
    let platform = verdict.examination.platform
    let about = [platform.platform.rawValue, platform.product].compactMap { $0 }.joined(separator: ", ")
    let word = verdict.isAccepted ? Terminal.paintOutput("accepted", "32") : Terminal.paintOutput("refused", "31")
    var lines = ["\(word): \(verdict.examination.format.title) (\(about)), judged at \(timestamp(verdict.time))"]
    if verdict.isAccepted, !verdict.isConfidential {
      lines.append(
        Terminal.paintOutput("NOT CONFIDENTIAL", "33") + ": by this verdict, whoever owns this machine may read what you give it")
    }
    let width = verdict.findings.map(\.rule.count).max() ?? 0
    for finding in verdict.findings.sorted(by: { Self.rank($0) < Self.rank($1) }) {
      let rule = finding.rule + String(repeating: " ", count: width - finding.rule.count)
      let indent = String(repeating: " ", count: width + 9)
      switch finding.outcome {
      case .satisfied: lines.append("  \(Terminal.paintOutput("ok", "32"))     \(rule)  \(finding.found)")
      case .waived: lines.append("  \(Terminal.paintOutput("waived", "33")) \(rule)  \(finding.found); wanted: \(finding.wanted)")
      case .noted: lines.append("  \(Terminal.paintOutput("note", "33"))   \(rule)  \(finding.found)")
      case .refused:
        lines.append("  \(Terminal.paintOutput("FAIL", "31"))   \(rule)  found:  \(finding.found)")
        lines.append("\(indent)  wanted: \(finding.wanted)")
        if let remedy = finding.remedy { lines.append("\(indent)  to do:  \(remedy)") }
      }
    }
    self.lines = lines
  }

  /// Refusals first: they decide.
  private static func rank(_ finding: Finding) -> Int {
    switch finding.outcome {
    case .refused: 0
    case .waived: 1
    case .noted: 2
    case .satisfied: 3
    }
  }
}

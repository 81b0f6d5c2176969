import FunctionCalls
import Synchronization

/// On what a node's evidence rests, as it is told to people; nothing of it is proof.
final class NodePlatform: Sendable {
  private let welcome = Mutex<AttesterWelcome?>(nil)

  func set(_ welcome: AttesterWelcome?) { self.welcome.withLock { $0 = welcome } }

  /// A TPM says what was started, and hides nothing from the machine's owner.
  var shown: (name: String, isConfidential: Bool) {
    guard let welcome = welcome.withLock({ $0 }) else { return ("none", false) }
    return (welcome.platform, !welcome.isForDevelopment && ["sev-snp", "tdx", "cca"].contains(welcome.platform))
  }

  var words: [String] {
    guard let welcome = welcome.withLock({ $0 }) else { return ["platform none: nothing here is confidential; the host can read everything"] }
    let digest = welcome.monitorDigest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    var lines = welcome.notices + ["the attester measured the monitor's program: SHA-384 \(digest)"]
    if !shown.isConfidential { lines.append("platform \(welcome.platform): nothing here is confidential; the host can read everything") }
    return lines
  }
}

import KVMMachine
import Machine
import Monitor
import TrustletImage
import TrustletRun

/// `coffer run` of an image: what both programs do from there on.
public enum ImageRun {
  /// Says what a user must not take for more than it is.
  /// - Parameter platform: what vouches for the machine, and does not hide anything from its owner.
  public static func notePlatform(_ platform: String = "none") {
    Terminal.note("platform \(platform): nothing here is confidential; the host can read everything")
  }

  /// Makes a virtual machine on a second thread, while the first finds out what is to run on it.
  public struct MachineAhead {
    private let thread: HostThread?

    public init() {
      // Why there is none, the full command line will say.
      thread = HostThread.start { try? KVMMachineKind.shared.prepare(1) }
    }

    /// Waits. - Returns: Whether there is a machine, which needs no choice and no words.
    public func isMade() -> Bool {
      thread?.join()
      return KVMMachineKind.shared.preparedCount > 0
    }
  }

  /// Runs a WASI command to its end, on the machine kvm.
  /// - Returns: The exit status.
  public static func perform(_ image: TrustletImage, _ line: RunLine) -> Int32 {
    if !line.isQuiet { notePlatform() }
    do {
      let trustlet = try TrustletRunner.start(image, line.options)
      let outcome = try TrustletRunner.runCommand(image, trustlet)
      let limits = RunLimits(image, line.options)
      for note in LimitNotes.lines(trustlet.limitsReached, limits) { Terminal.complain(note) }
      let ending = RunEnding(outcome, refused: trustlet.statistics.refused, limits: limits, image)
      ending.complaints.forEach(Terminal.complain)
      return ending.status
    } catch {
      Terminal.complain("\(error)")
      return EndStatus.failure
    }
  }
}

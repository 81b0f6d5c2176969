import KVMMachine
import Monitor
import TrustletImage
import TrustletRun

/// `coffer run` of an image: what both programs do from there on.
public enum ImageRun {
  /// Says what a user must not take for more than it is.
  public static func notePlatform() {
    Terminal.note("platform none: nothing here is confidential; the host can read everything")
  }

  /// Whether there is a machine to run on that needs no choice and no words: what makes it is ready then.
  public static func hasMachine() -> Bool {
    (try? KVMMachineKind.shared.prepare(1)) != nil
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

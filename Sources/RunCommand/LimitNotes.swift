import EdgeCalls
import TrustletRun

/// What a user is told when a program has run into a limit that it only saw as an error number.
public enum LimitNotes {
  /// - Parameter reached: ``EdgeCalls/LimitsReached``.
  public static func lines(_ reached: UInt64, _ limits: RunLimits) -> [String] {
    var lines: [String] = []
    if reached & LimitsReached.scratchSpace != 0, let scratch = limits.scratch {
      lines.append(
        "the program had reached its limit of scratch space of \(scratch), or of \(MemoryMap.scratchNameLimit) names there: what it wrote beyond was refused")
    }
    if reached & LimitsReached.openFiles != 0 {
      lines.append("the program had reached its limit of open files of \(limits.openFiles): opening more was refused")
    }
    return lines
  }
}

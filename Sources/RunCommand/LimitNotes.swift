import EdgeCalls
import TrustletImage
import TrustletRun

/// What a user is told when a program has run into a limit that it only saw as an error number.
public enum LimitNotes {
  /// - Parameter reached: ``EdgeCalls/LimitsReached``.
  public static func lines(_ reached: UInt64, _ manifest: Manifest, _ options: RunOptions) -> [String] {
    var lines: [String] = []
    if reached & LimitsReached.scratchSpace != 0, let scratch = manifest.scratch {
      let limit = options.scratchLimit.map { min($0, scratch.size) } ?? scratch.size
      lines.append("the program reached its limit of \(limit) of scratch space (scratch in the manifest, --scratch-limit)")
    }
    if reached & LimitsReached.openFiles != 0 {
      let limit = min(UInt64(options.openFiles ?? .max), manifest.openFiles)
      lines.append("the program reached its limit of \(limit) open files (open-files in the manifest, --open-files)")
    }
    return lines
  }
}

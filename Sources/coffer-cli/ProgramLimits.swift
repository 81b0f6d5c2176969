import ArgumentParser
import Coffer
import EdgeCalls
import TrustletImage

/// Limits that the library OS keeps inside a trustlet: a program sees an error number, and the user is told why.
struct ProgramLimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The most scratch space it may use, as 1MiB; the manifest's is the most in any case.", valueName: "size"))
  var scratchLimit: ByteCount?

  @Option(help: ArgumentHelp("The most files it may have open, its streams and directories among them.", valueName: "number"))
  var openFiles: UInt32?

  func apply(to options: inout RunOptions) {
    options.scratchLimit = scratchLimit
    options.openFiles = openFiles
  }

  /// - Parameter reached: ``EdgeCalls/LimitsReached``.
  func report(_ reached: UInt64, _ manifest: Manifest) {
    if reached & LimitsReached.scratchSpace != 0, let scratch = manifest.scratch {
      let limit = scratchLimit.map { min($0, scratch.size) } ?? scratch.size
      Terminal.complain("the program reached its limit of \(limit) of scratch space (scratch in the manifest, --scratch-limit)")
    }
    if reached & LimitsReached.openFiles != 0 {
      let limit = min(UInt64(openFiles ?? .max), manifest.openFiles)
      Terminal.complain("the program reached its limit of \(limit) open files (open-files in the manifest, --open-files)")
    }
  }
}

/// PATH or PATH:SIZE.
struct ScratchArgument: ExpressibleByArgument {
  let scratch: Manifest.Scratch

  init?(argument: String) {
    var scratch = Manifest.Scratch(path: argument)
    if let colon = argument.lastIndex(of: ":"), let size = ByteCount(parsing: String(argument[argument.index(after: colon)...])) {
      scratch = Manifest.Scratch(path: String(argument[..<colon]), size: size)
    }
    guard !scratch.path.isEmpty else { return nil }
    self.scratch = scratch
  }
}

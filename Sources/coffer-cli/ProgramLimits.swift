import ArgumentParser
import Coffer
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

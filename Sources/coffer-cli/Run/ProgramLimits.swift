import ArgumentParser
import Coffer
import TrustletImage

/// Limits that the library OS keeps inside a trustlet: a program sees an error number, and the user is told why.
struct ProgramLimitOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The most scratch space it may use, as 1MiB; the manifest's is the most in any case.", valueName: "size"),
    transform: ArgumentForm.size)
  var scratchLimit: ByteCount?

  @Option(
    help: ArgumentHelp("The most files it may have open, its streams and directories among them.", valueName: "number"),
    transform: ArgumentForm.descriptors)
  var openFiles: UInt32?

  func apply(to options: inout RunOptions) {
    options.scratchLimit = scratchLimit
    options.openFiles = openFiles
  }
}

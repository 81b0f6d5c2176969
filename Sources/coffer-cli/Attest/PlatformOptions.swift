import ArgumentParser
import Platform

/// What vouches for the machine that a command runs on.
struct PlatformOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What vouches for this machine: none, tsm (SEV-SNP, TDX or CCA through Linux), tpm[:SOCKET], or make-believe for development: "
        + "development-snp, development-tdx, development-cca.", valueName: "name"),
    transform: PlatformChoice.parse)
  var platform: PlatformChoice?

  @Option(
    help: ArgumentHelp(
      "The key of the development platform's root, development-root.pem if left out; made where there is none.", valueName: "file"), completion: .file(),
    transform: ArgumentForm.path)
  var developmentRoot: String?

  /// The first of its options that was given.
  var given: String? { platform.map { _ in "--platform" } ?? developmentRoot.map { _ in "--development-root" } }

  /// The name of a platform that hides nothing from the machine's owner; nil where it does.
  var unconfidential: String? {
    switch platform ?? .none {
    case .none: "none"
    case .tpm: "tpm"
    case .development: "for development"
    case .reportInterface: nil
    }
  }

  func open(isQuiet: Bool) throws -> any Platform {
    try (platform ?? .none).open(developmentRoot: developmentRoot ?? "development-root.pem", isQuiet: isQuiet)
  }
}

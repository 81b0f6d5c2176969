import DevelopmentPlatform
import Platform

/// The platforms that a command may name.
enum PlatformChoice: Equatable {
  case none
  case reportInterface
  /// With the path of a device or a socket; nil for this machine's TPM.
  case tpm(String?)
  case development(DevelopmentMachine.Kind)

  private static let developmentPrefix = "development-"

  @Sendable static func parse(_ text: String) throws -> PlatformChoice {
    if text == "none" { return .none }
    if text == "tsm" { return .reportInterface }
    if text == "tpm" { return .tpm(nil) }
    if text.hasPrefix("tpm:"), text.count > 4 { return .tpm(String(text.dropFirst(4))) }
    let kinds = ["snp": DevelopmentMachine.Kind.sevSNP, "tdx": .tdx, "cca": .cca]
    if text.hasPrefix(developmentPrefix), let kind = kinds[String(text.dropFirst(developmentPrefix.count))] { return .development(kind) }
    throw CommandFailure("expected none, tsm, tpm, tpm:SOCKET, development-snp, development-tdx or development-cca")
  }

  /// - Parameters:
  ///   - developmentRoot: the file with the root's key; it is made where there is none.
  ///   - isQuiet: whether nothing is said where nobody vouches.
  func open(developmentRoot: String, isQuiet: Bool) throws -> any Platform {
    switch self {
    case .none:
      if !isQuiet { Terminal.note("platform none: nobody vouches for the key that signs this evidence, and no policy but 'none: insecure' accepts it") }
      return NoPlatform()
    case .reportInterface: return ReportInterface()
    case .tpm(let path): return try TPMPlatform(path: path)
    case .development(let kind):
      let root = try DevelopmentRootFile.open(developmentRoot)
      DevelopmentBanner.show(root.fingerprint)
      return DevelopmentMachine(kind, root: root)
    }
  }
}

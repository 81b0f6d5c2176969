import DevelopmentPlatform
import Glibc
import Platform

/// The platforms that a node may be told to use, by the names that commands have for them.
public enum PlatformName: Equatable, Sendable {
  case none
  case reportInterface
  /// With the path of a device or a socket; nil for this machine's TPM.
  case tpm(String?)
  case development(DevelopmentMachine.Kind)

  public static let expected = "none, tsm, tpm, tpm:SOCKET, development-snp, development-tdx or development-cca"

  public init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "tsm": self = .reportInterface
    case "tpm": self = .tpm(nil)
    case "development-snp": self = .development(.sevSNP)
    case "development-tdx": self = .development(.tdx)
    case "development-cca": self = .development(.cca)
    default:
      guard text.hasPrefix("tpm:"), text.utf8.count > 4 else { return nil }
      self = .tpm(String(text.dropFirst(4)))
    }
  }

  /// Nothing is measured and nothing is protected.
  var isForDevelopment: Bool {
    switch self {
    case .none, .development: true
    case .reportInterface, .tpm: false
    }
  }

  /// - Returns: the platform, and what must be told whoever started it.
  func open(developmentRoot: String?) throws -> (any Platform, [String]) {
    switch self {
    case .none: return (NoPlatform(), ["platform none: nobody vouches for this node's key, and no policy but 'none: insecure' accepts its evidence"])
    case .reportInterface: return (ReportInterface(), [])
    case .tpm(let path): return (try TPMPlatform(path: path), [])
    case .development(let kind):
      let root = try Self.root(developmentRoot ?? "development-root.pem")
      return (
        DevelopmentMachine(kind, root: root),
        [
          "DEVELOPMENT PLATFORM: NOTHING IS MEASURED AND NOTHING IS PROTECTED; anyone with the key of its root makes such evidence; SHA-256 of its public half: "
            + root.fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        ]
      )
    }
  }

  private static let rootLimit = 16 << 10

  /// The key of the file, which its owner alone can read, and which is made where there is none.
  private static func root(_ path: String) throws -> DevelopmentRoot {
    let made = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if made >= 0 {
      defer { close(made) }
      let root = DevelopmentRoot()
      let pem = Array(root.pem.utf8)
      guard write(made, pem, pem.count) == pem.count else {
        unlink(path)
        throw AttesterError(description: "cannot write \(path): \(String(cString: strerror(errno)))")
      }
      return root
    }
    guard errno == EEXIST else { throw AttesterError(description: "cannot make \(path): \(String(cString: strerror(errno)))") }
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw AttesterError(description: "cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: rootLimit)
    let count = read(file, &bytes, bytes.count)
    guard count > 0, let root = try? DevelopmentRoot(pem: String(decoding: bytes[..<count], as: UTF8.self)) else {
      throw AttesterError(description: "\(path) is no development root, a private key on P-384 in PEM; name another, or a file that is not there to make one")
    }
    return root
  }
}

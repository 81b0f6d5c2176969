import Glibc

/// Why an edge-call service could not be made.
public enum EdgeServiceError: Error, Equatable, CustomStringConvertible {
  /// The host directory cannot be opened.
  case directory(hostPath: String, errorNumber: Int32)
  /// It lies on a procfs, where the memory of this process is a file.
  case showsProcesses(hostPath: String)
  case tooManyDirectories(count: Int, limit: Int)
  /// openat2(2) with RESOLVE_BENEATH, by which every path of a guest is resolved, does not work here.
  case resolvingBeneathMissing(errorNumber: Int32)
  /// A string that is to go to the guest cannot: it contains NUL, or an environment entry lacks its name or "=".
  case unusable(what: String, value: String)
  /// Arguments, environment, directories and the first command are more than ``EdgeCalls/Configuration/sizeLimit``.
  case configurationTooLarge(bytes: Int, limit: Int)

  public var description: String {
    switch self {
    case .directory(let path, let number):
      "cannot open the directory \(path): \(Self.text(number)); expected a directory that this user may read"
    case .showsProcesses(let path):
      "the directory \(path) lies on a procfs, where the memory of processes is a file, this one's too: no program is given that; offer another"
    case .tooManyDirectories(let count, let limit):
      "\(count) directories were offered, and \(limit) files may be open: offer fewer or raise the limit of open files"
    case .resolvingBeneathMissing(let number):
      "openat2 with RESOLVE_BENEATH does not work here (\(Self.text(number))): offering directories needs Linux 5.8 or newer, "
        + "and a container's seccomp profile that allows openat2"
    case .unusable(let what, let value):
      "\(what) \(String(reflecting: value)) cannot be given to a program: an environment entry is NAME=VALUE, and NUL ends a string"
    case .configurationTooLarge(let bytes, let limit):
      "arguments, environment and directories take \(bytes) bytes, each of them counted with 36 more; the limit is \(limit)"
    }
  }

  private static func text(_ number: Int32) -> String { String(cString: strerror(number)) }
}

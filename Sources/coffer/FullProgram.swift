import Glibc
import RunCommand

/// The program with every command, which lies beside this one.
enum FullProgram {
  static let name = "coffer-tools"

  /// Goes on as that program, with the same arguments, environment and descriptors.
  static func become() -> Never {
    guard let own = realpath("/proc/self/exe", nil) else {
      Terminal.complain(
        "cannot look for \(name), which has every command but a plain run: /proc/self/exe: \(String(cString: strerror(errno))); mount /proc")
      exit(EndStatus.failure)
    }
    let path = String(cString: own)
    // Beside the file that is running, wherever a link to it lies; never by PATH, which is not the installer's alone.
    let program = path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + name
    execv(String(program), CommandLine.unsafeArgv)
    fail(String(program))
  }

  private static func fail(_ path: String) -> Never {
    Terminal.complain(
      "cannot start \(path): \(String(cString: strerror(errno))); it belongs beside coffer: install both, or build with swift build")
    exit(EndStatus.failure)
  }
}

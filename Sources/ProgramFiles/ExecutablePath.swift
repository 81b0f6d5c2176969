import Foundation
import Glibc

/// Where programs lie.
package enum ExecutablePath {
  package struct Unknown: Error, CustomStringConvertible {
    package let description: String
  }

  /// Of the program that runs.
  package static func own() throws(Unknown) -> String {
    do { return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") } catch {
      throw Unknown(description: "cannot read /proc/self/exe, which says where this program lies: \(error.localizedDescription)")
    }
  }

  /// Of one that belongs into the same directory; nil where it is not there.
  package static func beside(_ program: String) -> String? {
    guard let own = try? own() else { return nil }
    let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/" + program
    return access(path, X_OK) == 0 ? path : nil
  }

  /// Of one that somebody else has installed, by the variable PATH and where Debian puts servers.
  package static func inPath(_ program: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").map(String.init) + ["/usr/sbin"]
    return folders.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}

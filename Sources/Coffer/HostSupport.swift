import CLinux
import Glibc

/// What Linux offers to the monitor.
enum HostSupport {
  /// Whether a path can be resolved beneath a directory, as every path of a guest is.
  static var resolvesBeneath: Bool {
    let directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return false }
    defer { close(directory) }
    let opened = coffer_open_beneath(directory, ".", O_RDONLY | O_CLOEXEC, 0)
    guard opened >= 0 else { return false }
    close(opened)
    return true
  }
}

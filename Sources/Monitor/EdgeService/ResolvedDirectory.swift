import CLinux
import Glibc

/// A descriptor that is closed when it goes out of scope, unless it was borrowed from someone who keeps it.
struct ScopedDescriptor: ~Copyable {
  let number: Int32
  private let owned: Bool

  init(owning number: Int32) {
    self.number = number
    owned = true
  }

  init(borrowing number: Int32) {
    self.number = number
    owned = false
  }

  /// Gives the descriptor to the caller, who closes it.
  consuming func take() -> Int32 {
    let number = number
    discard self
    return number
  }

  deinit {
    if owned { close(number) }
  }
}

/// Resolution beneath a directory: the kernel refuses every path that leads out of it, by "..", by a symbolic link, or by a
/// directory that is moved meanwhile.
enum ResolutionBeneath {
  /// Someone keeps renaming directories on the way; after so many tries the call fails with EAGAIN.
  private static let attempts = 64

  static func open(_ directory: Int32, _ path: [CChar], _ flags: Int32, mode: UInt32 = 0) throws(CallFailure) -> ScopedDescriptor
  {
    var result: Int32 = 0
    for _ in 0..<attempts {
      result = coffer_open_beneath(directory, path, flags, mode)
      if result != -EAGAIN && result != -EINTR { break }
    }
    // The way out of the directory, not a rename between file systems, which this error means elsewhere.
    if result == -EXDEV { throw .permission }
    let opened = ScopedDescriptor(owning: try checked(result))
    // Somebody who offers "/" offers /proc with it, where this process's own memory is a regular file.
    guard coffer_shows_processes(opened.number) == 0 else { throw .access }
    return opened
  }

  /// The directory in which the path's last name lies.
  static func openDirectory(of end: GuestPath.End, beneath directory: Int32) throws(CallFailure) -> ScopedDescriptor {
    guard let path = end.directory else { return ScopedDescriptor(borrowing: directory) }
    return try open(directory, path, coffer_open_path_only | O_DIRECTORY)
  }
}

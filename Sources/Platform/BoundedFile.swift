import Glibc

/// A failed system call.
package struct SystemFailure: Error, Equatable {
  package let errorNumber: Int32

  package init(errorNumber: Int32) { self.errorNumber = errorNumber }

  var text: String { String(cString: strerror(errorNumber)) }
}

/// Files of the kernel, whose size nobody knows before they are read.
package enum BoundedFile {
  /// All of a file; nil where it has more than `limit` bytes.
  package static func contents(of path: String, limit: Int) throws(SystemFailure) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw SystemFailure(errorNumber: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SystemFailure(errorNumber: errno) }
      guard count > 0 else { return bytes }
      guard bytes.count <= limit - count else { return nil }
      bytes += piece[..<count]
    }
  }

  /// Writes to a file that is there, in one piece: the kernel takes what one call brings for all of it.
  package static func overwrite(_ path: String, with bytes: [UInt8]) throws(SystemFailure) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw SystemFailure(errorNumber: errno) }
    var written = write(descriptor, bytes, bytes.count)
    while written < 0, errno == EINTR { written = write(descriptor, bytes, bytes.count) }
    let failure = written == bytes.count ? nil : SystemFailure(errorNumber: written < 0 ? errno : EIO)
    // Configuration files of the kernel report some errors only here.
    let closed = close(descriptor)
    if let failure { throw failure }
    guard closed == 0 else { throw SystemFailure(errorNumber: errno) }
  }
}

import Glibc

/// Files that go into an image.
package enum SourceFile {
  /// Of one file. A node's largest program has some 100 MiB.
  package static let limit = 1 << 30

  package static func contents(of path: String, limit: Int = limit) throws(NodeImageError) -> [UInt8] {
    func failure() -> NodeImageError {
      NodeImageError(path, found: String(cString: strerror(errno)), expected: "a file that can be read", "name another, or install what it belongs to")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else {
      throw NodeImageError(path, found: "no plain file, or more than \(limit >> 20) MiB", expected: "a smaller file", "name another")
    }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count, off_t(count)) }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure() }
      guard got > 0 else { throw NodeImageError(path, found: "\(count) bytes", expected: "\(bytes.count)", "it changes while it is read: try again") }
      count += got
    }
    return bytes
  }
}

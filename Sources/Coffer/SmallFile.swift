import Glibc

/// Reading files whole, as a tool reads its arguments.
enum SmallFile {
  static func prefix(of path: String, count: Int) throws(ApplicationError) -> [UInt8] {
    try read(path, limit: nil, count: count)
  }

  static func contents(of path: String, limit: UInt64) throws(ApplicationError) -> [UInt8] {
    try read(path, limit: limit, count: .max)
  }

  /// A file of the kernel's, whose size is only known when it has been read.
  static func pseudo(_ path: String) throws(ApplicationError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }

  private static func read(_ path: String, limit: UInt64?, count: Int) throws(ApplicationError) -> [UInt8] {
    func failure() -> ApplicationError { .unreadable(path: path, reason: String(cString: strerror(errno))) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is not a regular file")
    }
    let size = UInt64(max(0, status.st_size))
    if let limit, size > limit { throw .tooLarge(path: path, size: size, limit: limit) }
    var bytes = [UInt8](repeating: 0, count: min(Int(size), count))
    var done = 0
    while done < bytes.count {
      // Sound: the buffer is the array's own storage from `done` to its end.
      let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done)) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw failure() }
      guard got > 0 else { break }
      done += got
    }
    bytes.removeLast(bytes.count - done)
    return bytes
  }
}

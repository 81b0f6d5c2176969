import Glibc
import GuestCrypto

/// Images are read with the hash that a guest has, which needs no library: the program that runs an image is to start soon.
extension SHA2: ImageHasher where Variant == SHA384Variant {}

extension TrustletImage {
  /// Reads an image into private memory and checks all of it.
  public static func read(path: String) throws(ImageError) -> TrustletImage {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw fileFailure("cannot open", path) }
    defer { close(descriptor) }
    return try read(descriptor: descriptor, path: path)
  }

  /// As ``read(path:)``, of a file that is open.
  /// - Parameter path: for messages.
  public static func read(descriptor: Int32, path: String) throws(ImageError) -> TrustletImage {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fileFailure("cannot examine", path) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ImageError(.fileSystem, "'\(path)' is no regular file") }

    // The header decides how much is read at all.
    let fileLength = Int(status.st_size)
    let headerBytes = try ImageStorage(count: ImageFormat.headerSize) { (buffer) throws(ImageError) in
      let count = min(fileLength, buffer.count)
      try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), from: descriptor, path)
    }
    let header = try ImageHeader(decoding: headerBytes.bytes)
    guard header.fileLength == UInt64(fileLength) else {
      throw ImageError(.length, "the file has \(fileLength) bytes, but its header says \(header.fileLength): copy or build it again")
    }
    let storage = try ImageStorage(count: fileLength) { (buffer) throws(ImageError) in
      try fill(buffer, from: descriptor, path)
    }
    return try parse(storage, hasher: SHA384.self)
  }

  /// Checks all of an image that is already in memory, of which a copy is made.
  public static func read(bytes: [UInt8]) throws(ImageError) -> TrustletImage {
    try bytes.withUnsafeBufferPointer { (buffer) throws(ImageError) in
      try read(bytes: UnsafeRawBufferPointer(buffer), hasher: SHA384.self)
    }
  }

  /// Writes the image to a file without a name and gives it that of `path` when it is whole, so that `path` is never half an image and nothing
  /// is left when the process ends in between.
  public func write(to path: String) throws(ImageError) {
    let directory = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "./"
    // __O_TMPFILE, which Glibc's macro keeps from Swift.
    let descriptor = open(directory, O_WRONLY | 0o20_000_000 | O_DIRECTORY | O_CLOEXEC, 0o644)
    // Not every file system has files without names.
    guard descriptor >= 0 else { return try writeWithName(in: directory, path) }
    defer { close(descriptor) }
    try Self.writeAll(storage.bytes, to: descriptor, path)
    guard fsync(descriptor) == 0 else { throw Self.fileFailure("cannot write", path) }
    let file = "/proc/self/fd/\(descriptor)"
    if linkat(AT_FDCWD, file, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 { return }
    // Only a rename replaces what has the name already.
    let temporary = Self.temporaryName(in: directory)
    guard linkat(AT_FDCWD, file, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0 else { return try writeWithName(in: directory, path) }
    guard rename(temporary, path) == 0 else {
      let failure = Self.fileFailure("cannot replace", path)
      unlink(temporary)
      throw failure
    }
  }

  private func writeWithName(in directory: String, _ path: String) throws(ImageError) {
    let temporary = Self.temporaryName(in: directory)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.fileFailure("cannot create a file beside", path) }
    do throws(ImageError) {
      defer { close(descriptor) }
      try Self.writeAll(storage.bytes, to: descriptor, path)
      guard fsync(descriptor) == 0 else { throw Self.fileFailure("cannot write", path) }
      guard rename(temporary, path) == 0 else { throw Self.fileFailure("cannot replace", path) }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func temporaryName(in directory: String) -> String {
    "\(directory).coffer-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String
  ) throws(ImageError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw fileFailure("cannot write", path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, _ path: String
  ) throws(ImageError) {
    var offset = 0
    while offset < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw fileFailure("cannot read", path) }
      guard count > 0 else { throw ImageError(.length, "'\(path)' became shorter while it was read") }
      offset += count
    }
  }

  private static func fileFailure(_ what: String, _ path: String) -> ImageError {
    ImageError(.fileSystem, "\(what) '\(path)': \(String(cString: strerror(errno)))")
  }
}

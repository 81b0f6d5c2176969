import Glibc

/// Files that are whole or not there, after a loss of power too.
enum FileSystem {
  static func failure(_ what: String, _ path: String, _ code: Int32 = errno) -> StoreError {
    let reason = "\(what) '\(path)': \(String(cString: strerror(code)))"
    return switch code {
    case ENOSPC, EDQUOT, EFBIG: StoreError(.diskFull, "\(reason); free some space there and try again, nothing was changed")
    default: StoreError(.fileSystem, reason)
    }
  }

  static func makeDirectory(_ path: String) throws(StoreError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make the directory", path) }
    var status = stat()
    guard stat(path, &status) == 0 else { throw failure("cannot examine", path) }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw StoreError(.fileSystem, "'\(path)' is no directory") }
  }

  /// ... and those above it, where there are none.
  static func makeDirectories(_ path: String) throws(StoreError) {
    for index in path.indices.dropFirst() where path[index] == "/" {
      // One that cannot be made is said of the last.
      mkdir(String(path[..<index]), 0o755)
    }
    try makeDirectory(path)
  }

  /// Writes a file under another name of the same directory, and gives it its own when it lies on the disk.
  static func write(_ bytes: UnsafeRawBufferPointer, to path: String, in directory: String) throws(StoreError) {
    let temporary = "\(directory)/\(temporaryPrefix)\(RandomName.make())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot create", temporary) }
    do throws(StoreError) {
      defer { close(descriptor) }
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure("cannot write", path) }
        rest = rest.dropFirst(count)
      }
      guard fsync(descriptor) == 0 else { throw failure("cannot write", path) }
      guard rename(temporary, path) == 0 else { throw failure("cannot replace", path) }
    } catch {
      unlink(temporary)
      throw error
    }
    try synchronize(directory: directory)
  }

  static func write(_ bytes: [UInt8], to path: String, in directory: String) throws(StoreError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(StoreError) in
      try write(UnsafeRawBufferPointer(buffer), to: path, in: directory)
    }
  }

  /// A rename is kept only when the directory is.
  static func synchronize(directory: String) throws(StoreError) {
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot open", directory) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("cannot write", directory) }
  }

  static func names(in directory: String) throws(StoreError) -> [String] {
    guard let stream = opendir(directory) else { throw failure("cannot list", directory) }
    defer { closedir(stream) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw failure("cannot list", directory) }
    return names
  }

  /// Removes a file, or a directory with what is in it; symbolic links are not followed.
  static func remove(_ path: String, depth: Int = 0) {
    guard unlink(path) != 0, errno == EISDIR || errno == EPERM, depth < 128 else { return }
    for name in (try? names(in: path)) ?? [] { remove("\(path)/\(name)", depth: depth + 1) }
    rmdir(path)
  }

  /// Of names that nothing refers to.
  static let temporaryPrefix = ".new-"
}

enum RandomName {
  /// 26 lower-case letters and digits: 128 bits.
  static func make() -> String {
    var random = SystemRandomNumberGenerator()
    let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
    return String((0..<26).map { _ in digits[Int(random.next() as UInt8) & 31] })
  }
}

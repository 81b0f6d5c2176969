import Glibc

/// Files of a broker beside its database: whole or not there, after a loss of power too.
enum SmallFiles {
  static func failure(_ what: String, _ path: String) -> BrokerError {
    let code = errno
    return BrokerError(code == ENOSPC || code == EDQUOT ? .diskFull : .fileSystem, "\(what) \(path): \(String(cString: strerror(code)))")
  }

  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A new file that its owner alone can read.
  /// - Parameter replaces: nothing is written over what another process has made meanwhile, if false.
  static func write(_ bytes: [UInt8], to path: String, replaces: Bool = true) throws(BrokerError) {
    // Two may write it at once.
    let temporary = "\(path).new.\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("cannot make", temporary) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("cannot write", temporary) }
      rest = rest.dropFirst(count)
    }
    guard fsync(descriptor) == 0 else { throw failure("cannot write", temporary) }
    guard (replaces ? rename(temporary, path) : link(temporary, path)) == 0 else {
      let error = failure("cannot name", path)
      unlink(temporary)
      throw error
    }
    if !replaces { unlink(temporary) }
    let folder = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure("cannot open the folder of", path) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw failure("cannot write the folder of", path) }
  }

  static func makeDirectories(_ path: String) throws(BrokerError) {
    for index in path.indices.dropFirst() where path[index] == "/" { mkdir(String(path[..<index]), 0o755) }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("cannot make", path) }
  }
}

import Glibc

/// Where a node keeps its state. One node at a time: the lock ends with the process, however that ends.
final class DataDirectory: Sendable {
  let path: String
  private let lock: Int32

  init(_ path: String) throws(StoreError) {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw StoreError(.invalid, "the data directory has no name") }
    // Builds run in directories of their own, and are told files by their paths.
    guard let path = Self.absolute(path) else { throw FileSystem.failure("cannot find out the current directory, for", path) }
    self.path = path
    try FileSystem.makeDirectories(path)
    let file = "\(path)/lock"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileSystem.failure("cannot open", file) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      let failure = FileSystem.failure("cannot lock", file)
      close(descriptor)
      throw isHeld
        ? StoreError(.locked, "another node uses the data directory '\(path)'; stop it, or name another directory with --data") : failure
    }
    lock = descriptor
    do throws(StoreError) {
      for name in ["images", "sources"] { try FileSystem.makeDirectory("\(path)/\(name)") }
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(lock) }

  private static func absolute(_ path: String) -> String? {
    guard path.first != "/" else { return path }
    guard let current = getcwd(nil, 0) else { return nil }
    defer { free(current) }
    return String(cString: current) + "/" + path
  }

  var database: String { "\(path)/node.sqlite" }
  var images: String { "\(path)/images" }
  var sources: String { "\(path)/sources" }
  var adminToken: String { StandardDirectory.adminToken(in: path) }
}

import DevelopmentPlatform
import Glibc

/// The private key of a development root in a file (PEM) that its owner alone can read.
enum DevelopmentRootFile {
  private static let limit = 16 << 10

  /// The key of the file, which is made where there is none.
  static func open(_ path: String) throws -> DevelopmentRoot {
    let root = DevelopmentRoot()
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      guard errno == EEXIST else { throw CommandFailure("cannot make \(path): \(String(cString: strerror(errno)))") }
      return try read(path)
    }
    defer { close(descriptor) }
    let pem = Array(root.pem.utf8)
    guard write(descriptor, pem, pem.count) == pem.count else {
      unlink(path)
      throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    return root
  }

  static func read(_ path: String) throws -> DevelopmentRoot {
    let bytes = try InputFile.contents(of: path, limit: limit)
    do {
      return try DevelopmentRoot(pem: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw CommandFailure("\(path) is no development root, a private key on P-384 in PEM; name another, or a file that is not there to make one")
    }
  }
}

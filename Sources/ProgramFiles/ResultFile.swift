import Glibc

/// A file that somebody asked for, with what a command has found. It takes the place of a file or of nothing: not of a device, a pipe or what the command reads.
package struct ResultFile: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private let path: String
  private let option: String

  /// Looks before the work whether there is room for its result.
  /// - Parameters:
  ///   - option: by which the path was given, as `--evidence`.
  ///   - sources: what is read and must not be replaced, each with its name, as `the image itself`. What is no file is passed over.
  package init(_ path: String, option: String, not sources: [(path: String, name: String)] = []) throws(Failure) {
    (self.path, self.option) = (path, option)
    guard path != "-" else { throw Failure(description: "\(option) -: it goes to a file, whole or not at all; name one") }
    var old = stat()
    if lstat(path, &old) == 0 {
      guard old.st_mode & S_IFMT == S_IFREG else { throw failure("it is no regular file") }
      for source in sources {
        var status = stat()
        guard stat(source.path, &status) != 0 || status.st_dev != old.st_dev || status.st_ino != old.st_ino else { throw failure("it is \(source.name)") }
      }
    }
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else { throw failure("the folder \(folder) cannot be written: \(String(cString: strerror(errno)))") }
  }

  /// Beside the old file first, so that nobody finds half of one.
  package func write(_ bytes: [UInt8]) throws(Failure) {
    let new = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36))"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
    var reason = Self.write(bytes, to: descriptor)
    if close(descriptor) != 0, reason == nil { reason = errno }
    if reason == nil, rename(new, path) != 0 { reason = errno }
    guard let reason else { return }
    unlink(new)
    throw failure(String(cString: strerror(reason)))
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return errno }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  private func failure(_ reason: String) -> Failure { Failure(description: "cannot write '\(path)': \(reason); name another with \(option)") }
}

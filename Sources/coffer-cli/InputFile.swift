import Coffer
import Glibc
import TrustletImage

/// Files that a command reads whole: manifests, policies, evidence, collateral. `-` is standard input.
enum InputFile {
  /// Of texts that people write.
  static let textLimit = 1 << 20

  /// How a file is called in a message.
  static func shown(_ path: String) -> String { path == "-" ? "standard input" : path }

  static func contents(of path: String, limit: Int) throws -> [UInt8] {
    let shown = shown(path)
    func failure() -> CommandFailure { CommandFailure("cannot read \(shown): \(String(cString: strerror(errno)))") }
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
    }
    throw CommandFailure("\(shown) has more than \(ByteCount(bytes: UInt64(limit))), which is all that is read of such a file")
  }

  static func text(of path: String) throws -> String {
    guard let text = String(validating: try contents(of: path, limit: textLimit), as: UTF8.self) else {
      throw CommandFailure("\(shown(path)) is not UTF-8 text")
    }
    return text
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

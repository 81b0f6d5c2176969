import Coffer
import Glibc

/// Small texts that users write: manifests.
enum TextFile {
  static let sizeLimit = 1 << 20

  static func contents(of path: String) throws -> String {
    guard let file = fopen(path, "re") else { throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw CommandFailure("cannot read \(path): \(String(cString: strerror(errno)))") }
    guard count <= sizeLimit else { throw CommandFailure("\(path) is larger than \(sizeLimit) bytes; expected a small text") }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw CommandFailure("\(path) is not UTF-8 text")
    }
    return text
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

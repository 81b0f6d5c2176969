import Glibc

/// Reading scripts and lists of expectations whole.
enum ScriptFile {
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  static func contents(of path: String) throws(Unreadable) -> [UInt8] {
    guard let file = fopen(path, "re") else {
      throw Unreadable(description: "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    guard ferror(file) == 0 else { throw Unreadable(description: "cannot read \(path)") }
    return bytes
  }
}

import Glibc

/// Files that a command reads whole. `-` is standard input.
enum InputFile {
  static func contents(of path: String, limit: Int = 1 << 30) throws -> [UInt8] {
    let shown = path == "-" ? "standard input" : path
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandFailure("cannot read \(shown): \(String(cString: strerror(errno)))") }
    defer { if path != "-" { close(descriptor) } }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= limit {
      let count = read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw CommandFailure("cannot read \(shown): \(String(cString: strerror(errno)))") }
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
    }
    throw CommandFailure("\(shown) has more than \(limit) bytes, which is all that is sent")
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The files at or below `path`, by their path from `root` on; none of it leads elsewhere by a link.
  static func tree(_ path: String, below root: String, depth: Int = 0) throws -> [(String, [UInt8])] {
    let full = "\(root)/\(path)"
    var status = stat()
    guard lstat(full, &status) == 0 else { throw CommandFailure("cannot read \(full): \(String(cString: strerror(errno)))") }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return [(path, try contents(of: full))]
    case S_IFDIR where depth < 64:
      guard let directory = opendir(full) else { throw CommandFailure("cannot list \(full): \(String(cString: strerror(errno)))") }
      defer { closedir(directory) }
      var names: [String] = []
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != "." && name != ".." { names.append(name) }
      }
      return try names.sorted().flatMap { try tree("\(path)/\($0)", below: root, depth: depth + 1) }
    case S_IFLNK: throw CommandFailure("\(full) is a symbolic link, which is not sent; put what it leads to in its place")
    default: throw CommandFailure("\(full) is neither a file nor a directory that can be sent")
    }
  }
}

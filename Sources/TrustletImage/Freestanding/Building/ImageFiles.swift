import EdgeCalls

/// The files that an image is to hold, by their paths in the guest.
public struct ImageFiles: Sendable {
  private enum Node {
    case directory
    case file([UInt8])
  }

  // By bytes, since Swift takes some strings for equal that are different names.
  private var nodes: [[UInt8]: Node] = [[]: .directory]
  private var contentSize: UInt64 = 0

  public init() {}

  /// Adds a file and the directories above it. `path` begins at the guest's root, with or without a slash.
  public mutating func addFile(_ path: String, contents: [UInt8]) throws(ImageError) {
    let bytes = try Self.normalized(path)
    guard !bytes.isEmpty else { throw ImageError(.files, "files: '\(path)' is the root, which cannot be a file") }
    guard nodes[bytes] == nil else { throw ImageError(.files, "files: '\(path)' is there twice") }
    try addParents(of: bytes, path)
    contentSize += UInt64(contents.count)
    guard contentSize <= MemoryMap.fileTreeSizeLimit else { throw Self.tooLarge }
    nodes[bytes] = .file(contents)
  }

  /// Adds a directory and those above it; one that is there already stays.
  public mutating func addDirectory(_ path: String) throws(ImageError) {
    let bytes = try Self.normalized(path)
    if case .file = nodes[bytes] { throw ImageError(.files, "files: '\(path)' is both file and directory") }
    try addParents(of: bytes, path)
    nodes[bytes] = .directory
  }

  private mutating func addParents(of bytes: [UInt8], _ path: String) throws(ImageError) {
    for (position, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
      let parent = Array(bytes[..<position])
      if case .file = nodes[parent] {
        throw ImageError(.files, "files: '\(path)' lies in '\(String(decoding: parent, as: UTF8.self))', which is a file")
      }
      nodes[parent] = .directory
    }
  }

  private static func normalized(_ path: String) throws(ImageError) -> [UInt8] {
    var bytes = Array(path.utf8)
    if bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
    if bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard bytes.isEmpty || FileTreeWalk.isPath(bytes) else {
      throw ImageError(
        .files,
        "files: '\(path)' is no path in the guest (names of at most \(FileTreeWalk.nameLengthLimit) bytes, no '.', '..' or '//')")
    }
    return bytes
  }

  private static let tooLarge = ImageError(
    .limit, "files: they take more than \(ByteCount(bytes: MemoryMap.fileTreeSizeLimit))")

  /// As ``FileTree`` has it: the same bytes for the same files, in whatever order they were added.
  public func encoded() throws(ImageError) -> [UInt8] {
    let sorted = nodes.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    let pathStart = FileTree.headerSize + UInt64(sorted.count) * FileTree.entrySize
    let pathsSize = sorted.reduce(UInt64(0)) { $0 + UInt64($1.key.count) }
    var total = pathStart + pathsSize
    for case (_, .file(let contents)) in sorted { total = (total + 15) / 16 * 16 + UInt64(contents.count) }
    guard total <= MemoryMap.fileTreeSizeLimit else { throw Self.tooLarge }

    var writer = ByteWriter()
    writer.uint64(FileTree.magic)
    writer.uint32(UInt32(truncatingIfNeeded: sorted.count))
    writer.uint32(0)
    var pathOffset = pathStart
    var dataEnd = pathStart + pathsSize
    for (path, node) in sorted {
      writer.uint32(UInt32(truncatingIfNeeded: pathOffset))
      writer.uint32(UInt32(truncatingIfNeeded: path.count))
      pathOffset += UInt64(path.count)
      switch node {
      case .directory:
        writer.uint32(NodeKind.directory.rawValue)
        writer.uint32(0)
        writer.uint64(0)
        writer.uint64(0)
      case .file(let contents):
        let start = (dataEnd + 15) / 16 * 16
        writer.uint32(NodeKind.file.rawValue)
        writer.uint32(0)
        writer.uint64(start)
        writer.uint64(UInt64(contents.count))
        dataEnd = start + UInt64(contents.count)
      }
    }
    for (path, _) in sorted { writer.append(path) }
    for case (_, .file(let contents)) in sorted {
      writer.pad(toMultipleOf: 16)
      writer.append(contents)
    }
    return writer.bytes
  }
}

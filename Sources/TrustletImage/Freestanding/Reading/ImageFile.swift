import EdgeCalls

/// A file or directory in an image's read-only tree.
public struct ImageFile: Sendable, Hashable {
  /// Without a slash at the beginning; the root's is empty.
  public let path: String
  public let isDirectory: Bool
  /// Bytes; 0 for a directory.
  public let size: UInt64
}

/// Reads an image's tree of files (``FileTree``), of which there is one encoding for each set of files: paths and contents
/// follow one another in the entries' order, and padding is zero.
package struct FileTreeWalk {
  private let bytes: UnsafeRawBufferPointer
  package private(set) var files: [ImageFile] = []
  private var paths: [Range<Int>] = []

  static let pathLengthLimit = 4095
  static let nameLengthLimit = 255

  package init(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
    self.bytes = bytes
    var cursor = ByteCursor(bytes, part: "file tree", code: .files)
    guard try cursor.uint64() == FileTree.magic else { throw cursor.failure("its magic number is wrong") }
    let count = Int(try cursor.uint32())
    guard try cursor.uint32() == 0 else { throw cursor.failure("a reserved field is not zero") }
    guard count >= 1, count <= cursor.remaining / Int(FileTree.entrySize) else {
      throw cursor.failure("\(count) entries do not fit")
    }
    var pathEnd = Int(FileTree.headerSize) + count * Int(FileTree.entrySize)
    var sizes: [(offset: UInt64, length: UInt64)] = []
    for _ in 0..<count {
      sizes.append(try readEntry(&cursor, &pathEnd))
    }
    try checkContents(sizes, after: pathEnd)
  }

  private mutating func readEntry(
    _ cursor: inout ByteCursor, _ pathEnd: inout Int
  ) throws(ImageError) -> (offset: UInt64, length: UInt64) {
    let pathOffset = try cursor.uint32()
    let pathLength = try cursor.uint32()
    let kind = try cursor.uint32()
    guard try cursor.uint32() == 0, pathOffset == pathEnd, Int(pathLength) <= bytes.count - pathEnd else {
      throw cursor.failure("a path is not where it should be")
    }
    let path = pathEnd..<pathEnd + Int(pathLength)
    pathEnd = path.upperBound
    let isDirectory = kind == NodeKind.directory.rawValue
    guard isDirectory || kind == NodeKind.file.rawValue else {
      throw cursor.failure("an entry is neither file nor directory")
    }
    try checkPath(path, isDirectory: isDirectory)
    let offset = try cursor.uint64()
    let length = try cursor.uint64()
    guard !isDirectory || (offset == 0 && length == 0) else { throw cursor.failure("a directory has contents") }
    paths.append(path)
    files.append(
      ImageFile(path: String(decoding: bytes[path], as: UTF8.self), isDirectory: isDirectory, size: length))
    return (offset, length)
  }

  private func checkPath(_ path: Range<Int>, isDirectory: Bool) throws(ImageError) {
    guard let last = paths.last else {
      guard path.isEmpty, isDirectory else { throw ImageError(.files, "file tree: the first entry is not the root") }
      return
    }
    guard bytes[last].lexicographicallyPrecedes(bytes[path]) else {
      throw ImageError(.order, "file tree: a path is out of order or there twice")
    }
    guard Self.isPath(bytes[path]) else { throw ImageError(.files, "file tree: a path is malformed") }
    guard let slash = bytes[path].lastIndex(of: UInt8(ascii: "/")) else { return }
    guard hasDirectory(path.lowerBound..<slash) else {
      throw ImageError(.files, "file tree: an entry's directory is missing")
    }
  }

  /// Names, separated by single slashes, that are neither empty nor "." nor "..".
  static func isPath(_ bytes: some Collection<UInt8>) -> Bool {
    guard bytes.count <= pathLengthLimit, !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
      return false
    }
    return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { name in
      !name.isEmpty && name.count <= nameLengthLimit && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
    }
  }

  private func hasDirectory(_ path: Range<Int>) -> Bool {
    var low = 0
    var high = paths.count
    while low < high {
      let middle = (low + high) / 2
      if bytes[paths[middle]].lexicographicallyPrecedes(bytes[path]) { low = middle + 1 } else { high = middle }
    }
    return low < paths.count && bytes[paths[low]].elementsEqual(bytes[path]) && files[low].isDirectory
  }

  private func checkContents(_ sizes: [(offset: UInt64, length: UInt64)], after start: Int) throws(ImageError) {
    var end = start
    for (position, (offset, length)) in sizes.enumerated() where !files[position].isDirectory {
      let aligned = (end + 15) / 16 * 16
      guard offset == UInt64(aligned), aligned <= bytes.count, length <= UInt64(bytes.count - aligned) else {
        throw ImageError(.files, "file tree: the contents of '\(files[position].path)' are not where they should be")
      }
      guard bytes[end..<aligned].allSatisfy({ $0 == 0 }) else {
        throw ImageError(.files, "file tree: bytes between contents are not zero")
      }
      end = aligned + Int(length)
    }
    guard end == bytes.count else { throw ImageError(.files, "file tree: \(bytes.count - end) bytes follow") }
  }
}

#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// The image's own files: read-only, measured, without symbolic links. A tree that breaks ``FileTree`` gives input/output
/// errors.
public final class ImageTree {
  private let region: MemoryRegion
  let count: UInt32

  struct Entry {
    let path: MemoryRegion
    let isDirectory: Bool
    let content: MemoryRegion
  }

  public static let root: UInt32 = 0

  public init(_ region: MemoryRegion) throws(SystemError) {
    self.region = region
    do throws(SystemError) {
      guard try region.load64(0) == FileTree.magic else { throw .inputOutput }
      count = try region.load32(8)
      _ = try region.slice(FileTree.headerSize, UInt64(count) * FileTree.entrySize)
    } catch {
      throw .inputOutput
    }
    let first = try entry(ImageTree.root)
    guard first.isDirectory, first.path.count == 0 else { throw .inputOutput }
  }

  func entry(_ index: UInt32) throws(SystemError) -> Entry {
    guard index < count else { throw .inputOutput }
    do throws(SystemError) {
      let record = try region.slice(FileTree.headerSize + UInt64(index) * FileTree.entrySize, FileTree.entrySize)
      let isDirectory: Bool
      switch try record.load32(FileTree.kind) {
      case NodeKind.file.rawValue: isDirectory = false
      case NodeKind.directory.rawValue: isDirectory = true
      default: throw .inputOutput
      }
      return Entry(
        path: try region.slice(
          UInt64(try record.load32(FileTree.pathOffset)), UInt64(try record.load32(FileTree.pathLength))),
        isDirectory: isDirectory,
        content: try region.slice(try record.load64(FileTree.dataOffset), try record.load64(FileTree.dataLength)))
    } catch {
      throw .inputOutput
    }
  }

  func path(_ index: UInt32) throws(SystemError) -> [UInt8] {
    let path = try entry(index).path
    guard path.count <= UInt64(RelativePath.lengthLimit) else { throw .inputOutput }
    return try path.bytes(0, path.count)
  }

  func attributes(_ index: UInt32) throws(SystemError) -> NodeAttributes {
    let entry = try entry(index)
    return NodeAttributes(
      device: 0, inode: UInt64(index) + 1, kind: entry.isDirectory ? .directory : .file, linkCount: 1,
      size: entry.content.count, accessTime: 0, modificationTime: 0, changeTime: 0)
  }

  /// The entry that `path` names beneath the directory `start`.
  func resolve(_ path: RelativePath, from start: UInt32) throws(SystemError) -> UInt32 {
    var current = try self.path(start)
    let floor = current.count
    var index = start
    var components = RelativePath.Components(path.bytes)
    while let component = components.next() {
      guard try entry(index).isDirectory else { throw .notDirectory }
      switch component.kind {
      case .current: continue
      case .parent:
        guard current.count > floor else { throw .notPermitted }
        while current.count > floor, let last = current.popLast(), last != RelativePath.separator {}
      case .name:
        if !current.isEmpty { current.append(RelativePath.separator) }
        current += component.bytes
      }
      guard let found = try find(current) else { throw .notFound }
      index = found
    }
    if path.namesDirectory {
      guard try entry(index).isDirectory else { throw .notDirectory }
    }
    return index
  }

  private func find(_ path: [UInt8]) throws(SystemError) -> UInt32? {
    let index = try lowerBound(path)
    guard index < count, try compare(index, path) == 0 else { return nil }
    return index
  }

  /// The first entry whose path is not before `path`.
  private func lowerBound(_ path: [UInt8]) throws(SystemError) -> UInt32 {
    var low: UInt32 = 0
    var high = count
    while low < high {
      let middle = low + (high - low) / 2
      if try compare(middle, path) < 0 { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Negative if the entry's path comes before `path`, 0 if it is the same.
  private func compare(_ index: UInt32, _ path: [UInt8]) throws(SystemError) -> Int {
    let entry = try entry(index)
    for offset in 0..<path.count {
      guard UInt64(offset) < entry.path.count else { return -1 }
      let byte = try entry.path.load8(UInt64(offset))
      if byte != path[offset] { return byte < path[offset] ? -1 : 1 }
    }
    return entry.path.count > UInt64(path.count) ? 1 : 0
  }

  // MARK: Listing

  /// The entries directly in a directory, in the tree's order.
  struct Children {
    fileprivate var index: UInt32
    /// The directory's path and a separator, or nothing for the root.
    fileprivate let prefix: [UInt8]
  }

  func children(_ directory: UInt32) throws(SystemError) -> Children {
    var prefix = try path(directory)
    if prefix.isEmpty { return Children(index: ImageTree.root + 1, prefix: prefix) }
    prefix.append(RelativePath.separator)
    return Children(index: try lowerBound(prefix), prefix: prefix)
  }

  func next(_ children: inout Children) throws(SystemError) -> DirectoryItem? {
    while children.index < count {
      let index = children.index
      let path = try path(index)
      guard path.count > children.prefix.count, path.starts(with: children.prefix) else { return nil }
      children.index = index + 1
      let name = path[children.prefix.count...]
      if name.contains(RelativePath.separator) { continue }
      return DirectoryItem(
        inode: UInt64(index) + 1, kind: try entry(index).isDirectory ? .directory : .file, name: [UInt8](name))
    }
    return nil
  }
}

#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// A file, directory or symbolic link in scratch memory. It lives as long as a name, an open descriptor or a parent's entry refers to it;
/// with the last of them goes what it holds.
public final class ScratchNode {
  package let system: ScratchFileSystem
  let kind: NodeKind
  private let inode: UInt64
  /// Of a directory: itself, its name, and the ".." of those in it; 0 once it is removed.
  var linkCount: UInt64 = 0
  private(set) var size: UInt64 = 0
  private var map = ScratchMap()
  private var accessTime: UInt64
  private var modificationTime: UInt64
  private var changeTime: UInt64
  /// Of a directory.
  var entries = ScratchEntries()
  /// Of a directory that is neither the root nor removed.
  var parent: ScratchNode?

  /// As ext4 has it for blocks of this size.
  static let sizeLimit: UInt64 = UInt64(UInt32.max) * ScratchBlocks.size

  init(_ system: ScratchFileSystem, kind: NodeKind, inode: UInt64, now: UInt64) {
    self.system = system
    self.kind = kind
    self.inode = inode
    (accessTime, modificationTime, changeTime) = (now, now, now)
  }

  deinit {
    // Its blocks are its own: giving them back cannot fail.
    try? map.cut(to: 0, system.blocks)
  }

  // MARK: Contents

  /// - Parameter start: at most Int64.max.
  /// - Returns: bytes read, 0 at the end.
  func read<List: BufferList>(_ list: inout List, at start: UInt64) throws(SystemError) -> UInt64 {
    guard list.remaining <= UInt64(Int64.max) - start else { throw .invalid }
    var position = start
    while position < size, list.remaining > 0 {
      let offset = position % ScratchBlocks.size
      let length = min(ScratchBlocks.size - offset, size - position)
      let block = try system.blocks[try map.block(position / ScratchBlocks.size, system.blocks)]
      let spread = try list.scatter(from: try block.slice(offset, length))
      position += spread
      if spread < length { break }
    }
    // As Linux by default: the time of the first reading after a change.
    if position > start, accessTime <= modificationTime { accessTime = system.clock.fileTime() }
    return position - start
  }

  /// - Parameter start: at most Int64.max.
  /// - Returns: bytes written: fewer than all only when there is no room for more.
  func write<List: BufferList>(_ list: inout List, at start: UInt64) throws(SystemError) -> UInt64 {
    guard list.remaining > 0 else { return 0 }
    guard list.remaining <= UInt64(Int64.max) - start else { throw .invalid }
    guard start < ScratchNode.sizeLimit else { throw .fileTooLarge }
    var position = start
    while list.remaining > 0, position < ScratchNode.sizeLimit {
      let offset = position % ScratchBlocks.size
      let length = min(ScratchBlocks.size - offset, list.remaining)
      let number: UInt32
      do throws(SystemError) {
        number = try map.blockToWrite(position / ScratchBlocks.size, system.blocks)
      } catch {
        if position > start { break }
        throw error
      }
      let gathered = try list.gather(into: try system.blocks[number].slice(offset, length))
      position += gathered
      if position > size { size = position }
      if gathered < length { break }
    }
    if position > start { changed() }
    return position - start
  }

  func setSize(_ size: UInt64) throws(SystemError) {
    guard size <= ScratchNode.sizeLimit else { throw .fileTooLarge }
    if size < self.size {
      let (whole, rest) = size.quotientAndRemainder(dividingBy: ScratchBlocks.size)
      try map.cut(to: rest == 0 ? whole : whole + 1, system.blocks)
      // What lies beyond the end is zero, for when the file grows again.
      if rest > 0 {
        let last = try map.block(whole, system.blocks)
        if last != 0 { try system.blocks[last].slice(rest, ScratchBlocks.size - rest).clear() }
      }
    }
    self.size = size
    changed()
  }

  /// What a symbolic link says.
  func target() throws(SystemError) -> [UInt8] {
    let bytes = try system.blocks[try map.block(0, system.blocks)].bytes(0, size)
    guard bytes.first != RelativePath.separator else { throw .notPermitted }
    return bytes
  }

  /// - Parameter bytes: at most a block.
  func setTarget(_ bytes: [UInt8]) throws(SystemError) {
    try system.blocks[try map.blockToWrite(0, system.blocks)].copy(from: bytes)
    size = UInt64(bytes.count)
  }

  // MARK: Attributes

  var attributes: NodeAttributes {
    NodeAttributes(
      device: ScratchFileSystem.device, inode: inode, kind: kind, linkCount: linkCount, size: size, accessTime: accessTime,
      modificationTime: modificationTime, changeTime: changeTime)
  }

  func setTimes(access: NewTime, modification: NewTime) {
    let now = system.clock.fileTime()
    accessTime = access.value(now: now, unchanged: accessTime)
    modificationTime = modification.value(now: now, unchanged: modificationTime)
    changeTime = now
  }

  /// Contents, or names in a directory.
  func changed() {
    modificationTime = system.clock.fileTime()
    changeTime = modificationTime
  }

  /// Names or links elsewhere.
  func attributesChanged() { changeTime = system.clock.fileTime() }
}

extension NewTime {
  fileprivate func value(now: UInt64, unchanged: UInt64) -> UInt64 {
    switch self {
    case .unchanged: unchanged
    case .now: now
    case .at(let time): time
    }
  }
}

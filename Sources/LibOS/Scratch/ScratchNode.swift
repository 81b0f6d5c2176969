#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// A file, directory or symbolic link in scratch memory. It lives as long as a name, an open descriptor or a parent's entry refers to it;
/// with the last of them goes what it holds.
public final class ScratchNode {
  package let system: ScratchFileSystem
  package let kind: NodeKind
  package let inode: UInt64
  /// Of a directory: itself, its name, and the ".." of those in it; 0 once it is removed.
  package var linkCount: UInt64 = 0
  package var size: UInt64 = 0
  package var map = ScratchMap()
  package var accessTime: UInt64
  package var modificationTime: UInt64
  package var changeTime: UInt64
  /// Of a directory.
  package var entries = ScratchEntries()
  /// Of a directory that is neither the root nor removed.
  package var parent: ScratchNode?

  /// As ext4 has it for blocks of this size.
  package static let sizeLimit: UInt64 = UInt64(UInt32.max) * ScratchBlocks.size

  package init(_ system: ScratchFileSystem, kind: NodeKind, inode: UInt64, now: UInt64) {
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
  package func read<List: BufferList>(_ list: inout List, at start: UInt64) throws(SystemError) -> UInt64 {
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
  package func write<List: BufferList>(_ list: inout List, at start: UInt64) throws(SystemError) -> UInt64 {
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
      let gathered = try list.gather(into: try system.blocks.toWrite(number).slice(offset, length))
      position += gathered
      if position > size { size = position }
      if gathered < length { break }
    }
    if position > start { changed() }
    return position - start
  }

  package func setSize(_ size: UInt64) throws(SystemError) {
    guard size <= ScratchNode.sizeLimit else { throw .fileTooLarge }
    if size < self.size {
      let (whole, rest) = size.quotientAndRemainder(dividingBy: ScratchBlocks.size)
      // What lies beyond the end is zero, for when the file grows again. A block that cannot be had leaves the file as it is.
      if rest > 0 {
        let last = try map.block(whole, system.blocks)
        if last != 0 { try system.blocks.toWrite(last).slice(rest, ScratchBlocks.size - rest).clear() }
      }
      try map.cut(to: rest == 0 ? whole : whole + 1, system.blocks)
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
    try system.blocks.toWrite(try map.blockToWrite(0, system.blocks)).copy(from: bytes)
    size = UInt64(bytes.count)
  }

  // MARK: Attributes

  package var attributes: NodeAttributes {
    NodeAttributes(
      device: system.device, inode: inode, kind: kind, linkCount: linkCount, size: size, accessTime: accessTime,
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

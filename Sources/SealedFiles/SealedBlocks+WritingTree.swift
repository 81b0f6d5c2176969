#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

/// The tree of names as it lies in the volume's first blocks, little-endian, without padding:
///
/// UInt64 magic, UInt64 the last inode given out; then the nodes, the root first, each of the others behind the directory in which it
/// is found first:
/// - UInt64 size, access, modification and change time, UInt32 root of its map of blocks, UInt8 height of that;
/// - of a directory, UInt32 number of names, and for each: UInt8 ``NodeKind``, UInt8 length of the name, the name, UInt64 inode; where the kind is 0 the node
///   was found before under another name, and this is its inode.
enum SealedTree {
  static let magic: UInt64 = 0x3153_454C_4946_4F43
  static let anotherName: UInt8 = 0
  /// Of a map: blocks are counted in 32 bits, ten of which each level takes.
  static let greatestHeight: UInt64 = 4
}

extension SealedBlocks {
  func writeTree(of root: ScratchNode) throws(SystemError) {
    var nodes = [root]
    var linked: [UInt64] = []
    var writer = TreeWriter()
    writer.put(SealedTree.magic)
    writer.put(root.system.nextInode)
    var index = 0
    while index < nodes.count {
      let node = nodes[index]
      index += 1
      writer.put(node.size)
      writer.put(node.accessTime)
      writer.put(node.modificationTime)
      writer.put(node.changeTime)
      writer.put(node.map.root)
      writer.put(UInt8(truncatingIfNeeded: node.map.height))
      try putFullBlocks(&writer)
      guard node.kind == .directory else { continue }
      let entries = node.entries.from(0)
      writer.put(UInt32(truncatingIfNeeded: entries.count))
      for entry in entries {
        var kind = UInt8(truncatingIfNeeded: entry.node.kind.rawValue)
        if entry.node.kind != .directory, entry.node.linkCount > 1 {
          if linked.contains(entry.node.inode) { kind = SealedTree.anotherName } else { linked.append(entry.node.inode) }
        }
        if kind != SealedTree.anotherName { nodes.append(entry.node) }
        writer.put(kind)
        writer.put(UInt8(truncatingIfNeeded: entry.name.count))
        writer.put(entry.name)
        writer.put(entry.node.inode)
        try putFullBlocks(&writer)
      }
    }
    writer.fill()
    try putFullBlocks(&writer)
    // What stood behind is erased with it.
    for number in writer.next..<max(writer.next, treeLength + 1) { try putTree(number, [UInt8](repeating: 0, count: Int(ScratchBlocks.size))) }
    treeLength = writer.next - 1
  }

  private func putFullBlocks(_ writer: inout TreeWriter) throws(SystemError) {
    while let block = writer.takeBlock() {
      guard writer.next <= SealedLayout.treeBlocks else { throw .noSpace }
      try putTree(writer.next, block)
      writer.next += 1
    }
  }
}

/// Fields one behind the other, to be taken in whole blocks.
private struct TreeWriter {
  /// The number of the block that comes next.
  var next: UInt32 = 1
  private var bytes: [UInt8] = []

  mutating func put(_ value: UInt8) { bytes.append(value) }
  mutating func put(_ value: UInt32) { for shift in 0..<4 as Range<UInt32> { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) } }
  mutating func put(_ value: UInt64) { for shift in 0..<8 as Range<UInt64> { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) } }
  mutating func put(_ value: [UInt8]) { bytes += value }

  /// Zeros up to the end of a block.
  mutating func fill() {
    let rest = bytes.count % Int(ScratchBlocks.size)
    if rest > 0 { bytes += [UInt8](repeating: 0, count: Int(ScratchBlocks.size) - rest) }
  }

  mutating func takeBlock() -> [UInt8]? {
    let size = Int(ScratchBlocks.size)
    guard bytes.count >= size else { return nil }
    let block = [UInt8](bytes[..<size])
    bytes.removeSubrange(..<size)
    return block
  }
}

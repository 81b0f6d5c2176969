#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

extension SealedBlocks {
  /// Reads the tree of names and what it refers to, once, into a file system over these blocks. A volume in which nothing was ever written is an empty one.
  ///
  /// The blocks are authentic, so that only a writer who has the key can have broken the tree; nothing of it is believed for all that.
  /// - Throws: ``SealedFailure/damaged`` for what the host has changed, ``SealedFailure/malformedTree`` for what was written so.
  package func readTree(clock: Clock) throws(SealedFailure) -> ScratchFileSystem {
    // Neither the image's, nor scratch memory's.
    let system = ScratchFileSystem(self, device: UInt64.max - 1, clock: clock)
    let top = system.makeRoot()
    do throws(SystemError) {
      guard try self[1].load64(0) != 0 else {
        root = top
        return system
      }
      var reader = TreeReader()
      guard try reader.uint64(self) == SealedTree.magic else { throw .invalid }
      let lastInode = try reader.uint64(self)
      // No instance gives out so many.
      guard lastInode < 1 << 62 else { throw .invalid }
      var nodes = [top]
      var linked: [ScratchNode] = []
      var index = 0
      while index < nodes.count {
        try read(nodes[index], &reader, &nodes, &linked)
        index += 1
      }
      system.nextInode = max(lastInode, system.nextInode)
      treeLength = reader.last
    } catch {
      throw error == .inputOutput ? .damaged : .malformedTree
    }
    root = top
    return system
  }

  private func read(
    _ node: ScratchNode, _ reader: inout TreeReader, _ nodes: inout [ScratchNode], _ linked: inout [ScratchNode]
  ) throws(SystemError) {
    node.size = try reader.uint64(self)
    node.accessTime = try reader.uint64(self)
    node.modificationTime = try reader.uint64(self)
    node.changeTime = try reader.uint64(self)
    let (top, height) = (try reader.uint32(self), UInt64(try reader.uint8(self)))
    guard height <= SealedTree.greatestHeight else { throw .invalid }
    switch node.kind {
    case .directory:
      guard top == 0, node.size == 0 else { throw .invalid }
      try readNames(of: node, &reader, &nodes, &linked)
      return
    case .symbolicLink: guard top != 0, height == 0, (1...UInt64(RelativePath.lengthLimit)).contains(node.size) else { throw .invalid }
    default: guard node.size <= ScratchNode.sizeLimit else { throw .invalid }
    }
    if top != 0 { try claimMap(top, level: height) }
    (node.map.root, node.map.height) = (top, height)
  }

  /// Recursion ends at level 0, and there are at most ``SealedTree/greatestHeight`` of them.
  private func claimMap(_ number: UInt32, level: UInt64) throws(SystemError) {
    guard claim(number) else { throw .invalid }
    guard level > 0 else { return }
    let block = try kept(number)
    for entry in 0..<ScratchMap.fanOut {
      let child = try block.load32(4 * entry)
      if child != 0 { try claimMap(child, level: level - 1) }
    }
  }

  private func readNames(
    of directory: ScratchNode, _ reader: inout TreeReader, _ nodes: inout [ScratchNode], _ linked: inout [ScratchNode]
  ) throws(SystemError) {
    let system = directory.system
    let count = try reader.uint32(self)
    guard count <= MemoryMap.scratchNameLimit - system.nameCount else { throw .invalid }
    for _ in 0..<count {
      let kind = try reader.uint8(self)
      let name = try reader.bytes(try reader.uint8(self), self)
      let inode = try reader.uint64(self)
      guard Self.isName(name), directory.entries[name[...]] == nil else { throw .invalid }
      let node: ScratchNode
      if kind == SealedTree.anotherName {
        guard let found = linked.first(where: { $0.inode == inode }) else { throw .invalid }
        node = found
      } else {
        guard let kind = NodeKind(rawValue: UInt32(kind)), kind == .file || kind == .directory || kind == .symbolicLink else { throw .invalid }
        node = ScratchNode(system, kind: kind, inode: inode, now: 0)
        nodes.append(node)
        if kind == .directory {
          node.linkCount = 1
          node.parent = directory
          directory.linkCount += 1
        } else {
          linked.append(node)
        }
      }
      node.linkCount += 1
      directory.entries.insert(name[...], node)
    }
  }

  private static func isName(_ name: [UInt8]) -> Bool {
    let dot = UInt8(ascii: ".")
    guard let first = name.first, !name.contains(0), !name.contains(UInt8(ascii: "/")), isUTF8(name) else { return false }
    return first != dot || name.count > 2 || name.count == 2 && name[1] != dot
  }
}

/// Fields one behind the other, over the borders of blocks.
private struct TreeReader {
  private var position: UInt64 = ScratchBlocks.size

  /// The block that is being read.
  var last: UInt32 { UInt32((position - 1) / ScratchBlocks.size) }

  mutating func uint8<Store>(_ blocks: SealedBlocks<Store>) throws(SystemError) -> UInt8 {
    guard position < UInt64(blocks.layout.firstOfContents) * ScratchBlocks.size else { throw .invalid }
    defer { position += 1 }
    return try blocks[UInt32(position / ScratchBlocks.size)].load8(position % ScratchBlocks.size)
  }

  mutating func uint32<Store>(_ blocks: SealedBlocks<Store>) throws(SystemError) -> UInt32 {
    var value: UInt32 = 0
    for shift in 0..<4 as Range<UInt32> { value |= UInt32(try uint8(blocks)) << (8 * shift) }
    return value
  }

  mutating func uint64<Store>(_ blocks: SealedBlocks<Store>) throws(SystemError) -> UInt64 {
    let low = try uint32(blocks)
    return UInt64(try uint32(blocks)) << 32 | UInt64(low)
  }

  mutating func bytes<Store>(_ count: UInt8, _ blocks: SealedBlocks<Store>) throws(SystemError) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<count { bytes.append(try uint8(blocks)) }
    return bytes
  }
}

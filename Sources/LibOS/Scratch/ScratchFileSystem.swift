#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// A file system in the trustlet's own memory: what a program writes there is gone with the trustlet, and the host is told nothing of it.
/// Whichever interface the program uses sees the same one.
///
/// Paths are resolved as Linux does beneath a directory: no name, no ".." and no link leads out of the directory they start from.
public final class ScratchFileSystem {
  package let blocks: ScratchBlocks
  let clock: Clock
  /// Of all directories together.
  package internal(set) var nameCount: UInt32 = 0
  package var nextInode: UInt64 = 1

  /// Not the image's tree, and no device that a host has.
  package let device: UInt64
  package static let nameLimit = 255
  /// Symbolic links followed on one path, as Linux.
  static let followLimit = 40

  package init(_ blocks: ScratchBlocks, device: UInt64 = UInt64.max, clock: Clock) {
    (self.blocks, self.device, self.clock) = (blocks, device, clock)
  }

  /// Another directory each time, with nothing in it and above it. The host is not asked for the time at every start.
  package func makeRoot() -> ScratchNode {
    let root = makeNode(.directory, now: 0)
    root.linkCount = 2
    return root
  }

  private func makeNode(_ kind: NodeKind, now: UInt64) -> ScratchNode {
    nextInode += 1
    return ScratchNode(self, kind: kind, inode: nextInode, now: now)
  }

  // MARK: Paths

  /// Where a path ends.
  struct Found {
    /// What the last name lies in.
    let directory: ScratchNode
    /// Nil where the path ends in "." or "..".
    let name: ArraySlice<UInt8>?
    let entry: ScratchEntry?
    /// What is there, if anything.
    let node: ScratchNode?
    let endsInParent: Bool
    /// A slash follows the last name: only a directory will do.
    let namesDirectory: Bool
  }

  /// What becomes of a symbolic link that the path ends in.
  enum LinkAtEnd { case found, followedBeforeSlash, followed }

  func find(_ path: RelativePath, from start: ScratchNode, _ linkAtEnd: LinkAtEnd) throws(SystemError) -> Found {
    var components = RelativePath.Components(path.bytes)
    var trail = [start]
    var current = start
    var followed = 0
    var endsInParent = false
    while let component = components.next() {
      endsInParent = false
      switch component.kind {
      case .current: continue
      case .parent:
        guard trail.count > 1 else { throw .notPermitted }
        trail.removeLast()
        current = trail[trail.count - 1]
        endsInParent = true
        continue
      case .name: break
      }
      guard component.bytes.count <= ScratchFileSystem.nameLimit else { throw .nameTooLong }
      let isLast = components.isAtEnd
      let hasSlash = components.hasSeparator
      let entry = current.entries[component.bytes]
      if let node = entry?.node, node.kind == .symbolicLink,
        !isLast || linkAtEnd == .followed || linkAtEnd == .followedBeforeSlash && hasSlash
      {
        followed += 1
        guard followed <= ScratchFileSystem.followLimit else { throw .loop }
        components = RelativePath.Components(try node.target() + components.rest)
        continue
      }
      if isLast {
        return Found(
          directory: current, name: component.bytes, entry: entry, node: entry?.node, endsInParent: false, namesDirectory: hasSlash)
      }
      guard let node = entry?.node else { throw .notFound }
      guard node.kind == .directory else { throw .notDirectory }
      trail.append(node)
      current = node
    }
    return Found(directory: current, name: nil, entry: nil, node: current, endsInParent: endsInParent, namesDirectory: true)
  }

  /// What a path leads to.
  func node(_ path: RelativePath, from start: ScratchNode, follow: Bool) throws(SystemError) -> ScratchNode {
    let found = try find(path, from: start, follow ? .followed : .followedBeforeSlash)
    guard let node = found.node else { throw .notFound }
    guard !found.namesDirectory || node.kind == .directory else { throw .notDirectory }
    return node
  }

  func open(_ path: RelativePath, from start: ScratchNode, _ request: OpenRequest) throws(SystemError) -> ScratchNode {
    let follows = request.follow && !(request.create && request.exclusive)
    let found = try find(path, from: start, follows ? .followed : .followedBeforeSlash)
    // Files are never made where the path wants a directory, nor is one that is there opened to be made.
    if request.create, found.name != nil, found.namesDirectory { throw .isDirectory }
    guard let node = found.node else {
      guard request.create, let name = found.name else { throw .notFound }
      return try add(.file, name, to: found.directory)
    }
    if request.create, request.exclusive { throw .exists }
    guard node.kind != .symbolicLink else { throw .loop }
    if node.kind == .directory {
      guard !request.create, !request.canWrite, !request.truncate else { throw .isDirectory }
      return node
    }
    guard !found.namesDirectory else { throw .notDirectory }
    if request.truncate { try node.setSize(0) }
    return node
  }

  /// Makes a node and gives it a name that is free.
  func add(_ kind: NodeKind, _ name: ArraySlice<UInt8>, to directory: ScratchNode) throws(SystemError) -> ScratchNode {
    let node = makeNode(kind, now: clock.fileTime())
    try add(name, of: node, to: directory)
    return node
  }

  /// Gives a node a name that is free.
  func add(_ name: ArraySlice<UInt8>, of node: ScratchNode, to directory: ScratchNode) throws(SystemError) {
    // A directory that was removed while it was open takes no names any more.
    guard directory.linkCount > 0 else { throw .notFound }
    guard nameCount < MemoryMap.scratchNameLimit else { throw blocks.refusal() }
    directory.entries.insert(name, node)
    directory.changed()
    node.linkCount += 1
  }
}

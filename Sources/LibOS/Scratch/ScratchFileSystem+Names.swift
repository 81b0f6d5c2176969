/// What makes, removes and moves names; none of these follows a symbolic link that the path ends in.
extension ScratchFileSystem {
  func createDirectory(_ path: RelativePath, from start: ScratchNode) throws(SystemError) {
    let found = try find(path, from: start, .found)
    guard found.node == nil, let name = found.name else { throw .exists }
    let node = try add(.directory, name, to: found.directory)
    node.linkCount += 1
    node.parent = found.directory
    found.directory.linkCount += 1
  }

  func removeDirectory(_ path: RelativePath, from start: ScratchNode) throws(SystemError) {
    let found = try find(path, from: start, .found)
    guard found.name != nil else { throw found.endsInParent ? .notEmpty : .invalid }
    guard let entry = found.entry else { throw .notFound }
    guard entry.node.kind == .directory else { throw .notDirectory }
    guard entry.node.entries.isEmpty else { throw .notEmpty }
    drop(entry, from: found.directory)
  }

  func unlink(_ path: RelativePath, from start: ScratchNode) throws(SystemError) {
    let found = try find(path, from: start, .found)
    guard found.name != nil else { throw .isDirectory }
    guard let entry = found.entry else { throw .notFound }
    guard entry.node.kind != .directory else { throw .isDirectory }
    guard !found.namesDirectory else { throw .notDirectory }
    drop(entry, from: found.directory)
  }

  /// Removes a name; a directory's is its last.
  private func drop(_ entry: ScratchEntry, from directory: ScratchNode) {
    let node = entry.node
    directory.entries.remove(entry)
    directory.changed()
    if node.kind == .directory {
      node.linkCount = 0
      node.parent = nil
      directory.linkCount -= 1
    } else {
      node.linkCount -= 1
    }
    node.attributesChanged()
  }

  func rename(
    _ old: RelativePath, from oldStart: ScratchNode, to new: RelativePath, from newStart: ScratchNode
  ) throws(SystemError) {
    let source = try find(old, from: oldStart, .found)
    guard source.name != nil else { throw .busy }
    let target = try find(new, from: newStart, .found)
    guard let name = target.name else { throw .busy }
    guard let entry = source.entry else { throw .notFound }
    let node = entry.node
    if node.kind != .directory {
      guard !source.namesDirectory, !target.namesDirectory else { throw .notDirectory }
    } else {
      guard !isAncestor(node, of: target.directory) else { throw .invalid }
    }
    if let replaced = target.entry {
      if replaced.node === node { return }
      guard !(replaced.node.kind == .directory && isAncestor(replaced.node, of: source.directory)) else { throw .notEmpty }
      switch (node.kind == .directory, replaced.node.kind == .directory) {
      case (true, false): throw .notDirectory
      case (false, true): throw .isDirectory
      default: break
      }
      guard replaced.node.entries.isEmpty else { throw .notEmpty }
      drop(replaced, from: target.directory)
    }
    guard target.directory.linkCount > 0 else { throw .notFound }
    source.directory.entries.remove(entry)
    target.directory.entries.insert(name, node)
    if node.kind == .directory {
      source.directory.linkCount -= 1
      target.directory.linkCount += 1
      node.parent = target.directory
    }
    source.directory.changed()
    target.directory.changed()
    node.attributesChanged()
  }

  private func isAncestor(_ node: ScratchNode, of other: ScratchNode) -> Bool {
    var current: ScratchNode? = other
    while let candidate = current {
      if candidate === node { return true }
      current = candidate.parent
    }
    return false
  }

  /// A second name for what is no directory.
  func link(
    _ old: RelativePath, from oldStart: ScratchNode, follow: Bool, to new: RelativePath, from newStart: ScratchNode
  ) throws(SystemError) {
    let node = try self.node(old, from: oldStart, follow: follow)
    let target = try find(new, from: newStart, .found)
    guard target.node == nil, let name = target.name else { throw .exists }
    guard !target.namesDirectory else { throw .notFound }
    guard node.kind != .directory else { throw .notPermitted }
    try add(name, of: node, to: target.directory)
    node.attributesChanged()
  }

  package func symlink(target: [UInt8], _ path: RelativePath, from start: ScratchNode) throws(SystemError) {
    let found = try find(path, from: start, .found)
    guard found.node == nil, let name = found.name else { throw .exists }
    guard !found.namesDirectory else { throw .notFound }
    let node = try add(.symbolicLink, name, to: found.directory)
    do throws(SystemError) {
      try node.setTarget(target)
    } catch {
      if let entry = found.directory.entries[name] { drop(entry, from: found.directory) }
      throw error
    }
  }

  func readLink(_ path: RelativePath, from start: ScratchNode) throws(SystemError) -> [UInt8] {
    let node = try self.node(path, from: start, follow: false)
    guard node.kind == .symbolicLink else { throw .invalid }
    return try node.target()
  }
}

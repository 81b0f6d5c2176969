#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// How a program wants a path opened.
public struct OpenRequest {
  public var canRead = false
  public var canWrite = false
  public var create = false
  public var exclusive = false
  public var truncate = false
  /// Only a directory will do.
  public var directory = false
  /// Follow a symbolic link at the path's end.
  public var follow = false

  public init() {}
}

/// A directory that the program has opened or was given. Paths beneath it never lead out of it.
public final class OpenDirectory {
  package enum Place {
    case image(ImageTree, UInt32)
    case scratch(ScratchNode)
    case host(HostHandle)
  }

  package let place: Place
  /// Whether anything beneath may be changed.
  public let isMutable: Bool
  /// Where the program sees a directory that it was given at its start.
  public let givenPath: [UInt8]?
  private var listing = HostListing()

  private init(place: Place, isMutable: Bool, givenPath: [UInt8]?) {
    self.place = place
    self.isMutable = isMutable
    self.givenPath = givenPath
  }

  convenience init(root tree: ImageTree) {
    self.init(place: .image(tree, ImageTree.root), isMutable: false, givenPath: [RelativePath.separator])
  }

  package convenience init(scratch root: ScratchNode, path: [UInt8]) {
    self.init(place: .scratch(root), isMutable: true, givenPath: path)
  }

  convenience init(offered: HostDirectory, edge: EdgeClient) {
    self.init(
      place: .host(HostHandle(edge: edge, number: UInt64(offered.handle))), isMutable: offered.isWritable,
      givenPath: offered.path)
  }

  // MARK: Opening

  public func open(_ path: [UInt8], _ request: OpenRequest) throws(SystemError) -> Descriptor {
    if request.directory, request.create || request.exclusive || request.truncate { throw .invalid }
    if request.canWrite || request.create || request.truncate { try checkMutable() }
    let path = try RelativePath(path)
    switch place {
    case .image(let tree, let start):
      let entry = try tree.resolve(path, from: start)
      if try tree.entry(entry).isDirectory {
        return .directory(OpenDirectory(place: .image(tree, entry), isMutable: false, givenPath: nil))
      }
      guard !request.directory else { throw .notDirectory }
      return .file(OpenFile(place: .image(tree, entry), canRead: request.canRead, canWrite: false, isMutable: false))
    case .scratch(let start):
      let node = try start.system.open(path, from: start, request)
      if node.kind == .directory {
        return .directory(OpenDirectory(place: .scratch(node), isMutable: true, givenPath: nil))
      }
      guard !request.directory else { throw .notDirectory }
      return .file(OpenFile(place: .scratch(node), canRead: request.canRead, canWrite: request.canWrite, isMutable: true))
    case .host(let directory):
      let (handle, kind) = try directory.edge.open(directory, path, flags: edgeFlags(request))
      if kind == .directory {
        return .directory(OpenDirectory(place: .host(handle), isMutable: isMutable, givenPath: nil))
      }
      guard !request.directory else { throw .notDirectory }
      return .file(
        OpenFile(
          place: .host(handle), canRead: request.canRead, canWrite: request.canWrite, isMutable: isMutable))
    }
  }

  /// Without `OpenFlags.directory`, which would make of a link at the end "not a directory" rather than "loop": what was opened
  /// says itself what it is.
  private func edgeFlags(_ request: OpenRequest) -> UInt64 {
    var flags: UInt64 = 0
    if request.canRead { flags |= OpenFlags.read }
    if request.canWrite { flags |= OpenFlags.write }
    if request.create { flags |= OpenFlags.create }
    if request.exclusive { flags |= OpenFlags.exclusive }
    if request.truncate { flags |= OpenFlags.truncate }
    if request.follow, !(request.create && request.exclusive) { flags |= OpenFlags.follow }
    return flags
  }

  private func checkMutable() throws(SystemError) {
    guard isMutable else { throw .notPermitted }
  }

  // MARK: Attributes

  public func attributes() throws(SystemError) -> NodeAttributes {
    switch place {
    case .image(let tree, let entry): try tree.attributes(entry)
    case .scratch(let node): node.attributes
    case .host(let handle): try handle.edge.attributes(handle)
    }
  }

  public func attributes(_ path: [UInt8], follow: Bool) throws(SystemError) -> NodeAttributes {
    let path = try RelativePath(path)
    switch place {
    case .image(let tree, let start): return try tree.attributes(try tree.resolve(path, from: start))
    case .scratch(let start): return try start.system.node(path, from: start, follow: follow).attributes
    case .host(let handle): return try handle.edge.attributes(handle, path, follow: follow)
    }
  }

  public func setTimes(access: NewTime, modification: NewTime) throws(SystemError) {
    try checkMutable()
    switch place {
    case .image: throw .notPermitted
    case .scratch(let node): node.setTimes(access: access, modification: modification)
    case .host(let handle): try handle.edge.setTimes(handle, access: access, modification: modification)
    }
  }

  public func setTimes(
    _ path: [UInt8], follow: Bool, access: NewTime, modification: NewTime
  ) throws(SystemError) {
    try checkMutable()
    let path = try RelativePath(path)
    switch place {
    case .image: throw .notPermitted
    case .scratch(let start):
      try start.system.node(path, from: start, follow: follow).setTimes(access: access, modification: modification)
    case .host(let handle):
      try handle.edge.setTimes(handle, path, follow: follow, access: access, modification: modification)
    }
  }

  // MARK: Names

  public func createDirectory(_ path: [UInt8]) throws(SystemError) {
    try change(path, .createDirectory) { (path, start) throws(SystemError) in try start.system.createDirectory(path, from: start) }
  }

  public func removeDirectory(_ path: [UInt8]) throws(SystemError) {
    try change(path, .removeDirectory) { (path, start) throws(SystemError) in try start.system.removeDirectory(path, from: start) }
  }

  public func unlink(_ path: [UInt8]) throws(SystemError) {
    try change(path, .unlink) { (path, start) throws(SystemError) in try start.system.unlink(path, from: start) }
  }

  /// - Parameter call: what does at the host that which `body` does in scratch space.
  private func change(
    _ path: [UInt8], _ call: EdgeCall, _ body: (RelativePath, ScratchNode) throws(SystemError) -> Void
  ) throws(SystemError) {
    try checkMutable()
    let path = try RelativePath(path)
    switch place {
    case .image: throw .notPermitted
    case .scratch(let start): try body(path, start)
    case .host(let handle): try handle.edge.change(handle, path, call)
    }
  }

  public func rename(_ old: [UInt8], to target: OpenDirectory, _ new: [UInt8]) throws(SystemError) {
    try checkMutable()
    try target.checkMutable()
    let (old, new) = (try RelativePath(old), try RelativePath(new))
    switch (place, target.place) {
    case (.scratch(let source), .scratch(let target)): try source.system.rename(old, from: source, to: new, from: target)
    case (.host(let source), .host(let target)): try source.edge.rename(source, old, target, new)
    default: throw .crossDevice
    }
  }

  public func link(
    _ old: [UInt8], follow: Bool, to target: OpenDirectory, _ new: [UInt8]
  ) throws(SystemError) {
    try checkMutable()
    try target.checkMutable()
    let (old, new) = (try RelativePath(old), try RelativePath(new))
    switch (place, target.place) {
    case (.scratch(let source), .scratch(let target)):
      try source.system.link(old, from: source, follow: follow, to: new, from: target)
    case (.host(let source), .host(let target)): try source.edge.link(source, old, follow: follow, target, new)
    default: throw .crossDevice
    }
  }

  /// - Parameter target: what the link says; an absolute path would lead out of the directory.
  public func symlink(target: [UInt8], _ path: [UInt8]) throws(SystemError) {
    try checkMutable()
    guard let first = target.first else { throw .notFound }
    guard first != RelativePath.separator else { throw .notPermitted }
    guard !target.contains(0) else { throw .invalid }
    guard target.count <= RelativePath.lengthLimit else { throw .nameTooLong }
    let path = try RelativePath(path)
    switch place {
    case .image: throw .notPermitted
    case .scratch(let start): try start.system.symlink(target: target, path, from: start)
    case .host(let handle): try handle.edge.symlink(handle, target: target, path)
    }
  }

  public func readLink(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
    let path = try RelativePath(path)
    switch place {
    case .image(let tree, let start):
      _ = try tree.resolve(path, from: start)
      throw .invalid
    case .scratch(let start): return try start.system.readLink(path, from: start)
    case .host(let handle):
      let target = try handle.edge.readLink(handle, path)
      guard target.first != RelativePath.separator else { throw .notPermitted }
      return target
    }
  }

  // MARK: Listing

  /// Visits the entries from the `start`-th on, "." being the 0th and ".." the first, until `visit` returns false.
  /// - Parameter room: about how many bytes of names and headers the visitor takes.
  public func list(
    from start: UInt64, room: UInt64, _ visit: (DirectoryItem, _ index: UInt64) throws(SystemError) -> Bool
  ) throws(SystemError) {
    if start < 2 {
      let inode = try attributes().inode
      let dot = UInt8(ascii: ".")
      if start == 0 {
        guard try visit(DirectoryItem(inode: inode, kind: .directory, name: [dot]), 0) else { return }
      }
      guard try visit(DirectoryItem(inode: inode, kind: .directory, name: [dot, dot]), 1) else { return }
    }
    let first = start < 2 ? 2 : start
    switch place {
    case .image(let tree, let directory):
      var children = try tree.children(directory)
      var index: UInt64 = 2
      while let item = try tree.next(&children) {
        if index >= first {
          guard try visit(item, index) else { return }
        }
        index += 1
      }
    case .scratch(let node):
      for entry in node.entries.from(first) {
        let item = DirectoryItem(inode: entry.node.attributes.inode, kind: entry.node.kind, name: entry.name)
        guard try visit(item, entry.cookie) else { return }
      }
    case .host(let handle): try listing.list(handle, from: first, room: room, visit)
    }
  }
}

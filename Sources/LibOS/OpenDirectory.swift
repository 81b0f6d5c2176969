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
  enum Place {
    case image(ImageTree, UInt32)
    case host(HostHandle)
  }

  private let place: Place
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
    if request.follow { flags |= OpenFlags.follow }
    return flags
  }

  private func checkMutable() throws(SystemError) {
    guard isMutable else { throw .notPermitted }
  }

  /// The host's handle of a directory beneath which things may be changed.
  private func mutableHandle() throws(SystemError) -> HostHandle {
    guard isMutable, case .host(let handle) = place else { throw .notPermitted }
    return handle
  }

  // MARK: Attributes

  public func attributes() throws(SystemError) -> NodeAttributes {
    switch place {
    case .image(let tree, let entry): try tree.attributes(entry)
    case .host(let handle): try handle.edge.attributes(handle)
    }
  }

  public func attributes(_ path: [UInt8], follow: Bool) throws(SystemError) -> NodeAttributes {
    let path = try RelativePath(path)
    switch place {
    case .image(let tree, let start): return try tree.attributes(try tree.resolve(path, from: start))
    case .host(let handle): return try handle.edge.attributes(handle, path, follow: follow)
    }
  }

  public func setTimes(access: NewTime, modification: NewTime) throws(SystemError) {
    let handle = try mutableHandle()
    try handle.edge.setTimes(handle, access: access, modification: modification)
  }

  public func setTimes(
    _ path: [UInt8], follow: Bool, access: NewTime, modification: NewTime
  ) throws(SystemError) {
    let handle = try mutableHandle()
    try handle.edge.setTimes(
      handle, try RelativePath(path), follow: follow, access: access, modification: modification)
  }

  // MARK: Names

  public func createDirectory(_ path: [UInt8]) throws(SystemError) {
    let handle = try mutableHandle()
    try handle.edge.createDirectory(handle, try RelativePath(path))
  }

  public func removeDirectory(_ path: [UInt8]) throws(SystemError) {
    let handle = try mutableHandle()
    try handle.edge.removeDirectory(handle, try RelativePath(path))
  }

  public func unlink(_ path: [UInt8]) throws(SystemError) {
    let handle = try mutableHandle()
    try handle.edge.unlink(handle, try RelativePath(path))
  }

  public func rename(_ old: [UInt8], to target: OpenDirectory, _ new: [UInt8]) throws(SystemError) {
    let (source, target) = (try mutableHandle(), try target.mutableHandle())
    try source.edge.rename(source, try RelativePath(old), target, try RelativePath(new))
  }

  public func link(
    _ old: [UInt8], follow: Bool, to target: OpenDirectory, _ new: [UInt8]
  ) throws(SystemError) {
    let (source, target) = (try mutableHandle(), try target.mutableHandle())
    try source.edge.link(source, try RelativePath(old), follow: follow, target, try RelativePath(new))
  }

  /// - Parameter target: what the link says; an absolute path would lead out of the directory.
  public func symlink(target: [UInt8], _ path: [UInt8]) throws(SystemError) {
    let handle = try mutableHandle()
    guard let first = target.first else { throw .notFound }
    guard first != RelativePath.separator else { throw .notPermitted }
    guard !target.contains(0) else { throw .invalid }
    guard target.count <= RelativePath.lengthLimit else { throw .nameTooLong }
    try handle.edge.symlink(handle, target: target, try RelativePath(path))
  }

  public func readLink(_ path: [UInt8]) throws(SystemError) -> [UInt8] {
    let path = try RelativePath(path)
    switch place {
    case .image(let tree, let start):
      _ = try tree.resolve(path, from: start)
      throw .invalid
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
    case .host(let handle): try listing.list(handle, from: first, room: room, visit)
    }
  }
}

import CLinux
import EdgeCalls
import Glibc

extension EdgeService {
  private static let knownFlags =
    OpenFlags.read | OpenFlags.write | OpenFlags.create | OpenFlags.exclusive | OpenFlags.truncate | OpenFlags.directory
    | OpenFlags.follow | OpenFlags.append | OpenFlags.synchronous

  /// Opens regular files and directories, nothing else: a pipe or a device that someone put into an offered directory is refused,
  /// and refused before it is opened, since opening alone can wait for ever or set something off.
  func open(_ call: Call) throws(CallFailure) -> EdgeAnswer {
    let flags = call.arguments.1
    guard flags & ~Self.knownFlags == 0 else { throw .invalid }
    let base = try directory(call.arguments.0)
    let path = try call.path()
    guard !handles.isFull else { throw .tooManyFiles }

    let changes = flags & (OpenFlags.write | OpenFlags.create | OpenFlags.truncate | OpenFlags.append) != 0
    guard !changes || base.inWritableDirectory else { throw .readOnly }
    let creates = flags & OpenFlags.create != 0
    guard !creates || flags & OpenFlags.directory == 0 else { throw .invalid }

    let following = flags & OpenFlags.follow != 0 ? 0 : O_NOFOLLOW
    try refuseSpecialFile(base.descriptor, path, following, mayBeMissing: creates)
    let descriptor = try ResolutionBeneath.open(
      base.descriptor, path.text, following | O_NOCTTY | O_NONBLOCK | Self.hostFlags(flags), mode: 0o666)

    let kind = NodeKind(mode: try status(of: descriptor.number).mode)
    let node: OpenNode.Kind
    switch kind {
    case .directory: node = .directory
    case .file: node = .file(readable: flags & OpenFlags.read != 0, writable: flags & OpenFlags.write != 0)
    default: throw .access
    }
    let handle = try handles.insert(OpenNode(descriptor: descriptor.take(), kind: node, inWritableDirectory: base.inWritableDirectory))
    return EdgeAnswer(results: UInt64(handle), UInt64(kind.rawValue))
  }

  private static func hostFlags(_ flags: UInt64) -> Int32 {
    // A handle for neither is still good for attributes, and the kernel has no such mode; the table remembers.
    var result: Int32 =
      switch (flags & OpenFlags.read != 0, flags & OpenFlags.write != 0) {
      case (true, true): O_RDWR
      case (false, true): O_WRONLY
      case (_, false): O_RDONLY
      }
    if flags & OpenFlags.create != 0 { result |= O_CREAT }
    if flags & OpenFlags.exclusive != 0 { result |= O_EXCL }
    if flags & OpenFlags.truncate != 0 { result |= O_TRUNC }
    if flags & OpenFlags.directory != 0 { result |= O_DIRECTORY }
    if flags & OpenFlags.synchronous != 0 { result |= O_SYNC }
    return result
  }

  /// What the path leads to may change before it is opened; then it is refused afterwards, having been opened without waiting.
  private func refuseSpecialFile(_ directory: Int32, _ path: GuestPath, _ following: Int32, mayBeMissing: Bool) throws(CallFailure) {
    do throws(CallFailure) {
      let found = try ResolutionBeneath.open(directory, path.text, coffer_open_path_only | following)
      guard [.file, .directory, .symbolicLink].contains(NodeKind(mode: try status(of: found.number).mode)) else { throw .access }
    } catch {
      // A slash behind a file's name is another error to the call that would make the file.
      guard mayBeMissing, error == .notFound || error == .notDirectory else { throw error }
      guard try reserveWriting(path.text.count) == path.text.count else { throw .noSpace }
      recordWriting(path.text.count)
    }
  }

  func close(_ call: Call) throws(CallFailure) {
    try handles.close(call.arguments.0)
  }

  func directory(_ handle: UInt64) throws(CallFailure) -> OpenNode {
    let node = try handles.node(handle)
    guard case .directory = node.kind else { throw .notDirectory }
    return node
  }

  func writableDirectory(_ handle: UInt64) throws(CallFailure) -> OpenNode {
    let node = try directory(handle)
    guard node.inWritableDirectory else { throw .readOnly }
    return node
  }
}

#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// A file or directory of the host's, closed when nothing refers to it any more.
public final class HostHandle {
  let edge: EdgeClient
  let number: UInt64

  package init(edge: EdgeClient, number: UInt64) {
    self.edge = edge
    self.number = number
  }

  deinit {
    // What a failing close would mean was said by `synchronize`; the number is gone either way.
    _ = try? edge.call(.close, number)
  }
}

extension EdgeClient {
  private func put(_ path: RelativePath) throws(SystemError) -> UInt64 {
    try payload.copy(from: path.bytes)
    return UInt64(path.bytes.count)
  }

  private func put(_ first: [UInt8], _ second: [UInt8]) throws(SystemError) -> UInt64 {
    try payload.copy(from: first)
    try payload.copy(from: second, UInt64(first.count))
    return UInt64(first.count) + UInt64(second.count)
  }

  func open(_ directory: HostHandle, _ path: RelativePath, flags: UInt64) throws(SystemError) -> (HostHandle, NodeKind) {
    let answer = try call(.open, directory.number, flags, length: try put(path))
    // Owned before it is judged, so that it is closed either way.
    let handle = HostHandle(edge: self, number: answer.first)
    return (handle, try nodeKind(answer.second))
  }

  // MARK: Contents

  /// From here on the processor that copies does better to have made the bytes itself: 10 GB/s against 2 to 5.
  package static let bulk: UInt64 = 384 << 10

  /// Hands what was read to `take`, in pieces one behind the other, perhaps while the host reads the next ones.
  /// - Parameter wanted: bytes, at most the payload's.
  /// - Returns: bytes read, 0 at the end.
  package func readFile(
    _ file: HostHandle, offset: UInt64, wanted: UInt64, _ take: (MemoryRegion) throws(SystemError) -> Void
  ) throws(SystemError) -> UInt64 {
    var taken: UInt64 = 0
    var failure: SystemError?
    func takeThrough(_ end: UInt64) {
      guard end > taken, failure == nil else { return }
      do throws(SystemError) {
        try take(try payload.slice(taken, end - taken))
      } catch {
        // The host may still be writing to the window: the call has to end first.
        failure = error
      }
      taken = end
    }
    var request = EdgeTransport.Request(call: .readFile, arguments: (file.number, offset, wanted, 0, 0, 0))
    request.isBulk = wanted > EdgeClient.bulk
    let answer = try perform(request) { end in takeThrough(end < wanted ? end : wanted) }
    guard answer.length <= wanted, answer.length >= taken else { throw .inputOutput }
    takeThrough(answer.length)
    if let failure { throw failure }
    return answer.length
  }

  /// Writes the first `length` bytes of the payload. - Returns: how many were written, at least 1.
  func writeFile(_ file: HostHandle, offset: UInt64, length: UInt64) throws(SystemError) -> UInt64 {
    let written = try call(.writeFile, file.number, offset, length: length).first
    guard written >= 1, written <= length else { throw .inputOutput }
    return written
  }

  /// As ``writeFile(_:offset:length:)``, at the end.
  func appendFile(_ file: HostHandle, length: UInt64) throws(SystemError) -> (written: UInt64, size: UInt64) {
    let answer = try call(.appendFile, file.number, length: length)
    guard answer.first >= 1, answer.first <= length, answer.second >= answer.first else { throw .inputOutput }
    return (answer.first, answer.second)
  }

  func setSize(_ file: HostHandle, _ size: UInt64) throws(SystemError) {
    _ = try call(.setSize, file.number, size)
  }

  func synchronize(_ node: HostHandle, dataOnly: Bool) throws(SystemError) {
    _ = try call(.synchronize, node.number, dataOnly ? 1 : 0)
  }

  // MARK: Attributes

  func attributes(_ node: HostHandle) throws(SystemError) -> NodeAttributes {
    try nodeAttributes(try call(.attributes, node.number))
  }

  func attributes(_ directory: HostHandle, _ path: RelativePath, follow: Bool) throws(SystemError) -> NodeAttributes {
    try nodeAttributes(try call(.attributesAt, directory.number, follow ? 1 : 0, length: try put(path)))
  }

  private func nodeAttributes(_ answer: Answer) throws(SystemError) -> NodeAttributes {
    guard answer.length == FileAttributes.size else { throw .inputOutput }
    return NodeAttributes(
      device: try payload.load64(FileAttributes.device), inode: try payload.load64(FileAttributes.inode),
      kind: try nodeKind(try payload.load64(FileAttributes.kind)),
      linkCount: try payload.load64(FileAttributes.linkCount), size: try payload.load64(FileAttributes.byteCount),
      accessTime: try payload.load64(FileAttributes.accessTime),
      modificationTime: try payload.load64(FileAttributes.modificationTime),
      changeTime: try payload.load64(FileAttributes.changeTime))
  }

  func setTimes(_ node: HostHandle, access: NewTime, modification: NewTime) throws(SystemError) {
    let times = encode(access, modification)
    _ = try call(.setTimes, node.number, times.flags, times.access, times.modification)
  }

  func setTimes(_ directory: HostHandle, _ path: RelativePath, follow: Bool, access: NewTime, modification: NewTime) throws(SystemError) {
    let times = encode(access, modification)
    _ = try call(.setTimesAt, directory.number, times.flags, times.access, times.modification, follow ? 1 : 0, length: try put(path))
  }

  private func encode(_ access: NewTime, _ modification: NewTime) -> (flags: UInt64, access: UInt64, modification: UInt64) {
    let (first, second) = (
      access.encoded(now: TimeFlags.accessNow, at: TimeFlags.access),
      modification.encoded(now: TimeFlags.modificationNow, at: TimeFlags.modification)
    )
    return (first.flag | second.flag, first.time, second.time)
  }

  // MARK: Names

  /// - Parameter call: one that takes a directory and a path, and answers nothing.
  func change(_ directory: HostHandle, _ path: RelativePath, _ call: EdgeCall) throws(SystemError) {
    _ = try self.call(call, directory.number, length: try put(path))
  }

  func rename(_ source: HostHandle, _ old: RelativePath, _ target: HostHandle, _ new: RelativePath) throws(SystemError) {
    let length = try put(old.bytes, new.bytes)
    _ = try call(.rename, source.number, target.number, UInt64(old.bytes.count), length: length)
  }

  func link(_ source: HostHandle, _ old: RelativePath, follow: Bool, _ target: HostHandle, _ new: RelativePath) throws(SystemError) {
    let length = try put(old.bytes, new.bytes)
    _ = try call(.link, source.number, target.number, UInt64(old.bytes.count), follow ? 1 : 0, length: length)
  }

  func symlink(_ directory: HostHandle, target: [UInt8], _ path: RelativePath) throws(SystemError) {
    let length = try put(target, path.bytes)
    _ = try call(.symlink, directory.number, UInt64(target.count), length: length)
  }

  func readLink(_ directory: HostHandle, _ path: RelativePath) throws(SystemError) -> [UInt8] {
    let length = try call(.readLink, directory.number, length: try put(path)).length
    guard length >= 1, length <= UInt64(RelativePath.lengthLimit) else { throw .inputOutput }
    return try payload.bytes(0, length)
  }

  /// Whole ``DirectoryEntry`` records in a private copy, none at the end.
  func readDirectory(_ directory: HostHandle, cookie: UInt64, wanted: UInt64) throws(SystemError) -> [UInt8] {
    let length = try call(.readDirectory, directory.number, cookie, wanted).length
    guard length <= wanted else { throw .inputOutput }
    return try payload.bytes(0, length)
  }
}

extension NewTime {
  fileprivate func encoded(now: UInt64, at flag: UInt64) -> (flag: UInt64, time: UInt64) {
    switch self {
    case .unchanged: (0, 0)
    case .now: (now, 0)
    case .at(let time): (flag, time)
    }
  }
}

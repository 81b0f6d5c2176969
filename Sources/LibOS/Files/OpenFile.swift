#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// A file that the program has opened. Its position is kept here: the host only ever hears offsets.
public final class OpenFile {
  enum Place {
    case image(ImageTree, UInt32)
    case scratch(ScratchNode)
    case host(HostHandle)
  }

  private let place: Place
  public let canRead: Bool
  public let canWrite: Bool
  /// Whether the directory it came from lets anything be changed.
  public let isMutable: Bool
  public private(set) var position: UInt64 = 0
  /// Every write goes to the end.
  public var appends = false
  /// Files never block; kept because programs read it back.
  public var isNonblocking = false

  init(place: Place, canRead: Bool, canWrite: Bool, isMutable: Bool) {
    self.place = place
    self.canRead = canRead
    self.canWrite = canWrite
    self.isMutable = isMutable
  }

  /// Where Linux's signed offsets end.
  static let offsetLimit = UInt64(Int64.max)

  // MARK: Reading

  /// Reads at the position and moves it. - Returns: bytes read, 0 at the end.
  public func read<List: BufferList>(_ list: inout List) throws(SystemError) -> UInt64 {
    let length = try read(&list, at: position)
    position = try advance(position, length)
    return length
  }

  /// Reads without moving the position.
  public func read<List: BufferList>(_ list: inout List, at start: UInt64) throws(SystemError) -> UInt64 {
    guard start <= OpenFile.offsetLimit else { throw .invalid }
    guard canRead else { throw .badDescriptor }
    switch place {
    case .image(let tree, let entry):
      let content = try tree.entry(entry).content
      guard start < content.count else { return 0 }
      return try list.scatter(from: try content.slice(start, content.count - start))
    case .scratch(let node): return try node.read(&list, at: start)
    case .host(let handle): return try read(&list, at: start, from: handle)
    }
  }

  private func read<List: BufferList>(
    _ list: inout List, at start: UInt64, from handle: HostHandle
  ) throws(SystemError) -> UInt64 {
    let payload = handle.edge.payload
    var total: UInt64 = 0
    while list.remaining > 0 {
      let wanted = list.remaining < payload.count ? list.remaining : payload.count
      let length: UInt64
      var spread: UInt64 = 0
      do throws(SystemError) {
        length = try handle.edge.readFile(handle, offset: try advance(start, total), wanted: wanted) { (piece) throws(SystemError) in
          spread += try list.scatter(from: piece)
        }
      } catch {
        if total > 0 { break }
        throw error
      }
      total += spread
      if length < wanted || spread < length { break }
    }
    return total
  }

  // MARK: Writing

  /// Writes at the position and moves it, or at the end. - Returns: bytes written: fewer only when an error ended it.
  public func write<List: BufferList>(_ list: inout List) throws(SystemError) -> UInt64 {
    let (written, end) = try put(&list, at: position)
    position = end
    return written
  }

  /// Writes without moving the position; as Linux has it, at the end if the file appends.
  public func write<List: BufferList>(_ list: inout List, at start: UInt64) throws(SystemError) -> UInt64 {
    try put(&list, at: start).written
  }

  private func put<List: BufferList>(
    _ list: inout List, at start: UInt64
  ) throws(SystemError) -> (written: UInt64, end: UInt64) {
    guard appends || start <= OpenFile.offsetLimit else { throw .invalid }
    guard canWrite else { throw .badDescriptor }
    switch place {
    case .image: throw .badDescriptor
    case .scratch(let node):
      let start = appends ? node.attributes.size : start
      let written = try node.write(&list, at: start)
      return (written, start + written)
    case .host(let handle): return try put(&list, at: start, in: handle)
    }
  }

  private func put<List: BufferList>(
    _ list: inout List, at start: UInt64, in handle: HostHandle
  ) throws(SystemError) -> (written: UInt64, end: UInt64) {
    let edge = handle.edge
    var written: UInt64 = 0
    var end = start
    while true {
      var length = try list.gather(into: edge.payload)
      if length == 0 { break }
      while length > 0 {
        let taken: UInt64
        do throws(SystemError) {
          if appends {
            (taken, end) = try edge.appendFile(handle, length: length)
          } else {
            taken = try edge.writeFile(handle, offset: end, length: length)
            end = try advance(end, taken)
          }
        } catch {
          if written > 0 { return (written, end) }
          throw error
        }
        written += taken
        length -= taken
        if length > 0 { try edge.payload.copy(from: try edge.payload.slice(taken, length)) }
      }
    }
    if written == 0, appends { end = try attributes().size }
    return (written, end)
  }

  private func advance(_ position: UInt64, _ length: UInt64) throws(SystemError) -> UInt64 {
    let (sum, overflow) = position.addingReportingOverflow(length)
    guard !overflow else { throw .overflow }
    return sum
  }

  // MARK: Position

  public enum Origin { case start, current, end }

  /// Moves the position, beyond the end as well. - Returns: the new position.
  public func seek(_ offset: Int64, from origin: Origin) throws(SystemError) -> UInt64 {
    let base: UInt64
    switch origin {
    case .start: base = 0
    case .current: base = position
    case .end: base = try attributes().size
    }
    let (sum, overflow) =
      offset >= 0
      ? base.addingReportingOverflow(UInt64(offset)) : base.subtractingReportingOverflow(offset.magnitude)
    guard !overflow else { throw .invalid }
    position = sum
    return sum
  }

  // MARK: Attributes

  public func attributes() throws(SystemError) -> NodeAttributes {
    switch place {
    case .image(let tree, let entry): try tree.attributes(entry)
    case .scratch(let node): node.attributes
    case .host(let handle): try handle.edge.attributes(handle)
    }
  }

  public func setSize(_ size: UInt64) throws(SystemError) {
    guard isMutable else { throw .notPermitted }
    guard canWrite, size <= OpenFile.offsetLimit else { throw .invalid }
    switch place {
    case .image: throw .notPermitted
    case .scratch(let node): try node.setSize(size)
    case .host(let handle): try handle.edge.setSize(handle, size)
    }
  }

  public func setTimes(access: NewTime, modification: NewTime) throws(SystemError) {
    guard isMutable else { throw .notPermitted }
    switch place {
    case .image: throw .notPermitted
    case .scratch(let node): node.setTimes(access: access, modification: modification)
    case .host(let handle): try handle.edge.setTimes(handle, access: access, modification: modification)
    }
  }

  public func synchronize(dataOnly: Bool) throws(SystemError) {
    if case .scratch(let node) = place { try node.system.blocks.synchronize() }
    guard case .host(let handle) = place else { return }
    try handle.edge.synchronize(handle, dataOnly: dataOnly)
  }
}

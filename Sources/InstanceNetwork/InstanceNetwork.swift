#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

/// Sockets as descriptors of WASI 0.1: those that listen when the program begins, and the connections that they accept.
///
/// In the table of descriptors a socket is a stream with a number that no standard stream has: ``firstStream`` and its handle.
public final class InstanceNetwork {
  let os: LibraryOS
  private var hasBegun = false
  /// By handle: whether calls return rather than wait.
  private var nonblocking: [Bool] = []

  static let firstStream: UInt32 = 3
  /// More than the host's rules can name.
  static let givenLimit: UInt64 = 64
  /// One call takes no more of what a program writes: it is kept until the host has taken it.
  static let piece: UInt64 = 0x1_0000

  public init(os: LibraryOS) {
    self.os = os
  }

  /// Gives the program its listening sockets, behind the directories: before it uses any descriptor, and once.
  public func begin() throws(SystemError) {
    guard !hasBegun else { return }
    hasBegun = true
    let count = try os.edge.network(.given).value
    for handle in 0..<UInt32(truncatingIfNeeded: count) { _ = try os.descriptors.insert(.stream(Self.firstStream + handle)) }
  }

  /// The handle behind a descriptor; nil where it is no socket.
  public func handle(_ descriptor: UInt32) -> UInt32? {
    guard case .stream(let stream)? = os.descriptors[descriptor], stream >= Self.firstStream else { return nil }
    return stream - Self.firstStream
  }

  // MARK: Waiting

  func isNonblocking(_ handle: UInt32) -> Bool { Int(handle) < nonblocking.count && nonblocking[Int(handle)] }

  public func setFlags(_ handle: UInt32, flags: UInt32) throws(SystemError) {
    guard flags & ~DescriptorFlags.nonblock == 0 else { throw .invalid }
    try setNonblocking(handle, flags != 0)
  }

  private func setNonblocking(_ handle: UInt32, _ value: Bool) throws(SystemError) {
    // The host numbers from the lowest free one on.
    guard handle < DescriptorTable.greatestLimit else { throw .tooManyOpenFiles }
    while nonblocking.count <= Int(handle) { nonblocking.append(false) }
    nonblocking[Int(handle)] = value
  }

  private func wait(_ handle: UInt32, _ events: UInt32) throws(SystemError) {
    try os.edge.payload.store32(handle, 0)
    try os.edge.payload.store32(events, 4)
    _ = try os.edge.network(.wait, argument: .max, length: 8, wanted: 8)
  }

  /// Repeats what is not possible yet, until it is, unless the descriptor is not to wait.
  private func patiently<Value>(
    _ handle: UInt32, _ events: UInt32, _ call: () throws(SystemError) -> Value
  ) throws(SystemError) -> Value {
    while true {
      do throws(SystemError) {
        return try call()
      } catch {
        guard error == .again, !isNonblocking(handle) else { throw error }
      }
      try wait(handle, events)
    }
  }

  // MARK: Bytes

  /// - Parameter peeks: what is read stays to be read again.
  /// - Returns: bytes read, 0 at the end.
  func receive<List: BufferList>(_ handle: UInt32, _ list: inout List, peeks: Bool = false) throws(SystemError) -> UInt64 {
    let wanted = min(list.remaining, os.edge.payload.count)
    guard wanted > 0 else { return 0 }
    let length = try patiently(handle, NetworkEvents.readable) { () throws(SystemError) in
      try os.edge.network(.receive, handle, argument: peeks ? 1 : 0, wanted: wanted).length
    }
    return try list.scatter(from: os.edge.payload.prefix(length))
  }

  /// Waits until all is sent, where the descriptor may wait.
  /// - Returns: bytes sent: fewer only when an error ended it, or waiting would have.
  func send<List: BufferList>(_ handle: UInt32, _ list: inout List) throws(SystemError) -> UInt64 {
    var sent: UInt64 = 0
    while true {
      let length = try list.gather(into: os.edge.payload.prefix(Self.piece))
      guard length > 0 else { return sent }
      // Waiting uses the payload too.
      var rest = try os.edge.payload.bytes(0, length)[...]
      while !rest.isEmpty {
        do throws(SystemError) {
          let taken = try patiently(handle, NetworkEvents.writable) { () throws(SystemError) in
            try os.edge.payload.copy(from: [UInt8](rest))
            return try os.edge.network(.send, handle, length: UInt64(rest.count)).value
          }
          sent += taken
          rest = rest.dropFirst(Int(truncatingIfNeeded: taken))
        } catch {
          if sent > 0 { return sent }
          throw error
        }
      }
    }
  }

  // MARK: Connections

  /// - Parameter flags: ``DescriptorFlags``, of the new descriptor.
  func accept(_ handle: UInt32, flags: UInt32) throws(SystemError) -> UInt32 {
    // A connection that has no number would be lost.
    try os.descriptors.requireRoom()
    let accepted = try patiently(handle, NetworkEvents.readable) { () throws(SystemError) in try os.edge.network(.accept, handle).value }
    let connection = UInt32(truncatingIfNeeded: accepted)
    do throws(SystemError) {
      try setNonblocking(connection, flags & DescriptorFlags.nonblock != 0)
      return try os.descriptors.insert(.stream(Self.firstStream + connection))
    } catch {
      close(connection)
      throw error
    }
  }

  func shutDown(_ handle: UInt32, _ how: UInt64) throws(SystemError) { _ = try os.edge.network(.shutdown, handle, argument: how) }

  /// As of files, what a failing close would mean has been said before.
  func close(_ handle: UInt32) { _ = try? os.edge.network(.close, handle) }
}

extension SystemError {
  static var again: SystemError { SystemError(number: 11) }
}

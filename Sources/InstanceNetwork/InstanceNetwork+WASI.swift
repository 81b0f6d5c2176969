#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

/// The functions of `wasi_snapshot_preview1` where a descriptor is a socket.
extension InstanceNetwork {
  public func fdRead(_ memory: LinearMemory, _ handle: UInt32, vectors: UInt32, count: UInt32, read: UInt32) throws(SystemError) {
    var list = try BufferVectors(memory, vectors, count)
    try memory.store32(UInt32(truncatingIfNeeded: try receive(handle, &list)), read)
  }

  public func fdWrite(_ memory: LinearMemory, _ handle: UInt32, vectors: UInt32, count: UInt32, written: UInt32) throws(SystemError) {
    var list = try BufferVectors(memory, vectors, count)
    try memory.store32(UInt32(truncatingIfNeeded: try send(handle, &list)), written)
  }

  private static let peek: UInt32 = 1
  private static let waitForAll: UInt32 = 2

  /// - Parameter flags: `$riflags`.
  public func sockRecv(
    _ memory: LinearMemory, _ handle: UInt32, vectors: UInt32, count: UInt32, flags: UInt32, read: UInt32, outFlags: UInt32
  ) throws(SystemError) {
    try checkFlags(flags, known: Self.peek | Self.waitForAll)
    guard flags != Self.peek | Self.waitForAll else { throw .notSupported }
    var list = try BufferVectors(memory, vectors, count)
    var total: UInt64 = 0
    while true {
      let length = try receive(handle, &list, peeks: flags & Self.peek != 0)
      total += length
      guard flags & Self.waitForAll != 0, length > 0, list.remaining > 0 else { break }
    }
    try memory.store32(UInt32(truncatingIfNeeded: total), read)
    try memory.structure(outFlags, 2, alignment: 2).store16(0, 0)
  }

  public func sockSend(
    _ memory: LinearMemory, _ handle: UInt32, vectors: UInt32, count: UInt32, flags: UInt32, written: UInt32
  ) throws(SystemError) {
    // As witx has it, there are none.
    try checkFlags(flags, known: 0xFFFF)
    guard flags == 0 else { throw .notSupported }
    try fdWrite(memory, handle, vectors: vectors, count: count, written: written)
  }

  public func sockAccept(_ memory: LinearMemory, _ handle: UInt32, flags: UInt32, accepted: UInt32) throws(SystemError) {
    try checkFlags(flags, known: DescriptorFlags.all)
    guard flags & ~DescriptorFlags.nonblock == 0 else { throw .invalid }
    let place = try memory.structure(accepted, 4, alignment: 4)
    try place.store32(try accept(handle, flags: flags), 0)
  }

  /// - Parameter how: `$sdflags`: 1 for receiving, 2 for sending.
  public func sockShutdown(_ handle: UInt32, how: UInt32) throws(SystemError) {
    try checkFlags(how, known: 3)
    guard how != 0 else { throw .invalid }
    try shutDown(handle, UInt64(how - 1))
  }

  public func fdClose(_ descriptor: UInt32, _ handle: UInt32) throws(SystemError) {
    try os.descriptors.remove(descriptor)
    close(handle)
  }

  /// - Parameter handle: the socket in the place of `target`, which goes.
  public func fdRenumber(from source: UInt32, to target: UInt32, over handle: UInt32) throws(SystemError) {
    try os.descriptors.move(source, to: target)
    if source != target { close(handle) }
  }

  /// `$filetype` of a stream socket.
  private static let stream: UInt8 = 6

  public func fdFdstatGet(_ memory: LinearMemory, _ handle: UInt32, status: UInt32) throws(SystemError) {
    let target = try memory.structure(status, 24, alignment: 8)
    try target.store8(Self.stream, 0)
    try target.store16(UInt16(isNonblocking(handle) ? DescriptorFlags.nonblock : 0), 2)
    try target.store64(Self.rights, 8)
    try target.store64(Self.rights, 16)
  }

  /// Reading, changing flags, writing, waiting, shutting down, accepting.
  private static let rights: UInt64 = 1 << 1 | 1 << 3 | 1 << 6 | 1 << 21 | 1 << 27 | 1 << 28 | 1 << 29

  public func fdFilestatGet(_ memory: LinearMemory, status: UInt32) throws(SystemError) {
    let target = try memory.structure(status, 64, alignment: 8)
    for offset in 0..<8 as Range<UInt64> { try target.store64(0, 8 * offset) }
    try target.store8(Self.stream, 16)
  }

  /// WASI's number for a Linux one; those of sockets, which nothing else has.
  public static func errno(_ error: SystemError) -> UInt32 {
    switch error.number {
    case 71: 65  // proto
    case 98: 3  // addrinuse
    case 99: 4  // addrnotavail
    case 101: 40  // netunreach
    case 103: 13  // connaborted
    case 104: 15  // connreset
    case 105: 42  // nobufs
    case 107: 53  // notconn
    case 110: 73  // timedout
    case 111: 14  // connrefused
    case 113: 23  // hostunreach
    default: WASIErrno.number(error)
    }
  }
}

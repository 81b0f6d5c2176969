extension WASIPreview1 {
  /// `$subscription`: 48 bytes.
  private struct Subscription {
    let userData: UInt64
    let topic: Topic

    enum Topic {
      /// Monotonic nanoseconds.
      case clock(deadline: UInt64)
      case read(Descriptor)
      case write
    }
  }

  private enum EventType {
    static let clock: UInt8 = 0
    static let read: UInt8 = 1
    static let write: UInt8 = 2
  }

  private static let subscriptionSize: UInt32 = 48
  private static let eventSize: UInt32 = 32
  /// More could be asked for than the heap holds.
  private static let subscriptionLimit: UInt32 = 16384

  public func pollOneoff(
    _ memory: LinearMemory, subscriptions: UInt32, events: UInt32, count: UInt32, ready: UInt32
  ) throws(SystemError) {
    guard count > 0 else { throw .invalid }
    guard count <= WASIPreview1.subscriptionLimit else { throw .outOfMemory }
    var entries: [Subscription] = []
    for index in 0..<count {
      entries.append(try subscription(try element(memory, subscriptions, index, WASIPreview1.subscriptionSize)))
    }
    let readyInput = try waitForAny(entries)

    let now = try os.clock.monotonic()
    var written: UInt32 = 0
    for entry in entries {
      let type: UInt8
      var hangUp = false
      switch entry.topic {
      case .clock(let deadline):
        guard deadline <= now else { continue }
        type = EventType.clock
      case .read(let descriptor):
        if case .stream = descriptor, !readyInput { continue }
        if case .file(let file) = descriptor { hangUp = try file.attributes().size <= file.position }
        type = EventType.read
      case .write: type = EventType.write
      }
      let event = try element(memory, events, written, WASIPreview1.eventSize)
      try event.store64(entry.userData, 0)
      try event.store16(UInt16(WASIErrno.success), 8)
      try event.store8(type, 10)
      // Wasmtime does not say how much can be read or written, but that something can.
      try event.store64(type == EventType.clock ? 0 : 1, 16)
      try event.store16(hangUp ? 1 : 0, 24)
      written += 1
    }
    try memory.store32(written, ready)
  }

  private func element(
    _ memory: LinearMemory, _ array: UInt32, _ index: UInt32, _ size: UInt32
  ) throws(SystemError) -> MemoryRegion {
    let (address, overflow) = array.addingReportingOverflow(index * size)
    guard !overflow else { throw .fault }
    return try memory.structure(address, size, alignment: 8)
  }

  private func subscription(_ source: MemoryRegion) throws(SystemError) -> Subscription {
    let userData = try source.load64(0)
    let topic: Subscription.Topic
    switch try source.load8(8) {
    case EventType.clock: topic = .clock(deadline: try deadline(source))
    case EventType.read:
      let descriptor = try descriptor(try source.load32(16))
      switch descriptor {
      case .stream(Streams.input), .file: topic = .read(descriptor)
      case .stream, .directory: throw .badDescriptor
      }
    case EventType.write:
      let descriptor = try descriptor(try source.load32(16))
      switch descriptor {
      case .stream(Streams.input), .directory: throw .badDescriptor
      case .stream: break
      case .file(let file):
        guard file.isMutable else { throw .notPermitted }
      }
      topic = .write
    default: throw .invalid
    }
    return Subscription(userData: userData, topic: topic)
  }

  /// In monotonic time.
  private func deadline(_ source: MemoryRegion) throws(SystemError) -> UInt64 {
    let clock = try source.load32(16)
    let timeout = try source.load64(24)
    let flags = UInt32(try source.load16(40))
    let isAbsolute = flags == 1
    guard flags <= 1, clock == ClockIdentity.realtime || clock == ClockIdentity.monotonic else { throw .invalid }
    if isAbsolute, clock == ClockIdentity.monotonic { return timeout }
    var duration = timeout
    if isAbsolute {
      let wall = try os.clock.wall()
      duration = timeout > wall ? timeout - wall : 0
    }
    let (deadline, overflow) = try os.clock.monotonic().addingReportingOverflow(duration)
    return overflow ? UInt64.max : deadline
  }

  /// - Returns: whether standard input is ready, as far as it was asked for.
  private func waitForAny(_ entries: [Subscription]) throws(SystemError) -> Bool {
    var earliest = UInt64.max
    var watched: UInt64 = 0
    for entry in entries {
      switch entry.topic {
      case .clock(let deadline): earliest = deadline < earliest ? deadline : earliest
      case .read(.stream(let stream)): watched |= 1 << UInt64(stream)
      case .read, .write: earliest = 0
      }
    }
    if watched != 0, os.streams.hasInput { return true }
    // The host may wake us early.
    while true {
      let now = try os.clock.monotonic()
      let isOver = earliest <= now
      if isOver, watched == 0 { return false }
      let duration = isOver ? 0 : earliest == UInt64.max ? UInt64.max : earliest - now
      if try os.edge.wait(nanoseconds: duration, streams: watched) != 0 { return true }
      if isOver { return false }
    }
  }
}

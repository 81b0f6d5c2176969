#if canImport(LibOS)
  import EdgeCalls
  import LibOS
#endif

/// `poll_oneoff` where a socket is among what is waited for.
extension InstanceNetwork {
  private struct Subscription {
    let userData: UInt64
    let type: UInt8
    let topic: Topic

    enum Topic {
      /// Monotonic nanoseconds.
      case clock(deadline: UInt64)
      case socket(UInt32, UInt32)
      case input
      /// Files and output never make a program wait here.
      case ready
    }
  }

  private static let clock: UInt8 = 0
  private static let read: UInt8 = 1
  private static let write: UInt8 = 2
  /// More could be asked for than the heap holds, and than one call carries.
  private static let subscriptionLimit: UInt32 = 16384

  /// Whether a subscription is of a socket; false also for what cannot be read.
  public func concernsSockets(_ memory: LinearMemory, subscriptions: UInt32, count: UInt32) -> Bool {
    guard count <= Self.subscriptionLimit, let array = try? memory.slice(subscriptions, count * 48) else { return false }
    for index in 0..<UInt64(count) {
      guard let type = try? array.load8(index * 48 + 8), type == Self.read || type == Self.write else { continue }
      if let descriptor = try? array.load32(index * 48 + 16), handle(descriptor) != nil { return true }
    }
    return false
  }

  public func pollOneoff(
    _ memory: LinearMemory, subscriptions: UInt32, events: UInt32, count: UInt32, ready: UInt32
  ) throws(SystemError) {
    guard count > 0 else { throw .invalid }
    guard count <= Self.subscriptionLimit else { throw .outOfMemory }
    let array = try memory.structure(subscriptions, count * 48, alignment: 8)
    var entries: [Subscription] = []
    for index in 0..<UInt64(count) { entries.append(try subscription(try array.slice(index * 48, 48))) }
    let found = try waitForAny(entries)
    let now = try os.clock.monotonic()
    let target = try memory.structure(events, count * 32, alignment: 8)
    var (written, socket): (UInt64, Int) = (0, 0)
    for entry in entries {
      switch entry.topic {
      case .clock(let deadline): if deadline > now { continue }
      case .socket:
        socket += 1
        if found.sockets[socket - 1] == 0 { continue }
      case .input: if !found.input { continue }
      case .ready: break
      }
      let event = try target.slice(written * 32, 32)
      for offset in 0..<4 as Range<UInt64> { try event.store64(0, 8 * offset) }
      try event.store64(entry.userData, 0)
      try event.store8(entry.type, 10)
      try event.store64(entry.type == Self.clock ? 0 : 1, 16)
      written += 1
    }
    try memory.store32(UInt32(truncatingIfNeeded: written), ready)
  }

  private func subscription(_ source: MemoryRegion) throws(SystemError) -> Subscription {
    let type = try source.load8(8)
    let topic: Subscription.Topic
    switch type {
    case Self.clock: topic = .clock(deadline: try deadline(source))
    case Self.read, Self.write:
      let descriptor = try source.load32(16)
      if let handle = handle(descriptor) {
        topic = .socket(handle, type == Self.read ? NetworkEvents.readable : NetworkEvents.writable)
      } else {
        switch os.descriptors[descriptor] {
        case .stream(Streams.input)? where type == Self.read: topic = .input
        case .stream(let stream)? where type == Self.write && stream != Streams.input: topic = .ready
        case .file?: topic = .ready
        default: throw .badDescriptor
        }
      }
    default: throw .invalid
    }
    return Subscription(userData: try source.load64(0), type: type, topic: topic)
  }

  /// In monotonic time.
  private func deadline(_ source: MemoryRegion) throws(SystemError) -> UInt64 {
    let (clock, timeout, flags) = (try source.load32(16), try source.load64(24), try source.load16(40))
    guard flags <= 1, clock <= 1 else { throw .invalid }
    if flags == 1, clock == 1 { return timeout }
    var duration = timeout
    if flags == 1 {
      let wall = try os.clock.wall()
      duration = timeout > wall ? timeout - wall : 0
    }
    let (deadline, overflow) = try os.clock.monotonic().addingReportingOverflow(duration)
    return overflow ? UInt64.max : deadline
  }

  /// - Returns: for each socket in their order the events that there are, and whether there is input.
  private func waitForAny(_ entries: [Subscription]) throws(SystemError) -> (sockets: [UInt32], input: Bool) {
    var earliest = UInt64.max
    var request: [(handle: UInt32, events: UInt32)] = []
    var watchesInput = false
    for entry in entries {
      switch entry.topic {
      case .clock(let deadline): earliest = min(earliest, deadline)
      case .socket(let handle, let events): request.append((handle, events))
      case .input: watchesInput = true
      case .ready: earliest = 0
      }
    }
    let hasInput = watchesInput && os.streams.hasInput
    if hasInput { earliest = 0 }
    // The host may wake us early.
    while true {
      let now = try os.clock.monotonic()
      let isOver = earliest <= now
      let payload = os.edge.payload
      for (index, entry) in request.enumerated() {
        try payload.store32(entry.handle, UInt64(index) * 8)
        try payload.store32(entry.events, UInt64(index) * 8 + 4)
      }
      let size = UInt64(request.count) * 8
      let answer = try os.edge.network(
        .wait, watchesInput && !hasInput ? 1 : 0, argument: isOver ? 0 : earliest == .max ? .max : earliest - now, length: size, wanted: size)
      var sockets: [UInt32] = []
      var isReady = hasInput || answer.value & 1 != 0
      for (index, entry) in request.enumerated() {
        let events = try payload.load32(UInt64(index) * 8 + 4) & entry.events
        if events != 0 { isReady = true }
        sockets.append(events)
      }
      if isReady || isOver { return (sockets, hasInput || answer.value & 1 != 0) }
    }
  }
}

#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// Edge calls as typed requests. What the host answers is checked here and nowhere else: an answer that breaks the edge's
/// rules is an input/output error to the program.
public final class EdgeClient {
  let transport: EdgeTransport
  /// ``InitialisationUse``: what the program has been told so far that clones of it must not share.
  package var used: UInt64 = 0
  /// Bytes of output that stand in the window.
  private var held: UInt64 = 0

  public init(transport: EdgeTransport) {
    self.transport = transport
  }

  package var payload: MemoryRegion { transport.payload }

  package struct Answer {
    package let first: UInt64
    let second: UInt64
    let third: UInt64
    /// Bytes of payload, at most the window's capacity.
    package let length: UInt64
  }

  package func call(
    _ call: EdgeCall, _ a0: UInt64 = 0, _ a1: UInt64 = 0, _ a2: UInt64 = 0, _ a3: UInt64 = 0, _ a4: UInt64 = 0,
    _ a5: UInt64 = 0, length: UInt64 = 0
  ) throws(SystemError) -> Answer {
    guard length <= EdgeWindow.payloadCapacity else { throw .invalid }
    return try perform(EdgeTransport.Request(call: call, length: length, arguments: (a0, a1, a2, a3, a4, a5), isBulk: length > EdgeClient.bulk))
  }

  func perform(_ request: EdgeTransport.Request, progress: (UInt64) -> Void = { _ in }) throws(SystemError) -> Answer {
    used |= InitialisationUse.of(request.call)
    let response = try transport.perform(request, progress: progress)
    held = 0
    guard response.error == 0 else {
      throw response.error < EdgeError.limit ? SystemError(number: response.error) : .inputOutput
    }
    guard UInt64(response.length) <= EdgeWindow.payloadCapacity else { throw .inputOutput }
    return Answer(
      first: response.results.0, second: response.results.1, third: response.results.2, length: UInt64(response.length))
  }
}

// MARK: Life

extension EdgeClient {
  /// Does not return when the host keeps to the rules; the caller halts if it does.
  /// - Parameter limits: ``LimitsReached``, as in the following.
  public func exit(status: UInt32, limits: UInt64) {
    _ = try? call(.exit, UInt64(status), limits)
  }

  /// Returns when the host has further commands.
  public func trap(
    kind: UInt32, instruction: UInt64 = 0, cause: UInt64 = 0, errorCode: UInt64 = 0, stackPointer: UInt64 = 0, limits: UInt64 = 0
  ) {
    _ = try? call(.trap, UInt64(kind), instruction, cause, errorCode, stackPointer, limits)
  }

  /// Does not return when the host keeps to the rules; the caller halts if it does.
  public func abort(reason: StaticString) {
    let text = MemoryRegion(reason)
    try? payload.copy(from: text)
    _ = try? call(.abort, length: text.count)
  }

  /// - Parameter bytes: the new size of the linear memory `index`.
  public func growMemory(index: UInt32, bytes: UInt64) throws(SystemError) {
    _ = try call(.growMemory, UInt64(index), bytes)
  }
}

// MARK: Streams

extension EdgeClient {
  /// Reads into the payload. - Returns: bytes read, 0 at the end.
  func readStream(_ stream: UInt32, wanted: UInt64, behind: UInt64) throws(SystemError) -> UInt64 {
    let length = try call(.readStream, UInt64(stream), wanted, behind).length
    guard length <= wanted else { throw .inputOutput }
    return length
  }

  /// Writes the first `length` bytes of the payload. - Returns: how many of them were taken, at least 1.
  func writeStream(_ stream: UInt32, length: UInt64) throws(SystemError) -> UInt64 {
    let taken = try call(.writeStream, UInt64(stream), length: length).first
    guard taken >= 1, taken <= length else { throw .inputOutput }
    return taken
  }

  /// Holds back as much as there is room for. - Returns: bytes.
  func holdOutput<List: BufferList>(_ list: inout List) throws(SystemError) -> UInt64 {
    used |= InitialisationUse.stream
    let room = try transport.heldOutput.slice(held, EdgeWindow.heldOutputCapacity - held)
    let count = try list.gather(into: room)
    held += count
    try transport.announceHeldOutput(held)
    return count
  }

  func streamKind(_ stream: UInt32) throws(SystemError) -> NodeKind {
    try nodeKind(try call(.streamKind, UInt64(stream)).first)
  }

  func nodeKind(_ number: UInt64) throws(SystemError) -> NodeKind {
    guard number <= UInt64(UInt32.max), let kind = NodeKind(rawValue: UInt32(truncatingIfNeeded: number)) else {
      throw .inputOutput
    }
    return kind
  }
}

// MARK: Time

extension EdgeClient {
  /// Nanoseconds since 1970, and the clock's resolution, between a nanosecond and a second.
  func wallClock() throws(SystemError) -> (now: UInt64, resolution: UInt64) {
    let answer = try call(.wallClock)
    guard answer.second >= 1, answer.second <= 1_000_000_000 else { throw .inputOutput }
    return (answer.first, answer.second)
  }

  func monotonicClock() throws(SystemError) -> UInt64 {
    try call(.monotonicClock).first
  }

  /// - Returns: those of `streams` that are ready, bit n for stream n.
  func wait(nanoseconds: UInt64, streams: UInt64) throws(SystemError) -> UInt64 {
    try call(.wait, nanoseconds, streams).first & streams
  }
}

extension InitialisationUse {
  fileprivate static func of(_ call: EdgeCall) -> UInt64 {
    switch call {
    // Of the monotonic clock ``Clock`` says itself whether a program saw it: where there is no counter it begins with the host's, unasked.
    case .nextCommand, .exit, .trap, .growMemory, .abort, .close, .monotonicClock: 0
    case .readStream, .writeStream, .streamKind: stream
    case .wallClock, .wait: clock
    case .secrets: secret
    case .network: network
    case .open, .readFile, .writeFile, .appendFile, .attributes, .attributesAt, .readDirectory, .createDirectory, .removeDirectory, .unlink,
      .rename, .link, .symlink, .readLink, .setSize, .setTimes, .setTimesAt, .synchronize, .openVolume, .readVolume, .writeVolume, .flushVolume, .publishVolume:
      hostFile
    }
  }
}

#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// The bare exchange with the host through the edge window. It knows the window's layout and nothing of the calls.
public struct EdgeTransport {
  private let window: MemoryRegion
  private let exchange: () -> Void
  private let doorbell: Doorbell?
  /// The window's payload, which request and response share.
  public let payload: MemoryRegion
  /// Room for ``EdgeWindow/heldOutputCapacity`` bytes.
  let heldOutput: MemoryRegion

  /// - Parameters:
  ///   - window: the first of `MemoryMap.edgeWindowSize` bytes.
  ///   - exchange: hands the request over and returns when the response is there.
  ///   - doorbell: another way, without leaving the machine.
  public init(window: UnsafeMutableRawPointer, exchange: @escaping () -> Void, doorbell: Doorbell? = nil) {
    self.window = MemoryRegion(base: window, count: MemoryMap.edgeWindowSize)
    self.exchange = exchange
    self.doorbell = doorbell
    payload = MemoryRegion(
      base: window + Int(truncatingIfNeeded: EdgeWindow.payloadOffset), count: EdgeWindow.payloadCapacity)
    heldOutput = MemoryRegion(
      base: window + Int(truncatingIfNeeded: EdgeWindow.heldOutputOffset), count: EdgeWindow.heldOutputCapacity)
  }

  /// The way past the thread that runs the machine.
  public struct Doorbell {
    let post: () -> Bool
    let wait: (_ seen: UInt32) -> UInt32

    /// - Parameters:
    ///   - post: says that a request stands in the window; false when nobody would serve it.
    ///   - wait: waits for what becomes of it: a ``DoorbellState`` `answered`, `declined` or `idle` (nobody came), or else `taken` with
    ///     another progress than the one seen, where `UInt32.max` is no interest in any.
    public init(post: @escaping () -> Bool, wait: @escaping (_ seen: UInt32) -> UInt32) {
      self.post = post
      self.wait = wait
    }
  }

  public struct Request {
    public var call: EdgeCall
    public var length: UInt64 = 0
    public var arguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
    /// Moves so many bytes that fetching them from another processor's cache would take longer than leaving the machine does.
    public var isBulk = false
  }

  /// What the host answered, each field read once; nothing of it has been checked.
  public struct Response {
    public let error: UInt32
    public let length: UInt32
    public let results: (UInt64, UInt64, UInt64)
  }

  /// - Parameter progress: called perhaps, with how many bytes of the response's payload are there before the call has ended: more each
  ///   time, at most the capacity.
  public func perform(_ request: Request, progress: (UInt64) -> Void = { _ in }) throws(SystemError) -> Response {
    try write(request)
    let isAnswered = request.call.isPrompt && !request.isBulk ? try isAnsweredByDoorbell(progress) : false
    if !isAnswered {
      // Somebody may have taken the request out of the window before he declined it.
      try write(request)
      exchange()
    }
    return Response(
      error: try window.load32(EdgeWindow.errorOffset),
      length: try window.load32(EdgeWindow.responseLengthOffset),
      results: (
        try window.load64(EdgeWindow.resultsOffset), try window.load64(EdgeWindow.resultsOffset + 8),
        try window.load64(EdgeWindow.resultsOffset + 16)
      ))
  }

  func announceHeldOutput(_ count: UInt64) throws(SystemError) {
    try window.store32(UInt32(truncatingIfNeeded: count), EdgeWindow.heldOutputLengthOffset)
  }

  private func isAnsweredByDoorbell(_ progress: (UInt64) -> Void) throws(SystemError) -> Bool {
    guard let doorbell, doorbell.post() else { return false }
    var seen: UInt32 = 0
    while true {
      let state = doorbell.wait(seen)
      guard state == DoorbellState.taken.rawValue else { return state == DoorbellState.answered.rawValue }
      let now = try window.load32(EdgeWindow.doorbellProgressOffset)
      // Who counts otherwise is not asked again, so that this ends.
      if now > seen, UInt64(now) <= EdgeWindow.payloadCapacity {
        seen = now
        progress(UInt64(now))
      } else {
        seen = .max
      }
    }
  }

  private func write(_ request: Request) throws(SystemError) {
    let arguments = EdgeWindow.argumentsOffset
    try window.store32(request.call.rawValue, EdgeWindow.callOffset)
    try window.store32(UInt32(truncatingIfNeeded: request.length), EdgeWindow.requestLengthOffset)
    try window.store64(request.arguments.0, arguments)
    try window.store64(request.arguments.1, arguments + 8)
    try window.store64(request.arguments.2, arguments + 16)
    try window.store64(request.arguments.3, arguments + 24)
    try window.store64(request.arguments.4, arguments + 32)
    try window.store64(request.arguments.5, arguments + 40)
  }
}

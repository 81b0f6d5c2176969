#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// The bare exchange with the host through the edge window. It knows the window's layout and nothing of the calls.
public struct EdgeTransport {
  private let window: MemoryRegion
  private let exchange: () -> Void
  private let doorbell: () -> Bool
  /// The window's payload, which request and response share.
  public let payload: MemoryRegion

  /// - Parameters:
  ///   - window: the first of `MemoryMap.edgeWindowSize` bytes.
  ///   - exchange: hands the request over and returns when the response is there.
  ///   - doorbell: does so without leaving the machine if somebody else serves the call; false when nobody has.
  public init(window: UnsafeMutableRawPointer, exchange: @escaping () -> Void, doorbell: @escaping () -> Bool = { false }) {
    self.window = MemoryRegion(base: window, count: MemoryMap.edgeWindowSize)
    self.exchange = exchange
    self.doorbell = doorbell
    payload = MemoryRegion(
      base: window + Int(truncatingIfNeeded: EdgeWindow.payloadOffset), count: EdgeWindow.payloadCapacity)
  }

  public struct Request {
    public var call: EdgeCall
    public var length: UInt64 = 0
    public var arguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0)
  }

  /// What the host answered, each field read once; nothing of it has been checked.
  public struct Response {
    public let error: UInt32
    public let length: UInt32
    public let results: (UInt64, UInt64, UInt64)
  }

  public func perform(_ request: Request) throws(SystemError) -> Response {
    try write(request)
    if !request.call.isPrompt || !doorbell() {
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

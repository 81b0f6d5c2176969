/// A line for a function's author, or for the node's operator.
public struct FunctionLogLine: Sendable, Hashable {
  public enum Stream: String, Sendable, Hashable, Codable {
    /// What the program wrote to standard error.
    case standardError = "stderr"
    /// Why a call ended otherwise than well.
    case end
    /// What the node did: a template that failed, a monitor process that died.
    case node
  }

  /// Nanoseconds since 1970.
  public var time: UInt64
  public var tenant: String
  public var function: String
  /// The measurement.
  public var revision: String
  /// The request's identifier, as its caller was told; empty for lines that belong to none.
  public var request: String
  /// The request's `traceparent`, or the trace's number alone; empty where there is none.
  public var trace: String
  public var stream: Stream
  /// A line, or several; whoever takes them makes them fit to be shown (``LogText``).
  public var text: String
  /// The line was longer than ``LogText/limit``, and this is its beginning.
  public var isCut: Bool

  public init(
    time: UInt64, tenant: String, function: String, revision: String, request: String, trace: String = "", stream: Stream, text: String, isCut: Bool = false
  ) {
    self.time = time
    self.tenant = tenant
    self.function = function
    self.revision = revision
    self.request = request
    self.trace = trace
    self.stream = stream
    self.text = text
    self.isCut = isCut
  }
}

/// Takes lines on event loops: it must neither wait nor grow without bound.
public protocol LogSink: Sendable {
  func record(_ line: FunctionLogLine)
}

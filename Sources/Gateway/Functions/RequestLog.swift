import Logging

/// A line for each request of a function: who asked for what, and what came of it. What callers send stays out of it: no query, no header, no body.
struct RequestLog: Sendable {
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  /// - Parameters:
  ///   - function: nil where there is none of the name.
  ///   - path: with its query, which is left out.
  ///   - status: 0 where the caller has gone before an answer began.
  ///   - nanoseconds: from the header's arrival to the answer's end.
  ///   - received: bytes of the body.
  func record(
    function: String?, method: String, path: String, status: Int, nanoseconds: UInt64, received: Int, request: String, trace: String
  ) {
    var fields: Logger.Metadata = [
      "method": "\(method)", "path": "\(path.prefix { $0 != "?" })", "milliseconds": "\(Double(nanoseconds / 1000) / 1000)",
      "received": "\(received)", "request": "\(request)", "trace": "\(trace)",
    ]
    if let function { fields["function"] = "\(function)" }
    fields["status"] = status == 0 ? "the caller has gone" : "\(status)"
    logger.info("request", metadata: fields)
  }
}

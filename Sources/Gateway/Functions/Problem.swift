import JSONText
import NIOCore
import NIOHTTP1

/// An error as its caller is told it: `application/problem+json` (RFC 9457).
public struct Problem: Error, Sendable, Hashable {
  public var status: Int
  public var title: String
  public var detail: String
  /// Seconds after which it is worth trying again.
  public var retryAfter: Int?

  public init(_ status: Int, _ title: String, _ detail: String, retryAfter: Int? = nil) {
    self.status = status
    self.title = title
    self.detail = detail
    self.retryAfter = retryAfter
  }

  public var json: String {
    let problem: JSON = ["type": "about:blank", "title": .string(title), "status": .number(status), "detail": .string(detail)]
    return "\(problem)\n"
  }
}

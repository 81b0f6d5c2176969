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
    "{\"type\":\"about:blank\",\"title\":\(Self.quoted(title)),\"status\":\(status),\"detail\":\(Self.quoted(detail))}\n"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

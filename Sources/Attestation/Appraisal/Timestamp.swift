import Foundation

/// A time in UTC to the second (RFC 3339), as verdicts print it and command lines take it.
public func timestamp(_ time: Date) -> String { time.formatted(.iso8601) }

/// The time that RFC 3339 text stands for; seconds may have a fraction, and a date alone is its first moment. Nil for other text.
public func time(timestamp text: String) -> Date? {
  if let time = try? Date(text, strategy: .iso8601) { return time }
  if let time = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) { return time }
  return try? Date(text, strategy: Date.ISO8601FormatStyle().year().month().day())
}

import Foundation

/// A time in UTC to the second (RFC 3339), as verdicts print it and command lines take it.
public func timestamp(_ time: Date) -> String { time.formatted(.iso8601) }

/// The time that RFC 3339 text stands for; seconds may have a fraction, and a date alone is its first moment. Nil for other text: for a
/// day or an hour that there is not, for a time without its zone, and for anything after it.
public func time(timestamp text: String) -> Date? {
  var rest = Array(text.utf8)[...]
  func take(_ character: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: character) else { return false }
    rest = rest.dropFirst()
    return true
  }
  func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
    let text = rest.prefix(digits)
    guard text.count == digits, text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    rest = rest.dropFirst(digits)
    let value = text.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    return range.contains(value) ? value : nil
  }
  guard let year = number(4, 0...9999), take("-"), let month = number(2, 1...12), take("-"), let day = number(2, 1...31) else { return nil }
  let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  guard day <= [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] else { return nil }
  let midnight = EndorsementCertificate.secondsSince1970(year, month, day)
  if rest.isEmpty { return Date(timeIntervalSince1970: midnight) }
  guard take("T") || take("t"), let hour = number(2, 0...23), take(":"), let minute = number(2, 0...59), take(":"),
    let second = number(2, 0...59)
  else { return nil }
  var seconds = midnight + Double(hour * 3600 + minute * 60 + second)
  if take(".") {
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    guard (1...9).contains(digits.count) else { return nil }
    rest = rest.dropFirst(digits.count)
    seconds += digits.reversed().reduce(0) { ($0 + Double($1) - 0x30) / 10 }
  }
  if !(take("Z") || take("z")) {
    let isEast = take("+")
    guard isEast || take("-"), let hours = number(2, 0...23), take(":"), let minutes = number(2, 0...59) else { return nil }
    seconds += Double(hours * 3600 + minutes * 60) * (isEast ? -1 : 1)
  }
  return rest.isEmpty ? Date(timeIntervalSince1970: seconds) : nil
}

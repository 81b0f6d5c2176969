/// A number of bytes, as people write it: `64MiB`, `1.5GiB`, `65536`.
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var bytes: UInt64

  public init(bytes: UInt64) { self.bytes = bytes }

  public static func kibibytes(_ count: UInt32) -> ByteCount { ByteCount(bytes: UInt64(count) << 10) }
  public static func mebibytes(_ count: UInt32) -> ByteCount { ByteCount(bytes: UInt64(count) << 20) }
  public static func gibibytes(_ count: UInt32) -> ByteCount { ByteCount(bytes: UInt64(count) << 30) }

  /// Digits, perhaps with a decimal point, and a unit: none or `B` (bytes), `KiB`, `MiB`, `GiB`, `TiB` (powers of 1024; also
  /// `Ki`, `Mi`, `Gi`, `Ti`), `kB`, `KB`, `MB`, `GB`, `TB` (powers of 1000). Nil for anything else, and where no whole number
  /// of bytes below 2^64 is meant.
  public init?(parsing text: String) {
    guard let bytes = parseQuantity(text, units: Self.units, bareUnit: 1) else { return nil }
    self.bytes = bytes
  }

  /// In the largest binary unit of which it is a whole number: `64MiB`, `1000B`.
  public var description: String {
    for (name, size) in [("TiB", UInt64(1) << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    where bytes > 0 && bytes.isMultiple(of: size) {
      return "\(bytes / size)\(name)"
    }
    return "\(bytes)B"
  }

  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

  private static let units: [String: UInt64] = [
    "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
    "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
    "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
  ]
}

/// A length of time, as people write it: `30s`, `250ms`, `1.5h`.
public struct TimeSpan: Sendable, Hashable, Comparable, CustomStringConvertible {
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static func seconds(_ count: UInt32) -> TimeSpan { TimeSpan(nanoseconds: UInt64(count) * 1_000_000_000) }
  public static func milliseconds(_ count: UInt32) -> TimeSpan { TimeSpan(nanoseconds: UInt64(count) * 1_000_000) }

  /// Digits, perhaps with a decimal point, and a unit: `ns`, `us`, `ms`, `s`, `m` or `h`. Nil for anything else, also for a
  /// number without a unit, and where no whole number of nanoseconds below 2^64 is meant.
  public init?(parsing text: String) {
    guard let nanoseconds = parseQuantity(text, units: Self.units, bareUnit: nil) else { return nil }
    self.nanoseconds = nanoseconds
  }

  /// In the largest unit of which it is a whole number: `30s`, `250ms`, `90m`.
  public var description: String {
    for (name, size) in [("h", UInt64(3_600_000_000_000)), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000)]
    where nanoseconds > 0 && nanoseconds.isMultiple(of: size) {
      return "\(nanoseconds / size)\(name)"
    }
    return nanoseconds == 0 ? "0s" : "\(nanoseconds)ns"
  }

  public var duration: Duration {
    .seconds(Int64(nanoseconds / 1_000_000_000)) + .nanoseconds(Int64(nanoseconds % 1_000_000_000))
  }

  public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.nanoseconds < right.nanoseconds }

  private static let units: [String: UInt64] = [
    "ns": 1, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
  ]
}

/// The number before a unit, times the unit: exact, or nil.
private func parseQuantity(_ text: String, units: [String: UInt64], bareUnit: UInt64?) -> UInt64? {
  let bytes = Array(text.utf8)
  let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  let whole = bytes.prefix(while: isDigit)
  var rest = bytes[whole.endIndex...]
  guard !whole.isEmpty else { return nil }
  var fraction: ArraySlice<UInt8> = []
  if rest.first == UInt8(ascii: ".") {
    fraction = rest.dropFirst().prefix(while: isDigit)
    guard !fraction.isEmpty else { return nil }
    rest = bytes[fraction.endIndex...]
  }
  guard let unit = rest.isEmpty ? bareUnit : units[String(decoding: rest, as: UTF8.self)] else { return nil }

  // The digits behind the point are worth `unit` times less at each place; what does not come out whole is refused.
  guard var total = decimal(whole, times: unit) else { return nil }
  var numerator: UInt64 = 0
  var denominator: UInt64 = 1
  for digit in fraction {
    let (scaled, overflow) = denominator.multipliedReportingOverflow(by: 10)
    guard !overflow else { return nil }
    denominator = scaled
    numerator = numerator * 10 + UInt64(digit - UInt8(ascii: "0"))
  }
  let product = numerator.multipliedFullWidth(by: unit)
  guard product.high < denominator else { return nil }
  let (quotient, remainder) = denominator.dividingFullWidth(product)
  let (sum, overflow) = total.addingReportingOverflow(quotient)
  guard remainder == 0, !overflow else { return nil }
  total = sum
  return total
}

private func decimal(_ digits: ArraySlice<UInt8>, times unit: UInt64) -> UInt64? {
  var value: UInt64 = 0
  for digit in digits {
    let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = scaled.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
    guard !overflow, !carry else { return nil }
    value = sum
  }
  let (total, overflow) = value.multipliedReportingOverflow(by: unit)
  return overflow ? nil : total
}

extension ByteCount: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = ByteCount(parsing: text) else { throw unreadable(text, decoder) }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension TimeSpan: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let value = TimeSpan(parsing: text) else { throw unreadable(text, decoder) }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

private func unreadable(_ text: String, _ decoder: any Decoder) -> DecodingError {
  .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a quantity with its unit"))
}

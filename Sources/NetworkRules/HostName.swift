/// A name that is to be resolved, in one spelling: lower case, without a dot at its end.
public struct HostName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  /// Letters, digits, '-' and '_' in labels of 1 to 63, 253 in all (RFC 1123, section 2.1). Nil for anything else, and for what libraries take for an
  /// address though it is none: a last label that is a number.
  public init?(_ text: String) {
    var bytes = Array(text.utf8)
    if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
    guard (1...253).contains(bytes.count) else { return nil }
    let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.allSatisfy(Self.isLabel), let last = labels.last, !Self.isNumber(last) else { return nil }
    description = String(decoding: bytes.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
  }

  /// The host itself, which is asked of nobody (RFC 6761, section 6.3).
  public var isLocal: Bool { description == "localhost" || description.hasSuffix(".localhost") }

  private static func isLabel(_ label: ArraySlice<UInt8>) -> Bool {
    (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
      && label.allSatisfy { isDigit($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x5F }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// Decimal, or hexadecimal behind "0x".
  private static func isNumber(_ label: ArraySlice<UInt8>) -> Bool {
    if label.allSatisfy(isDigit) { return true }
    let rest = label.dropFirst(2)
    return label.prefix(2).map { $0 | 0x20 } == [0x30, 0x78] && rest.allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
  }
}

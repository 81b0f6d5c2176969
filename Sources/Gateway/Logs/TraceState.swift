/// A `tracestate` header (W3C Trace Context, level 2, section 3.3): what systems that take part in a trace tell themselves. It is passed on
/// as it came, if it is one.
public struct TraceState: Hashable, Sendable {
  /// Members in all, and characters: the least that the standard asks everyone to pass on, and no more.
  public static let memberLimit = 32
  public static let lengthLimit = 512

  /// "key=value,...", without empty members; empty if there are none.
  public let text: String

  /// - Parameter fields: the header's lines, in their order.
  public init(_ fields: some Sequence<String>) throws(TraceContextError) {
    var members: [Substring] = []
    var keys: Set<Substring> = []
    var length = 0
    for field in fields {
      for part in field.split(separator: ",") {
        let member = Self.trimmed(part)
        if member.isEmpty { continue }
        guard members.count < Self.memberLimit else { throw .tooManyMembers }
        length += member.utf8.count + 1
        guard length - 1 <= Self.lengthLimit else { throw .tooLong }
        guard let equals = member.firstIndex(of: "="), Self.isKey(member[..<equals].utf8),
          Self.isValue(member[member.index(after: equals)...].utf8)
        else { throw .malformedMember }
        guard keys.insert(member[..<equals]).inserted else { throw .repeatedKey }
        members.append(member)
      }
    }
    text = members.joined(separator: ",")
  }

  private static func trimmed(_ part: Substring) -> Substring {
    var part = part
    while part.first == " " || part.first == "\t" { part.removeFirst() }
    while part.last == " " || part.last == "\t" { part.removeLast() }
    return part
  }

  /// A lower-case letter or digit, then up to 255 of those and `_-*/@`.
  private static func isKey(_ key: Substring.UTF8View) -> Bool {
    guard let first = key.first, isLetterOrDigit(first), key.count <= 256 else { return false }
    return key.dropFirst().allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
  }

  /// 1 to 256 printable characters but `,` and `=`, of which the last is no space.
  private static func isValue(_ value: Substring.UTF8View) -> Bool {
    guard let last = value.last, last != UInt8(ascii: " "), value.count <= 256 else { return false }
    return value.allSatisfy { $0 >= 0x20 && $0 <= 0x7E && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}

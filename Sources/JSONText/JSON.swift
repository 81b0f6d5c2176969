/// A value of JSON (RFC 8259) to be written, members in their order.
public enum JSON: Sendable, Hashable, CustomStringConvertible {
  case null
  case boolean(Bool)
  case whole(Int128)
  /// What is no number, or not finite, is written as `null`.
  case decimal(Double)
  case string(String)
  case array([JSON])
  case members([Member])
  /// What is JSON already, and is not looked at.
  case encoded([UInt8])

  public struct Member: Sendable, Hashable {
    public var name: String
    public var value: JSON
  }

  public static func object(_ members: [(String, JSON)]) -> JSON { .members(members.map { Member(name: $0.0, value: $0.1) }) }

  public static func number(_ value: some FixedWidthInteger) -> JSON { .whole(Int128(value)) }

  /// Without a blank or a line's end.
  public var description: String {
    var writer = JSONWriter()
    write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  private func write(to writer: inout JSONWriter) {
    switch self {
    case .null: writer.value(encoded: "null".utf8)
    case .boolean(let value): writer.value(value)
    case .whole(let value): writer.value(value)
    case .decimal(let value): writer.value(value)
    case .string(let text): writer.value(text)
    case .array(let elements): writer.array { for element in elements { element.write(to: &$0) } }
    case .encoded(let bytes): writer.value(encoded: bytes)
    case .members(let members):
      writer.object {
        for member in members {
          $0.key(member.name)
          member.value.write(to: &$0)
        }
      }
    }
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }
}

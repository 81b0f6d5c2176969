/// A value of JSON (RFC 8259), as far as the protocol needs it: numbers are whole.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// Within ±(2^53 - 1), which every reader of JSON can hold (RFC 7493, section 2.2).
  case integer(Int64)
  case string(String)
  case array([JSONValue])
  /// In the order of the text; no name twice.
  case object([JSONMember])

  public static let integers = -(Int64(1) << 53) + 1...(Int64(1) << 53) - 1

  /// An object of members, in any order.
  public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue { .object(members.map { JSONMember($0.key, $0.value) }) }

  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  public var text: String? { if case .string(let text) = self { text } else { nil } }

  public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }

  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer: "a number"
    case .string: "text"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

public struct JSONMember: Sendable, Equatable {
  public var name: String
  public var value: JSONValue

  public init(_ name: String, _ value: JSONValue) { (self.name, self.value) = (name, value) }
}

extension JSONValue {
  /// The one text of a value (JSON Canonicalization Scheme, RFC 8785), which both sides hash.
  public var canonical: [UInt8] {
    var text: [UInt8] = []
    write(to: &text)
    return text
  }

  private func write(to text: inout [UInt8]) {
    switch self {
    case .null: text += "null".utf8
    case .bool(let isTrue): text += (isTrue ? "true" : "false").utf8
    case .integer(let number): text += "\(number)".utf8
    case .string(let string): Self.write(string, to: &text)
    case .array(let elements):
      text.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        element.write(to: &text)
      }
      text.append(UInt8(ascii: "]"))
    case .object(let members):
      text.append(UInt8(ascii: "{"))
      // Section 3.2.3: by their UTF-16 code units.
      for (index, member) in members.sorted(by: { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }).enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        Self.write(member.name, to: &text)
        text.append(UInt8(ascii: ":"))
        member.value.write(to: &text)
      }
      text.append(UInt8(ascii: "}"))
    }
  }

  /// Section 3.2.2.2: only what must be escaped is.
  private static func write(_ string: String, to text: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0x08: text += "\\b".utf8
      case 0x09: text += "\\t".utf8
      case 0x0A: text += "\\n".utf8
      case 0x0C: text += "\\f".utf8
      case 0x0D: text += "\\r".utf8
      case 0..<0x20: text += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}

/// String tokens (specification 6.3.3).
enum StringLiteral {
  struct Escape {
    var bytes: [UInt8]
    /// Of the escape in the source.
    var length: Int
  }

  /// The escape at the start of `text`, which begins with a backslash; nil when it is none.
  static func escape(in text: ArraySlice<UInt8>) -> Escape? {
    let body = text.dropFirst()
    guard let first = body.first else { return nil }
    switch first {
    case UInt8(ascii: "t"): return Escape(bytes: [0x09], length: 2)
    case UInt8(ascii: "n"): return Escape(bytes: [0x0A], length: 2)
    case UInt8(ascii: "r"): return Escape(bytes: [0x0D], length: 2)
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): return Escape(bytes: [first], length: 2)
    case UInt8(ascii: "u"): return scalarEscape(in: body.dropFirst())
    default:
      guard let high = Digits.hexadecimal(first), let second = body.dropFirst().first,
        let low = Digits.hexadecimal(second)
      else { return nil }
      return Escape(bytes: [high << 4 | low], length: 3)
    }
  }

  /// `{hexnum}`, after `\u`.
  private static func scalarEscape(in text: ArraySlice<UInt8>) -> Escape? {
    guard text.first == UInt8(ascii: "{") else { return nil }
    // Leading zeros may be many, but an escape longer than its string is caught by the closing brace.
    let digits = text.dropFirst().prefix { $0 == UInt8(ascii: "_") || Digits.hexadecimal($0) != nil }
    guard text.dropFirst(digits.count + 1).first == UInt8(ascii: "}"),
      let value = Digits.number(digits, radix: 16), let code = UInt32(exactly: value.magnitude ?? .max),
      let scalar = Unicode.Scalar(code)
    else { return nil }
    return Escape(bytes: Array(String(Character(scalar)).utf8), length: digits.count + 4)
  }

  /// The bytes between the quotes of a string which the lexer has passed.
  static func contents(_ quoted: ArraySlice<UInt8>) -> [UInt8] {
    var rest = quoted.dropFirst().dropLast()
    var contents: [UInt8] = []
    contents.reserveCapacity(rest.count)
    while let backslash = rest.firstIndex(of: UInt8(ascii: "\\")), let escape = escape(in: rest[backslash...]) {
      contents += rest[..<backslash]
      contents += escape.bytes
      rest = rest[backslash...].dropFirst(escape.length)
    }
    contents += rest
    return contents
  }
}

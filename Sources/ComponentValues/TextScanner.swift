import WasmFormat

/// Goes through a text token by token, and says where it is.
struct TextScanner {
  let bytes: [UInt8]
  private(set) var offset = 0

  /// A text that somebody else wrote. Errors: it is longer than the limits have it, or not UTF-8.
  init(_ text: [UInt8], _ limits: ValueLimits) throws(ValueError) {
    guard text.count <= limits.textBytes else { throw ValueError(.limit, "a text of \(text.count) bytes; at most \(limits.textBytes) are read") }
    guard String(validating: text, as: UTF8.self) != nil else { throw ValueError(.syntax, "the text is not UTF-8") }
    self.init(text)
  }

  init(_ bytes: [UInt8], at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }
  var isAtEnd: Bool { offset >= bytes.count }

  func byte(ahead distance: Int) -> UInt8? { offset + distance < bytes.count ? bytes[offset + distance] : nil }

  mutating func advance(_ count: Int = 1) { offset = min(bytes.count, offset + count) }

  /// Whitespace, and comments where the text may have them: from `//` to the end of the line.
  mutating func skipSpace(comments: Bool) {
    while let byte {
      if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
        offset += 1
      } else if comments, byte == UInt8(ascii: "/"), self.byte(ahead: 1) == UInt8(ascii: "/") {
        while let byte = self.byte, byte != 0x0A { offset += 1 }
      } else {
        return
      }
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard byte == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  func starts(with text: StaticString) -> Bool {
    guard offset + text.utf8CodeUnitCount <= bytes.count else { return false }
    return text.withUTF8Buffer { $0.elementsEqual(bytes[offset..<offset + $0.count]) }
  }

  /// A number as JSON has them; nil where there is none.
  mutating func number() -> Substring? {
    let start = offset
    var end = offset
    func digits() -> Bool {
      let first = end
      while end < bytes.count, Self.isDigit(bytes[end]) { end += 1 }
      return end > first
    }
    if end < bytes.count, bytes[end] == UInt8(ascii: "-") { end += 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: "0") {
      end += 1
    } else {
      guard digits() else { return nil }
    }
    if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), Self.isDigit(bytes[end + 1]) {
      end += 1
      _ = digits()
    }
    if end < bytes.count, bytes[end] | 0x20 == UInt8(ascii: "e") {
      let mark = end
      end += 1
      if end < bytes.count, bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: "+") { end += 1 }
      if !digits() { end = mark }
    }
    // "12abc" is no number with something behind it.
    guard end == bytes.count || !Self.isNameByte(bytes[end]) else { return nil }
    offset = end
    return Substring(String(decoding: bytes[start..<end], as: UTF8.self))
  }

  /// Letters, digits and hyphens.
  mutating func word() -> String? {
    let start = offset
    while let byte, Self.isNameByte(byte) { offset += 1 }
    return offset > start ? String(decoding: bytes[start..<offset], as: UTF8.self) : nil
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  static func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "-")
  }

  /// Up to six hexadecimal digits as a character: surrogates are none.
  static func scalar(_ digits: some Collection<UInt8>) -> Unicode.Scalar? {
    guard !digits.isEmpty, digits.count <= 6 else { return nil }
    var value: UInt32 = 0
    for byte in digits {
      guard let digit = hexadecimal(byte) else { return nil }
      value = value << 4 | digit
    }
    return Unicode.Scalar(value)
  }

  static func hexadecimal(_ byte: UInt8) -> UInt32? {
    if isDigit(byte) { return UInt32(byte) - 0x30 }
    let letter = byte | 0x20
    return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f") ? UInt32(letter) - UInt32(UInt8(ascii: "a")) + 10 : nil
  }

  // MARK: For messages

  /// What stands at the place, in few characters.
  var found: String {
    guard offset < bytes.count else { return "the end" }
    let text = String(decoding: bytes[offset..<min(bytes.count, offset + 24)], as: UTF8.self)
    return quoted(String(text.prefix(12)) + (text.count > 12 ? "..." : ""))
  }

  /// Lines and columns count from 1, columns in characters of Unicode.
  func place(_ offset: Int) -> String {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let column = bytes[start..<before.endIndex].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
    return line == 1 ? "column \(column)" : "line \(line), column \(column)"
  }

  func mismatch(expected: String) -> ValueError { ValueError(.syntax, "\(place(offset)): found \(found), expected \(expected)") }

  func error(_ kind: ValueError.Kind, at offset: Int? = nil, _ message: String) -> ValueError {
    ValueError(kind, "\(place(offset ?? self.offset)): \(message)")
  }
}

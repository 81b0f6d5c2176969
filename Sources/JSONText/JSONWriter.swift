/// Writes JSON (RFC 8259) piece by piece: what goes out each second to everyone who looks is made without trees in between.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  private var needsComma = false

  public init() {}

  public mutating func object(_ content: (inout JSONWriter) -> Void) {
    enclose(UInt8(ascii: "{"), UInt8(ascii: "}"), content)
  }

  public mutating func array(_ content: (inout JSONWriter) -> Void) {
    enclose(UInt8(ascii: "["), UInt8(ascii: "]"), content)
  }

  public mutating func key(_ name: String) {
    separate()
    write(quoted: name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func value(_ text: String) {
    separate()
    write(quoted: text)
  }

  public mutating func value(_ number: some FixedWidthInteger) {
    separate()
    bytes.append(contentsOf: String(number).utf8)
  }

  /// What is no number is `null`.
  public mutating func value(_ number: Double) {
    separate()
    if number.isFinite, let whole = Int64(exactly: number) {
      bytes.append(contentsOf: String(whole).utf8)
    } else {
      bytes.append(contentsOf: (number.isFinite ? "\(number)" : "null").utf8)
    }
  }

  public mutating func value(_ flag: Bool) {
    separate()
    bytes.append(contentsOf: (flag ? "true" : "false").utf8)
  }

  /// - Parameter text: JSON already.
  public mutating func value(encoded text: some Sequence<UInt8>) {
    separate()
    bytes.append(contentsOf: text)
  }

  public mutating func member(_ name: String, _ text: String) {
    key(name)
    value(text)
  }

  public mutating func member(_ name: String, _ number: some FixedWidthInteger) {
    key(name)
    value(number)
  }

  public mutating func member(_ name: String, _ number: Double) {
    key(name)
    value(number)
  }

  public mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    value(flag)
  }

  public mutating func member(_ name: String, _ texts: [String]) {
    key(name)
    array { json in for text in texts { json.value(text) } }
  }

  /// After a value that stands in a line of its own.
  public mutating func endLine() {
    bytes.append(UInt8(ascii: "\n"))
    needsComma = false
  }

  /// Takes what is written so far away.
  public mutating func take() -> [UInt8] {
    defer {
      bytes = []
      needsComma = false
    }
    return bytes
  }

  private mutating func enclose(_ first: UInt8, _ last: UInt8, _ content: (inout JSONWriter) -> Void) {
    separate()
    bytes.append(first)
    needsComma = false
    content(&self)
    bytes.append(last)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func write(quoted text: String) {
    bytes.append(UInt8(ascii: "\""))
    var before: UInt8 = 0
    for byte in text.utf8 {
      defer { before = byte }
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case 0..<0x20, 0x7F: escape(byte)
      // U+0080 to U+009F, whose second byte is their number: some terminals obey them.
      case 0x80..<0xA0 where before == 0xC2:
        bytes.removeLast()
        escape(byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ number: UInt8) {
    bytes.append(contentsOf: "\\u00".utf8)
    bytes.append(Self.digits[Int(number >> 4)])
    bytes.append(Self.digits[Int(number & 15)])
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

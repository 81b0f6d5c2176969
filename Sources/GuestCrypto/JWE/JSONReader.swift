/// Reads one JSON object (RFC 8259), member by member, from bytes that anyone may have written. What is not asked for is skipped, and checked
/// for its form. It keeps nothing and nests only so deep.
struct JSONReader {
  static let nestingLimit = 16

  private let bytes: UnsafeRawBufferPointer
  private let part: JWEError.Part
  private var position = 0

  /// - Parameter bytes: stay valid as long as the reader is used.
  init(_ bytes: UnsafeRawBufferPointer, part: JWEError.Part) {
    self.bytes = bytes
    self.part = part
  }

  /// Calls `member` with each name at its value, which it must read or skip. A name with escapes in it is nobody's.
  mutating func readObject(_ member: (inout JSONReader, UnsafeRawBufferPointer) throws(JWEError) -> Void) throws(JWEError) {
    skipSpace()
    guard take(UInt8(ascii: "{")) else { throw flaw(.expectedObject) }
    skipSpace()
    if take(UInt8(ascii: "}")) { return }
    while true {
      skipSpace()
      let name = try readString()
      skipSpace()
      guard take(UInt8(ascii: ":")) else { throw flaw(.expectedColon) }
      skipSpace()
      try member(&self, name)
      skipSpace()
      if take(UInt8(ascii: "}")) { return }
      guard take(UInt8(ascii: ",")) else { throw flaw(position < bytes.count ? .expectedCommaOrEnd : .endOfText) }
    }
  }

  /// After the outermost object.
  mutating func readEnd() throws(JWEError) {
    skipSpace()
    guard position == bytes.count else { throw flaw(.textBehindTheEnd) }
  }

  /// A string's bytes, or nil for null.
  /// - Throws: ``JWEError/missing(_:)`` for any other value; an escape or a character beyond ASCII is refused, since no member that is read has any.
  mutating func readText(of member: JWEError.Member) throws(JWEError) -> UnsafeRawBufferPointer? {
    guard position < bytes.count else { throw flaw(.endOfText) }
    if bytes[position] == UInt8(ascii: "n") {
      try skipValue()
      return nil
    }
    guard bytes[position] == UInt8(ascii: "\"") else { throw .missing(member) }
    let text = try readString()
    for (index, byte) in text.enumerated() {
      if byte == UInt8(ascii: "\\") { throw .malformed(.escape, at: position - 1 - text.count + index, in: part) }
      if byte >= 0x80 { throw .malformed(.notASCII, at: position - 1 - text.count + index, in: part) }
    }
    return text
  }

  var isAtObject: Bool { position < bytes.count && bytes[position] == UInt8(ascii: "{") }

  mutating func skipValue() throws(JWEError) { try skipValue(depth: 0) }

  private mutating func skipValue(depth: Int) throws(JWEError) {
    guard depth < JSONReader.nestingLimit else { throw flaw(.nesting) }
    skipSpace()
    guard position < bytes.count else { throw flaw(.endOfText) }
    switch bytes[position] {
    case UInt8(ascii: "\""): _ = try readString()
    case UInt8(ascii: "{"): try readObject { (reader, _) throws(JWEError) in try reader.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["): try skipList(depth: depth)
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: try skipNumber()
    }
  }

  private mutating func skipList(depth: Int) throws(JWEError) {
    position += 1
    skipSpace()
    if take(UInt8(ascii: "]")) { return }
    while true {
      try skipValue(depth: depth + 1)
      skipSpace()
      if take(UInt8(ascii: "]")) { return }
      guard take(UInt8(ascii: ",")) else { throw flaw(position < bytes.count ? .expectedCommaOrEnd : .endOfText) }
    }
  }

  /// What stands between the quotation marks, escapes as they are written.
  private mutating func readString() throws(JWEError) -> UnsafeRawBufferPointer {
    guard take(UInt8(ascii: "\"")) else { throw flaw(position < bytes.count ? .expectedString : .endOfText) }
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position - 1])
      }
      guard byte >= 0x20 else { throw flaw(.control) }
      position += 1
      if byte == UInt8(ascii: "\\") { try skipEscape() }
    }
    throw flaw(.endOfText)
  }

  private mutating func skipEscape() throws(JWEError) {
    guard position < bytes.count else { throw flaw(.endOfText) }
    switch bytes[position] {
    case UInt8(ascii: "u"):
      guard bytes.count - position >= 5 else { throw flaw(.endOfText) }
      guard bytes[position + 1..<position + 5].allSatisfy(JSONReader.isHexadecimal) else { throw flaw(.escape) }
      position += 5
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
      UInt8(ascii: "t"):
      position += 1
    default: throw flaw(.escape)
    }
  }

  private mutating func skip(_ word: StaticString) throws(JWEError) {
    let word = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes.count - position >= word.count, bytes[position..<position + word.count].elementsEqual(word) else { throw flaw(.expectedValue) }
    position += word.count
  }

  /// A sign, digits without a zero before them, a fraction, an exponent (section 6).
  private mutating func skipNumber() throws(JWEError) {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try skipDigits() }
    if take(UInt8(ascii: ".")) { try skipDigits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try skipDigits()
    }
  }

  private mutating func skipDigits() throws(JWEError) {
    let start = position
    while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
    guard position > start else { throw flaw(.expectedValue) }
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  func flaw(_ flaw: JWEError.Flaw) -> JWEError { .malformed(flaw, at: position, in: part) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
    default: false
    }
  }
}

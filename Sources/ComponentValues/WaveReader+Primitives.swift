import ComponentFormat
import WasmFormat

extension WaveReader {
  mutating func primitive(_ type: PrimitiveType) throws(ValueError) -> ComponentValue {
    switch type {
    case .bool:
      var ahead = scanner
      guard let word = ahead.word(), word == "true" || word == "false" else { throw scanner.mismatch(expected: "true or false") }
      scanner = ahead
      return .bool(word == "true")
    case .s8, .s16, .s32, .s64, .u8, .u16, .u32, .u64: return try scanner.integer(type)
    case .f32: return .f32(try float(nan: 0x7FC0_0000, Float.init(_:), infinity: .infinity).map(\.bitPattern))
    case .f64: return .f64(try float(nan: 0x7FF8_0000_0000_0000, Double.init(_:), infinity: .infinity).map(\.bitPattern))
    case .char: return .char(try character())
    case .string:
      guard scanner.byte == UInt8(ascii: "\"") else { throw scanner.mismatch(expected: "a string in double quotes") }
      return .string(scanner.starts(with: "\"\"\"") ? try multilineString() : try string())
    case .errorContext: throw scanner.error(.unsupported, "an error-context has no text: it cannot be given as an argument")
    }
  }

  /// A number, or the bits of one that is none.
  private enum Floating<Number, Bits> {
    case number(Number)
    case bits(Bits)

    func map(_ bits: (Number) -> Bits) -> Bits {
      switch self {
      case .number(let number): bits(number)
      case .bits(let found): found
      }
    }
  }

  private mutating func float<Number, Bits>(
    nan: Bits, _ read: (Substring) -> Number?, infinity: Number
  ) throws(ValueError) -> Floating<Number, Bits> where Number: FloatingPoint {
    var ahead = scanner
    if let word = ahead.word(), word == "nan" || word == "inf" || word == "-inf" {
      scanner = ahead
      return word == "nan" ? .bits(nan) : .number(word == "inf" ? infinity : -infinity)
    }
    guard let text = scanner.number(), let number = read(text) else { throw scanner.mismatch(expected: "a number, nan, inf or -inf") }
    return .number(number)
  }

  // MARK: Characters

  private static func isText(_ byte: UInt8?) -> Bool { byte.map { $0 != 0x0A } ?? false }

  private mutating func character() throws(ValueError) -> Unicode.Scalar {
    let start = scanner.offset
    guard scanner.take("'") else { throw scanner.mismatch(expected: "a character in single quotes") }
    guard Self.isText(scanner.byte), scanner.byte != UInt8(ascii: "'") else { throw scanner.mismatch(expected: "a character") }
    let scalar = scanner.byte == UInt8(ascii: "\\") ? try escape() : scanner.scalar()
    guard let scalar, scanner.take("'") else {
      throw scanner.error(.syntax, at: start, "expected one character between single quotes; more than one is a string, in double quotes")
    }
    return scalar
  }

  private mutating func string() throws(ValueError) -> String {
    let start = scanner.offset
    scanner.advance()
    var text: [UInt8] = []
    while let byte = scanner.byte {
      switch byte {
      case UInt8(ascii: "\""):
        scanner.advance()
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += Array(UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter)
      case 0x0A: throw scanner.error(.syntax, "a line ends within a string: write \\n, or a string in three double quotes")
      default:
        text.append(byte)
        scanner.advance()
      }
    }
    throw scanner.error(.syntax, at: start, "the string does not end: there is no closing '\"'")
  }

  /// Of three quotes and a line break: lines, each without as many spaces as stand before the closing quotes.
  private mutating func multilineString() throws(ValueError) -> String {
    let start = scanner.offset
    scanner.advance(3)
    if scanner.byte == 0x0D, scanner.byte(ahead: 1) == 0x0A { scanner.advance() }
    guard scanner.byte == 0x0A else { throw scanner.mismatch(expected: "a line break behind three double quotes") }
    let first = scanner.offset
    while !scanner.starts(with: "\"\"\"") {
      guard !scanner.isAtEnd else { throw scanner.error(.syntax, at: start, "the string does not end: there are no three closing double quotes") }
      scanner.advance()
    }
    var body = scanner.bytes[first..<scanner.offset]
    var indentation = 0
    while body.last == 0x20 {
      body.removeLast()
      indentation += 1
    }
    guard body.last == 0x0A else { throw scanner.error(.syntax, "the closing three double quotes have to stand on a line of their own") }
    body = body.dropFirst()
    if !body.isEmpty {
      body.removeLast()
      if body.last == 0x0D { body.removeLast() }
    }
    let rest = scanner
    defer {
      scanner = rest
      scanner.advance(3)
    }
    return try lines(body, indentation, isEmpty: scanner.offset - indentation - first <= 1)
  }

  private mutating func lines(_ body: ArraySlice<UInt8>, _ indentation: Int, isEmpty: Bool) throws(ValueError) -> String {
    guard !isEmpty else { return "" }
    var text: [UInt8] = []
    scanner.move(to: body.startIndex)
    var isFirst = true
    repeat {
      if !isFirst { text.append(0x0A) }
      isFirst = false
      for _ in 0..<indentation {
        guard scanner.offset < body.endIndex, scanner.take(" ") else {
          throw scanner.error(.syntax, "each line begins with at least the \(indentation) spaces that stand before the closing quotes")
        }
      }
      while scanner.offset < body.endIndex, let byte = scanner.byte, byte != 0x0A {
        if byte == UInt8(ascii: "\\") {
          text += Array(UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter)
        } else {
          // A line ends with a carriage return too; one that belongs to the text is written as an escape.
          if byte != 0x0D || scanner.byte(ahead: 1) != 0x0A { text.append(byte) }
          scanner.advance()
        }
      }
      guard scanner.offset < body.endIndex else { break }
      scanner.advance()
    } while true
    return String(decoding: text, as: UTF8.self)
  }

  /// Behind a backslash.
  private mutating func escape() throws(ValueError) -> Unicode.Scalar {
    let start = scanner.offset
    scanner.advance()
    let byte = scanner.byte
    scanner.advance()
    switch byte {
    case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "\\"): return Unicode.Scalar(byte ?? 0)
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "u"):
      if scanner.take("{") {
        let digits = scanner.bytes[scanner.offset...].prefix(7).prefix { $0 != UInt8(ascii: "}") }
        if let scalar = TextScanner.scalar(digits) {
          scanner.advance(digits.count)
          if scanner.take("}") { return scalar }
        }
      }
      throw scanner.error(.syntax, at: start, "expected a character's number, as \\u{2603}")
    default: throw scanner.error(.syntax, at: start, "there is no such escape; there are \\' \\\" \\\\ \\t \\n \\r and \\u{...}")
    }
  }
}

extension TextScanner {
  mutating func move(to place: Int) {
    self = TextScanner(bytes, at: place)
  }

  /// The next character; the text is UTF-8 that has been checked.
  mutating func scalar() -> Unicode.Scalar? {
    guard let byte else { return nil }
    let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    let text = String(decoding: bytes[offset..<min(bytes.count, offset + length)], as: UTF8.self)
    advance(length)
    return text.unicodeScalars.first
  }

  /// A whole number that the type has.
  mutating func integer(_ type: PrimitiveType) throws(ValueError) -> ComponentValue {
    let start = offset
    guard let text = number(), let range = IntegerRange(type) else {
      throw mismatch(expected: "a number \(IntegerRange(type)?.words ?? "")")
    }
    guard let value = range.value(text) else {
      throw error(.range, at: start, "found \(text.prefix(40)), expected a whole number \(range.words)")
    }
    return value
  }
}

/// What numbers a type has.
struct IntegerRange {
  private let type: PrimitiveType

  init?(_ type: PrimitiveType) {
    switch type {
    case .s8, .s16, .s32, .s64, .u8, .u16, .u32, .u64: self.type = type
    default: return nil
    }
  }

  func value(_ text: some StringProtocol) -> ComponentValue? {
    switch type {
    case .s8: Int8(text).map { .signed(Int64($0)) }
    case .s16: Int16(text).map { .signed(Int64($0)) }
    case .s32: Int32(text).map { .signed(Int64($0)) }
    case .s64: Int64(text).map { .signed($0) }
    case .u8: UInt8(text).map { .unsigned(UInt64($0)) }
    case .u16: UInt16(text).map { .unsigned(UInt64($0)) }
    case .u32: UInt32(text).map { .unsigned(UInt64($0)) }
    default: UInt64(text).map { .unsigned($0) }
    }
  }

  var words: String {
    switch type {
    case .s8: "from \(Int8.min) to \(Int8.max)"
    case .s16: "from \(Int16.min) to \(Int16.max)"
    case .s32: "from \(Int32.min) to \(Int32.max)"
    case .s64: "from \(Int64.min) to \(Int64.max)"
    case .u8: "from 0 to \(UInt8.max)"
    case .u16: "from 0 to \(UInt16.max)"
    case .u32: "from 0 to \(UInt32.max)"
    default: "from 0 to \(UInt64.max)"
    }
  }
}

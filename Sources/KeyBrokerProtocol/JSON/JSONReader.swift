/// Reads JSON of strangers. Stricter than most, so that no two readers can see two things: no name twice, no numbers but whole ones, bounded
/// depth, valid UTF-8, nothing after the value.
public struct JSONReader {
  public static let maximumDepth = 16

  private let bytes: [UInt8]
  private let message: String
  private var position = 0

  /// - Parameter message: what the bytes are, for errors.
  public static func value(of bytes: [UInt8], _ message: String) throws(MalformedMessage) -> JSONValue {
    var reader = JSONReader(bytes: bytes, message: message)
    reader.skipBlanks()
    let value = try reader.value(depth: 0)
    reader.skipBlanks()
    guard reader.position == bytes.count else { throw reader.malformed("the end") }
    return value
  }

  private init(bytes: [UInt8], message: String) { (self.bytes, self.message) = (bytes, message) }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func malformed(_ wanted: String) -> MalformedMessage {
    let found = next.map { $0 > 0x20 && $0 < 0x7F ? "'\(Character(Unicode.Scalar($0)))'" : "byte \($0)" } ?? "the end"
    return MalformedMessage("\(message), JSON at byte \(position)", found: found, wanted: wanted)
  }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(MalformedMessage) {
    guard take(character) else { throw malformed("'\(character)'") }
  }

  private mutating func value(depth: Int) throws(MalformedMessage) -> JSONValue {
    guard depth < Self.maximumDepth else { throw malformed("at most \(Self.maximumDepth) levels") }
    switch next {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    default: return .integer(try integer())
    }
  }

  private mutating func object(depth: Int) throws(MalformedMessage) -> [JSONMember] {
    try expect("{")
    skipBlanks()
    if take("}") { return [] }
    var members: [JSONMember] = []
    var names: Set<String> = []
    repeat {
      skipBlanks()
      let name = try string()
      // By their bytes: Swift takes different spellings of one character for the same, which is stricter still.
      guard names.insert(name).inserted else { throw malformed("no second \"\(name)\" before it") }
      skipBlanks()
      try expect(":")
      skipBlanks()
      members.append(JSONMember(name, try value(depth: depth + 1)))
      skipBlanks()
    } while take(",")
    try expect("}")
    return members
  }

  private mutating func array(depth: Int) throws(MalformedMessage) -> [JSONValue] {
    try expect("[")
    skipBlanks()
    if take("]") { return [] }
    var elements: [JSONValue] = []
    repeat {
      skipBlanks()
      elements.append(try value(depth: depth + 1))
      skipBlanks()
    } while take(",")
    try expect("]")
    return elements
  }

  private mutating func string() throws(MalformedMessage) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw malformed("no control character in text") }
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      text += try escape()
    }
    try expect("\"")
    guard let string = String(validating: text, as: UTF8.self) else { throw malformed("text in UTF-8 before it") }
    return string
  }

  private mutating func escape() throws(MalformedMessage) -> [UInt8] {
    guard let byte = next else { throw malformed("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      guard (0xD800..<0xDC00).contains(first) else { return try utf8(first) }
      guard take("\\"), take("u") else { throw malformed("the second half of a surrogate pair") }
      let second = try hexadecimal()
      guard (0xDC00..<0xE000).contains(second) else { throw malformed("the second half of a surrogate pair before it") }
      return try utf8(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    default: throw malformed("an escape before it")
    }
  }

  private mutating func hexadecimal() throws(MalformedMessage) -> UInt32 {
    var number: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw malformed("a hexadecimal digit") }
      number = number << 4 | UInt32(digit)
      position += 1
    }
    return number
  }

  private func utf8(_ number: UInt32) throws(MalformedMessage) -> [UInt8] {
    guard let scalar = Unicode.Scalar(number) else { throw malformed("no half of a surrogate pair before it") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func literal(_ text: String, _ value: JSONValue) throws(MalformedMessage) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw malformed(text) }
    position += text.utf8.count
    return value
  }

  private mutating func integer() throws(MalformedMessage) -> Int64 {
    let isNegative = take("-")
    let start = position
    var number: Int64 = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      number = number * 10 + Int64(byte - UInt8(ascii: "0"))
      guard number <= JSONValue.integers.upperBound else { throw malformed("a whole number of at most 2^53 - 1") }
      position += 1
    }
    let count = position - start
    guard count > 0 else { throw malformed("a value") }
    guard count == 1 || bytes[start] != UInt8(ascii: "0"), !(isNegative && number == 0) else { throw malformed("no zero before a number") }
    if let byte = next, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") { throw malformed("a whole number") }
    return isNegative ? -number : number
  }
}

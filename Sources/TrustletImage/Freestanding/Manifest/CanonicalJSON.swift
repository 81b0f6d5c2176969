/// JSON with one encoding for each value: no white space, members sorted by the bytes of their names, whole numbers only, and
/// strings with no escapes but those that must be.
enum CanonicalJSON {
  case object([(name: String, value: CanonicalJSON)])
  case array([CanonicalJSON])
  case string(String)
  case number(UInt64)
  case boolean(Bool)

  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    encode(into: &bytes)
    return bytes
  }

  private func encode(into bytes: inout [UInt8]) {
    switch self {
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      for (position, member) in sorted.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.encode(member.name, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.encode(into: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (position, element) in elements.enumerated() {
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        element.encode(into: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .string(let text): Self.encode(text, into: &bytes)
    case .number(let value): bytes.append(contentsOf: String(value).utf8)
    case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }
  }

  private static func encode(_ text: String, into bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
      case 0..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension CanonicalJSON {
  private static let depthLimit = 8

  /// Refuses everything but the canonical encoding of a value.
  init(decoding bytes: UnsafeRawBufferPointer) throws(ImageError) {
    var cursor = ByteCursor(bytes, part: "manifest", code: .manifest)
    self = try Self.decodeValue(&cursor, depth: 0)
    guard cursor.isAtEnd else { throw cursor.failure("bytes follow the value at \(cursor.offset)") }
    guard encoded.elementsEqual(bytes) else { throw cursor.failure("is not in its canonical encoding") }
  }

  private static func decodeValue(_ cursor: inout ByteCursor, depth: Int) throws(ImageError) -> CanonicalJSON {
    guard depth < depthLimit else { throw cursor.failure("is nested too deeply") }
    let first = try cursor.uint8()
    switch first {
    case UInt8(ascii: "{"): return .object(try decodeMembers(&cursor, depth: depth))
    case UInt8(ascii: "["): return .array(try decodeElements(&cursor, depth: depth))
    case UInt8(ascii: "\""): return .string(try decodeString(&cursor))
    case UInt8(ascii: "t"):
      try expect("rue", &cursor)
      return .boolean(true)
    case UInt8(ascii: "f"):
      try expect("alse", &cursor)
      return .boolean(false)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try decodeNumber(first, &cursor))
    default: throw cursor.failure("no value begins at \(cursor.offset - 1)")
    }
  }

  private static func expect(_ text: StaticString, _ cursor: inout ByteCursor) throws(ImageError) {
    let found = try cursor.take(text.utf8CodeUnitCount)
    guard found.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) else {
      throw cursor.failure("'\(text)' is missing at \(cursor.offset - found.count)")
    }
  }

  private static func nextIs(_ byte: UInt8, _ cursor: ByteCursor) -> Bool {
    cursor.remaining > 0 && cursor.bytes[cursor.offset] == byte
  }

  private static func decodeMembers(
    _ cursor: inout ByteCursor, depth: Int
  ) throws(ImageError) -> [(name: String, value: CanonicalJSON)] {
    var members: [(name: String, value: CanonicalJSON)] = []
    if nextIs(UInt8(ascii: "}"), cursor) {
      _ = try cursor.uint8()
      return members
    }
    while true {
      try expect("\"", &cursor)
      let name = try decodeString(&cursor)
      if let last = members.last, !last.name.utf8.lexicographicallyPrecedes(name.utf8) {
        throw cursor.failure("'\(name)' is out of order or there twice")
      }
      try expect(":", &cursor)
      members.append((name, try decodeValue(&cursor, depth: depth + 1)))
      switch try cursor.uint8() {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "}"): return members
      default: throw cursor.failure("',' or '}' is missing at \(cursor.offset - 1)")
      }
    }
  }

  private static func decodeElements(_ cursor: inout ByteCursor, depth: Int) throws(ImageError) -> [CanonicalJSON] {
    var elements: [CanonicalJSON] = []
    if nextIs(UInt8(ascii: "]"), cursor) {
      _ = try cursor.uint8()
      return elements
    }
    while true {
      elements.append(try decodeValue(&cursor, depth: depth + 1))
      switch try cursor.uint8() {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "]"): return elements
      default: throw cursor.failure("',' or ']' is missing at \(cursor.offset - 1)")
      }
    }
  }

  private static func decodeString(_ cursor: inout ByteCursor) throws(ImageError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try cursor.uint8()
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: bytes, as: UTF8.self) else { throw cursor.failure("a string is not UTF-8") }
        return text
      case UInt8(ascii: "\\"):
        let escaped = try cursor.uint8()
        guard escaped == UInt8(ascii: "u") else {
          bytes.append(escaped)
          continue
        }
        try expect("00", &cursor)
        let digits = String(decoding: try cursor.take(2), as: UTF8.self)
        guard let value = UInt8(digits, radix: 16) else { throw cursor.failure("'\\u00\(digits)' is no escape") }
        bytes.append(value)
      default: bytes.append(byte)
      }
    }
  }

  private static func decodeNumber(_ first: UInt8, _ cursor: inout ByteCursor) throws(ImageError) -> UInt64 {
    var digits = [first]
    while cursor.remaining > 0, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(cursor.bytes[cursor.offset]) {
      digits.append(try cursor.uint8())
      guard digits.count <= 20 else { break }
    }
    guard let value = UInt64(String(decoding: digits, as: UTF8.self)) else { throw cursor.failure("a number is too large") }
    return value
  }
}

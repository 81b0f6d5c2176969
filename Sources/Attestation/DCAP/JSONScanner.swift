/// Finds where the members of a JSON object stand (RFC 8259), for what is signed is the text itself and not what it means.
///
/// Stricter than a decoder, so that no two readers can see two things: no name twice, no escapes in names, bounded depth, nothing after
/// the value.
struct JSONScanner {
  static let maximumDepth = 16

  struct Member {
    let name: String
    /// The value's text, without the blanks around it.
    let value: ArraySlice<UInt8>
  }

  private let bytes: ArraySlice<UInt8>
  private let structure: String
  private var position: Int

  /// The members of an object, which the text is as a whole. Every value within is checked too.
  static func members(of text: ArraySlice<UInt8>, _ structure: String) throws(MalformedEvidence) -> [Member] {
    var scanner = JSONScanner(bytes: text, structure: structure, position: text.startIndex)
    scanner.skipBlanks()
    let members = try scanner.object(depth: 0)
    scanner.skipBlanks()
    guard scanner.position == text.endIndex else { throw scanner.malformed("the end") }
    return members
  }

  private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

  private func malformed(_ wanted: String) -> MalformedEvidence {
    let found = next.map { "byte \(hexadecimal([$0]))" } ?? "the end"
    return MalformedEvidence("\(structure), JSON", found: found, wanted: wanted, offset: position - bytes.startIndex)
  }

  private mutating func skipBlanks() {
    while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(MalformedEvidence) {
    guard take(character) else { throw malformed("\(character)") }
  }

  private mutating func value(depth: Int) throws(MalformedEvidence) {
    guard depth < Self.maximumDepth else { throw malformed("at most \(Self.maximumDepth) levels") }
    switch next {
    case UInt8(ascii: "{"): _ = try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: try number()
    }
  }

  private mutating func object(depth: Int) throws(MalformedEvidence) -> [Member] {
    try expect("{")
    skipBlanks()
    if take("}") { return [] }
    var members: [Member] = []
    var names: Set<String> = []
    repeat {
      skipBlanks()
      let text = try string()
      guard !text.contains(UInt8(ascii: "\\")), let name = String(validating: text, as: UTF8.self) else {
        throw malformed("a name without escapes before it")
      }
      guard names.insert(name).inserted else { throw malformed("no second \"\(name)\" before it") }
      skipBlanks()
      try expect(":")
      skipBlanks()
      let start = position
      try value(depth: depth + 1)
      members.append(Member(name: name, value: bytes[start..<position]))
      skipBlanks()
    } while take(",")
    try expect("}")
    return members
  }

  private mutating func array(depth: Int) throws(MalformedEvidence) {
    try expect("[")
    skipBlanks()
    if take("]") { return }
    repeat {
      skipBlanks()
      try value(depth: depth + 1)
      skipBlanks()
    } while take(",")
    try expect("]")
  }

  /// What stands between the quotation marks.
  private mutating func string() throws(MalformedEvidence) -> ArraySlice<UInt8> {
    try expect("\"")
    let start = position
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw malformed("no control character in a string") }
      position += 1
      guard byte == UInt8(ascii: "\\") else { continue }
      guard let escape = next, "\"\\/bfnrtu".utf8.contains(escape) else { throw malformed("an escape") }
      position += 1
    }
    let text = bytes[start..<position]
    try expect("\"")
    return text
  }

  private mutating func literal(_ text: String) throws(MalformedEvidence) {
    guard bytes[position...].starts(with: text.utf8) else { throw malformed(text) }
    position += text.utf8.count
  }

  /// Whole numbers: Intel's collateral has no others.
  private mutating func number() throws(MalformedEvidence) {
    _ = take("-")
    let start = position
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    guard position > start else { throw malformed("a value") }
  }
}

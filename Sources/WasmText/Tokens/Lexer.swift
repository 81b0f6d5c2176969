/// Cuts a source into tokens (specification 6.2 and 6.3), pairs its parentheses and drops comments and annotations.
///
/// The work is linear in the source and needs no recursion, however deep comments and parentheses nest.
struct Lexer {
  private let bytes: [UInt8]
  private var index = 0
  private(set) var tokens: [Token] = []
  /// The offset at which each line starts.
  private(set) var lineStarts: [UInt32] = [0]
  /// The indices of the `open` tokens not yet closed.
  private var openTokens: [Int] = []
  /// The index in `openTokens` of the annotation being skipped.
  private var annotation: Int?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    tokens.reserveCapacity(bytes.count / 4)
  }

  mutating func run() throws(WatError) {
    guard bytes.count < Int(UInt32.max) else { throw error("source too large", at: 0) }
    while index < bytes.count {
      try step()
    }
    if let unclosed = openTokens.last {
      throw error("unexpected token: this parenthesis is not closed", at: Int(tokens[unclosed].start))
    }
    append(.end, from: index)
  }

  private mutating func step() throws(WatError) {
    let start = index
    switch bytes[index] {
    case UInt8(ascii: " "), UInt8(ascii: "\t"):
      index += 1
    case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
      passNewline()
    case UInt8(ascii: "("):
      try open()
    case UInt8(ascii: ")"):
      index += 1
      try close(from: start)
    case UInt8(ascii: ";") where next(1) == UInt8(ascii: ";"):
      try passLineComment()
    case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
      UInt8(ascii: "}"):
      index += 1
      append(.reserved, from: start)
    case let byte where byte == UInt8(ascii: "\"") || Self.isIdentifierCharacter(byte):
      try word()
    default:
      throw error("unexpected character", at: index)
    }
  }

  private mutating func open() throws(WatError) {
    let start = index
    if next(1) == UInt8(ascii: ";") { return try passBlockComment() }
    openTokens.append(tokens.count)
    index += 1
    append(.open, from: start)
    guard next(0) == UInt8(ascii: "@") else { return }
    index += 1
    let name = try passWord()
    let quotes = 2
    guard name.strings == 0 ? !name.bytes.isEmpty : name.isOneString(after: 0) && name.bytes.count > quotes else {
      throw error("empty annotation id", at: start)
    }
    if annotation == nil { annotation = openTokens.count - 1 }
  }

  private mutating func close(from start: Int) throws(WatError) {
    guard let opening = openTokens.popLast() else { throw error("unexpected token )", at: start) }
    tokens[opening].partner = UInt32(tokens.count)
    append(.close, from: start)
    if annotation == openTokens.count {
      annotation = nil
      tokens.removeSubrange(opening...)
    }
  }

  private mutating func append(_ kind: Token.Kind, from start: Int) {
    tokens.append(Token(start: UInt32(start), end: UInt32(index), kind: kind))
  }

  private func next(_ distance: Int) -> UInt8? {
    index + distance < bytes.count ? bytes[index + distance] : nil
  }

  private func error(_ message: String, at offset: Int) -> WatError {
    SourceLines(starts: lineStarts).error(message, at: offset)
  }
}

// MARK: Words

extension Lexer {
  /// A maximal run of identifier characters and strings. It is one token, since tokens other than parentheses need
  /// space between them.
  private struct Word {
    var bytes: Range<Int>
    var strings = 0
    var firstString: Range<Int>?

    func isOneString(after prefix: Int) -> Bool {
      strings == 1 && firstString == bytes.lowerBound + prefix..<bytes.upperBound
    }
  }

  private mutating func word() throws(WatError) {
    let word = try passWord()
    let isNamed = bytes[word.bytes.lowerBound] == UInt8(ascii: "$")
    let kind: Token.Kind
    switch word.strings {
    case 0 where isNamed: kind = word.bytes.count > 1 ? .identifier : .reserved
    case 0: kind = .atom
    case 1 where isNamed && word.isOneString(after: 1): kind = .identifier
    case 1 where word.isOneString(after: 0): kind = .string
    default: kind = .reserved
    }
    append(kind, from: word.bytes.lowerBound)
  }

  private mutating func passWord() throws(WatError) -> Word {
    let start = index
    var word = Word(bytes: start..<start)
    while let byte = next(0) {
      if byte == UInt8(ascii: "\"") {
        let string = index
        try passString()
        word.strings += 1
        word.firstString = word.firstString ?? string..<index
      } else if Self.isIdentifierCharacter(byte) {
        index += 1
      } else {
        break
      }
    }
    word.bytes = start..<index
    return word
  }

  private static func isIdentifierCharacter(_ byte: UInt8) -> Bool {
    guard byte > 0x20, byte < 0x7F else { return false }
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","), UInt8(ascii: ";"),
      UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
      return false
    default:
      return true
    }
  }

  private mutating func passString() throws(WatError) {
    let start = index
    index += 1
    while let byte = next(0) {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return
      case UInt8(ascii: "\\"):
        guard let escape = StringLiteral.escape(in: bytes[index...]) else {
          throw error("illegal escape", at: index)
        }
        index += escape.length
      case 0x20..<0x7F:
        index += 1
      case 0x80...:
        try passNonASCII()
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        throw error("unclosed string", at: start)
      default:
        throw error("illegal control character in string", at: index)
      }
    }
    throw error("unclosed string", at: start)
  }

  private mutating func passNonASCII() throws(WatError) {
    guard let length = UTF8Sequences.length(in: bytes[...], at: index) else {
      throw error("malformed UTF-8 encoding", at: index)
    }
    index += length
  }
}

// MARK: White space and comments

extension Lexer {
  private mutating func passNewline() {
    if bytes[index] == UInt8(ascii: "\r"), next(1) == UInt8(ascii: "\n") { index += 1 }
    index += 1
    lineStarts.append(UInt32(index))
  }

  private mutating func passLineComment() throws(WatError) {
    while let byte = next(0), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
      if byte < 0x80 { index += 1 } else { try passNonASCII() }
    }
  }

  private mutating func passBlockComment() throws(WatError) {
    let start = index
    var depth = 0
    while let byte = next(0) {
      switch (byte, next(1)) {
      case (UInt8(ascii: "("), UInt8(ascii: ";")):
        depth += 1
        index += 2
      case (UInt8(ascii: ";"), UInt8(ascii: ")")):
        depth -= 1
        index += 2
        if depth == 0 { return }
      case (UInt8(ascii: "\n"), _), (UInt8(ascii: "\r"), _):
        passNewline()
      case (0x80..., _):
        try passNonASCII()
      default:
        index += 1
      }
    }
    throw error("unclosed comment", at: start)
  }
}

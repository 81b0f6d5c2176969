/// A place in the tokens of a source, and the small steps every parser here is made of.
struct Cursor: Sendable {
  let source: SourceText
  private(set) var position: Int

  init(_ source: SourceText, at position: Int = 0) {
    self.source = source
    self.position = position
  }

  var token: Token { source.tokens[position] }

  func peek(_ distance: Int = 1) -> Token {
    source.tokens[min(position + distance, source.tokens.count - 1)]
  }

  mutating func advance() {
    position = min(position + 1, source.tokens.count - 1)
  }

  mutating func move(to position: Int) {
    self.position = min(max(position, 0), source.tokens.count - 1)
  }

  /// From the opening parenthesis here to behind the one that closes it.
  mutating func skipForm() {
    if token.kind == .open { move(to: Int(token.partner)) }
    advance()
  }

  var line: Int { source.lines.line(at: Int(token.start)) }

  func error(_ message: String) -> WatError { error(message, at: token) }

  func error(_ message: String, at token: Token) -> WatError {
    source.lines.error(message, at: Int(token.start))
  }

  /// What is wrong with the token here, which no rule takes.
  func unexpected() -> WatError {
    if token.kind == .end { return error("unexpected token: the end of the source") }
    let bytes = source.bytes(of: token)
    let isWord = token.kind == .reserved || token.kind == .atom && !Vocabulary.knows(bytes)
    return error((isWord ? "unknown operator " : "unexpected token ") + Spelling(bytes).excerpt)
  }
}

// MARK: Parentheses and keywords

extension Cursor {
  func spells(_ token: Token, _ keyword: StaticString) -> Bool {
    guard token.kind == .atom, Int(token.end - token.start) == keyword.utf8CodeUnitCount else { return false }
    return keyword.withUTF8Buffer { source.bytes(of: token).elementsEqual($0) }
  }

  func isKeyword(_ keyword: StaticString) -> Bool { spells(token, keyword) }

  func isOpen(_ keyword: StaticString) -> Bool {
    token.kind == .open && spells(peek(), keyword)
  }

  mutating func take(_ keyword: StaticString) -> Bool {
    guard isKeyword(keyword) else { return false }
    advance()
    return true
  }

  /// `(keyword`
  mutating func takeOpen(_ keyword: StaticString) -> Bool {
    guard isOpen(keyword) else { return false }
    advance()
    advance()
    return true
  }

  mutating func expectOpen(_ keyword: StaticString) throws(WatError) {
    guard takeOpen(keyword) else {
      if token.kind == .open { advance() }
      throw unexpected()
    }
  }

  mutating func expectClose() throws(WatError) {
    guard token.kind == .close else { throw unexpected() }
    advance()
  }

  /// The keyword here, if there is one.
  var keyword: Spelling? { keyword(token) }

  func keyword(_ token: Token) -> Spelling? {
    token.kind == .atom ? Spelling(source.bytes(of: token)) : nil
  }
}

// MARK: Identifiers, strings and numbers

extension Cursor {
  mutating func identifier() throws(WatError) -> Spelling? {
    guard token.kind == .identifier else { return nil }
    var bytes = source.bytes(of: token).dropFirst()
    if bytes.first == UInt8(ascii: "\"") {
      let contents = StringLiteral.contents(bytes)
      guard UTF8Sequences.areWellFormed(contents) else { throw error("malformed UTF-8 encoding") }
      guard !contents.isEmpty else { throw error("empty identifier") }
      bytes = contents[...]
    }
    advance()
    return Spelling(bytes)
  }

  mutating func string() throws(WatError) -> [UInt8] {
    guard token.kind == .string else { throw unexpected() }
    let contents = StringLiteral.contents(source.bytes(of: token))
    advance()
    return contents
  }

  /// All strings that stand here, one behind the other.
  mutating func strings() throws(WatError) -> [UInt8] {
    var bytes: [UInt8] = []
    while token.kind == .string { bytes += try string() }
    return bytes
  }

  /// A string that must be UTF-8.
  mutating func name() throws(WatError) -> [UInt8] {
    let start = token
    let bytes = try string()
    guard UTF8Sequences.areWellFormed(bytes) else { throw error("malformed UTF-8 encoding", at: start) }
    return bytes
  }

  /// Whether a `u32` or an identifier stands here.
  var isIndex: Bool {
    token.kind == .identifier || token.kind == .atom && IntegerLiteral(source.bytes(of: token))?.isNatural == true
  }

  mutating func unsigned(bits: Int) throws(WatError) -> UInt64 {
    guard token.kind == .atom, let literal = IntegerLiteral(source.bytes(of: token)), literal.isNatural else {
      throw unexpected()
    }
    guard let value = literal.unsigned(bits: bits) else { throw error("i\(bits) constant out of range") }
    advance()
    return value
  }

  mutating func unsigned32() throws(WatError) -> UInt32 {
    UInt32(truncatingIfNeeded: try unsigned(bits: 32))
  }

  /// `iN`, as two's complement.
  mutating func integer(bits: Int) throws(WatError) -> UInt64 {
    guard token.kind == .atom, let literal = IntegerLiteral(source.bytes(of: token)) else { throw unexpected() }
    guard let value = literal.pattern(bits: bits) else { throw error("i\(bits) constant out of range") }
    advance()
    return value
  }

  mutating func float32() throws(WatError) -> UInt32 {
    guard token.kind == .atom, let literal = FloatLiteral(source.bytes(of: token)) else { throw unexpected() }
    guard let bits = literal.bits32 else { throw error("f32 constant out of range") }
    advance()
    return bits
  }

  mutating func float64() throws(WatError) -> UInt64 {
    guard token.kind == .atom, let literal = FloatLiteral(source.bytes(of: token)) else { throw unexpected() }
    guard let bits = literal.bits64 else { throw error("f64 constant out of range") }
    advance()
    return bits
  }
}

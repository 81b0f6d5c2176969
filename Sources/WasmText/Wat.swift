/// The text format of WebAssembly modules (specification 6).
public enum Wat {
  /// Encodes a whole `.wat` file, `(module ...)` or its fields alone, as a binary module. The name section has the
  /// module's and the functions' names. The module is well-formed, but not validated.
  public static func encode(_ source: [UInt8]) throws(WatError) -> [UInt8] {
    let source = try SourceText(source)
    var cursor = Cursor(source)
    guard cursor.isOpen("module") else {
      var parser = ModuleParser(source, name: nil, from: 0, to: source.tokens.count - 1)
      return try parser.encode()
    }
    let start = cursor.token
    let form = try ModuleForm(&cursor)
    guard cursor.token.kind == .end else { throw cursor.unexpected() }
    guard let bytes = try form.encoded() else {
      throw cursor.error("unexpected token: a quoted module belongs in a script", at: start)
    }
    return bytes
  }
}

extension Wat {
  /// Encodes a component, `(component ...)` or its definitions alone, as a binary. It is well-formed, but not validated.
  public static func encodeComponent(_ source: [UInt8]) throws(WatError) -> [UInt8] {
    let source = try SourceText(source)
    var cursor = Cursor(source)
    guard cursor.isOpen("component"), Int(cursor.token.partner) == source.tokens.count - 2 else {
      var encoder = ComponentTextEncoder(cursor)
      return try encoder.component(named: nil, to: source.tokens.count - 1)
    }
    let form = try ComponentForm(&cursor)
    guard let bytes = try form.encoded() else { throw cursor.error("a quoted component belongs in a script") }
    return bytes
  }
}

/// `(component ...)`, read no further than its parentheses.
struct ComponentForm {
  var isDefinition: Bool
  var name: Spelling?
  var body: ModuleForm.Body
  private var source: SourceText

  /// At the opening parenthesis; moves the cursor behind the form.
  init(_ cursor: inout Cursor) throws(WatError) {
    let end = Int(cursor.token.partner)
    try cursor.expectOpen("component")
    isDefinition = cursor.take("definition")
    source = cursor.source
    name = try cursor.identifier()
    body = try ModuleForm(&cursor, name: name, to: end).body
    try cursor.expectClose()
  }

  /// nil for a quoted text, which is not encoded here: that could nest without end.
  func encoded() throws(WatError) -> [UInt8]? {
    switch body {
    case .binary(let bytes): return bytes
    case .quote: return nil
    case .fields(let tokens):
      var encoder = ComponentTextEncoder(Cursor(source, at: tokens.lowerBound))
      return try encoder.component(named: name, to: tokens.upperBound)
    }
  }
}

/// `(module ...)`, read no further than its parentheses.
struct ModuleForm {
  enum Body {
    case binary([UInt8])
    /// A text inside of strings.
    case quote([UInt8])
    /// The tokens of the fields.
    case fields(Range<Int>)
  }

  var isDefinition: Bool
  var name: Spelling?
  var body: Body
  private var source: SourceText

  /// At the opening parenthesis; moves the cursor behind the form.
  init(_ cursor: inout Cursor) throws(WatError) {
    source = cursor.source
    let end = Int(cursor.token.partner)
    try cursor.expectOpen("module")
    isDefinition = cursor.take("definition")
    name = try cursor.identifier()
    body = try Self.body(&cursor, to: end)
    try cursor.expectClose()
  }

  /// What stands between a form's name and its closing parenthesis, which is the token at `end`.
  init(_ cursor: inout Cursor, name: Spelling?, to end: Int) throws(WatError) {
    source = cursor.source
    isDefinition = false
    self.name = name
    body = try Self.body(&cursor, to: end)
  }

  private static func body(_ cursor: inout Cursor, to end: Int) throws(WatError) -> Body {
    if cursor.take("binary") { return .binary(try cursor.strings()) }
    if cursor.take("quote") { return .quote(try cursor.strings()) }
    defer { cursor.move(to: end) }
    return .fields(cursor.position..<end)
  }

  /// nil for a quoted text, which is not encoded here: that could nest without end.
  func encoded() throws(WatError) -> [UInt8]? {
    switch body {
    case .binary(let bytes): return bytes
    case .quote: return nil
    case .fields(let tokens):
      var parser = ModuleParser(source, name: name, from: tokens.lowerBound, to: tokens.upperBound)
      return try parser.encode()
    }
  }
}

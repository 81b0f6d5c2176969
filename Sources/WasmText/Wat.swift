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
    if cursor.take("binary") {
      body = .binary(try cursor.strings())
    } else if cursor.take("quote") {
      body = .quote(try cursor.strings())
    } else {
      body = .fields(cursor.position..<end)
      cursor.move(to: end)
    }
    try cursor.expectClose()
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

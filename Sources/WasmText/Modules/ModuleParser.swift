/// Encodes the fields of one module (specification 6.6), in three passes over its tokens: names, since a field may use
/// what a later one binds; then types, since type uses compare with them; then everything else in its order, written
/// straight into its section.
struct ModuleParser {
  var cursor: Cursor
  /// The token behind the last field.
  private let end: Int
  private let name: Spelling?
  private var fields: [Field] = []

  var types = TypeSpace()
  var functions = IndexSpace("function")
  var tables = IndexSpace("table")
  var memories = IndexSpace("memory")
  var globals = IndexSpace("global")
  var tags = IndexSpace("tag")
  var elements = IndexSpace("elem segment")
  var data = IndexSpace("data segment")

  var sections = ModuleSections()
  /// The function body or constant expression being written.
  var expression = ExpressionState()

  /// The fields from `position` up to the token at `end`.
  init(_ source: SourceText, name: Spelling?, from position: Int, to end: Int) {
    cursor = Cursor(source, at: position)
    self.end = end
    self.name = name
  }

  mutating func encode() throws(WatError) -> [UInt8] {
    try declareFields()
    for field in fields where field.kind == .type { try parse(field) }
    for field in fields where field.kind != .type { try parse(field) }
    return sections.module(types: types.definitions, moduleName: name, functionNames: functions.names)
  }

  private mutating func declareFields() throws(WatError) {
    while cursor.position < end {
      let start = cursor.position
      guard cursor.token.kind == .open else { throw cursor.unexpected() }
      cursor.advance()
      guard let kind = Field.Kind(cursor.keyword) else { throw cursor.unexpected() }
      cursor.advance()
      let index = try declare(kind)
      fields.append(Field(kind: kind, index: index, contents: cursor.position))
      cursor.move(to: start)
      cursor.skipForm()
    }
  }

  private mutating func parse(_ field: Field) throws(WatError) {
    cursor.move(to: field.contents)
    switch field.kind {
    case .type: types.define(try cursor.functionType())
    case .import: try importField()
    case .function: try function(field.index)
    case .table: try table(field.index)
    case .memory: try memory(field.index)
    case .global: try global(field.index)
    case .tag: try tag(field.index)
    case .export: try export()
    case .start: try start()
    case .element: try elementSegment()
    case .data: try dataSegment()
    }
    try cursor.expectClose()
  }
}

/// A field whose name is bound.
struct Field {
  enum Kind {
    case type, `import`, function, table, memory, global, tag, export, start, element, data

    init?(_ keyword: Spelling?) {
      guard let keyword, let kind = Self.keywords[keyword] else { return nil }
      self = kind
    }

    private static let keywords: [Spelling: Kind] = [
      Spelling("type"): .type, Spelling("import"): .import, Spelling("func"): .function, Spelling("table"): .table,
      Spelling("memory"): .memory, Spelling("global"): .global, Spelling("export"): .export,
      Spelling("tag"): .tag, Spelling("start"): .start, Spelling("elem"): .element, Spelling("data"): .data,
    ]
  }

  var kind: Kind
  /// In the index space of its kind; 0 for kinds without one.
  var index: UInt32
  /// The token behind the keyword and the name.
  var contents: Int
}

/// The first pass: which names a module's fields bind.
extension ModuleParser {
  /// Leaves the cursor behind the field's own name. Whatever looks wrong further on is left for the last pass to name.
  mutating func declare(_ kind: Field.Kind) throws(WatError) -> UInt32 {
    switch kind {
    case .type: return try cursor.bind(in: &types.space)
    case .function: return try cursor.bind(in: &functions)
    case .global: return try cursor.bind(in: &globals)
    case .tag: return try cursor.bind(in: &tags)
    case .element: return try cursor.bind(in: &elements)
    case .data: return try cursor.bind(in: &data)
    case .table:
      let index = try cursor.bind(in: &tables)
      try declareInlineSegment(of: "elem", in: \.elements)
      return index
    case .memory:
      let index = try cursor.bind(in: &memories)
      try declareInlineSegment(of: "data", in: \.data)
      return index
    case .import:
      try declareImport()
      return 0
    case .export, .start:
      return 0
    }
  }

  private mutating func declareInlineSegment(
    of keyword: StaticString, in space: WritableKeyPath<ModuleParser, IndexSpace>
  ) throws(WatError) {
    let contents = cursor.position
    defer { cursor.move(to: contents) }
    while cursor.isOpen("export") { cursor.skipForm() }
    if cursor.nextReferenceType != nil { cursor.advance() }
    if cursor.isOpen(keyword) { _ = self[keyPath: space].bind(nil) }
  }

  private mutating func declareImport() throws(WatError) {
    let contents = cursor.position
    defer { cursor.move(to: contents) }
    while cursor.token.kind == .string { cursor.advance() }
    if cursor.takeOpen("func") {
      _ = try cursor.bind(in: &functions)
    } else if cursor.takeOpen("table") {
      _ = try cursor.bind(in: &tables)
    } else if cursor.takeOpen("memory") {
      _ = try cursor.bind(in: &memories)
    } else if cursor.takeOpen("global") {
      _ = try cursor.bind(in: &globals)
    } else if cursor.takeOpen("tag") {
      _ = try cursor.bind(in: &tags)
    }
  }
}

/// What imports and exports name, by its number in the binary format.
enum ExternalKind: UInt8 {
  case function = 0x00
  case table = 0x01
  case memory = 0x02
  case global = 0x03
  case tag = 0x04
}

// MARK: Imports and exports

extension ModuleParser {
  /// Behind `(import`.
  mutating func importField() throws(WatError) {
    let (module, name) = (try cursor.name(), try cursor.name())
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let kind: ExternalKind
    switch Field.Kind(cursor.keyword) {
    case .function: kind = .function
    case .table: kind = .table
    case .memory: kind = .memory
    case .global: kind = .global
    case .tag: kind = .tag
    default: throw cursor.unexpected()
    }
    cursor.advance()
    _ = try cursor.identifier()
    try importEntry(kind, module: module, name: name)
    try cursor.expectClose()
  }

  /// `(import "module" "name")`, an abbreviation inside of a definition. What follows it is the import's type.
  private mutating func takeInlineImport(_ kind: ExternalKind) throws(WatError) -> Bool {
    guard cursor.takeOpen("import") else { return false }
    let (module, name) = (try cursor.name(), try cursor.name())
    try cursor.expectClose()
    try importEntry(kind, module: module, name: name)
    return true
  }

  private mutating func importEntry(_ kind: ExternalKind, module: [UInt8], name: [UInt8]) throws(WatError) {
    let defined: [(ModuleSections.Entries, String)] = [
      (sections.functions, "function"), (sections.tables, "table"), (sections.memories, "memory"),
      (sections.globals, "global"), (sections.tags, "tag"),
    ]
    if let earlier = defined.first(where: { $0.0.count > 0 }) { throw cursor.error("import after \(earlier.1)") }
    var type = BinaryWriter()
    switch kind {
    case .function: type.unsigned(try resolve(try typeUse(named: true)))
    case .table: type.tableType(try cursor.tableType())
    case .memory: type.limits(try cursor.limits())
    case .global: type.globalType(try cursor.globalType())
    case .tag: type.tagType(try resolve(try typeUse(named: true)))
    }
    sections.imports.append {
      $0.sized(module)
      $0.sized(name)
      $0.byte(kind.rawValue)
      $0.raw(type.bytes)
    }
  }

  /// `(export "name")*`, an abbreviation inside of a definition.
  private mutating func inlineExports(_ kind: ExternalKind, _ index: UInt32) throws(WatError) {
    while cursor.takeOpen("export") {
      let name = try cursor.name()
      try cursor.expectClose()
      exportEntry(name, kind, index)
    }
  }

  /// Behind `(export`.
  mutating func export() throws(WatError) {
    let name = try cursor.name()
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let field = Field.Kind(cursor.keyword)
    guard let field, [.function, .table, .memory, .global, .tag].contains(field) else { throw cursor.unexpected() }
    cursor.advance()
    switch field {
    case .table: exportEntry(name, .table, try cursor.index(in: tables))
    case .memory: exportEntry(name, .memory, try cursor.index(in: memories))
    case .global: exportEntry(name, .global, try cursor.index(in: globals))
    case .tag: exportEntry(name, .tag, try cursor.index(in: tags))
    default: exportEntry(name, .function, try cursor.index(in: functions))
    }
    try cursor.expectClose()
  }

  private mutating func exportEntry(_ name: [UInt8], _ kind: ExternalKind, _ index: UInt32) {
    sections.exports.append {
      $0.sized(name)
      $0.byte(kind.rawValue)
      $0.unsigned(index)
    }
  }

  /// Behind `(start`.
  mutating func start() throws(WatError) {
    guard sections.start == nil else { throw cursor.error("multiple start sections") }
    sections.start = try cursor.index(in: functions)
  }
}

// MARK: Definitions

extension ModuleParser {
  mutating func function(_ index: UInt32) throws(WatError) {
    try inlineExports(.function, index)
    if try takeInlineImport(.function) { return }
    let use = try typeUse(named: true)
    let type = try resolve(use)
    sections.functions.append { $0.unsigned(type) }
    let body = try functionBody(use, type: type)
    sections.code.append { $0.sized(body) }
  }

  mutating func table(_ index: UInt32) throws(WatError) {
    try inlineExports(.table, index)
    if try takeInlineImport(.table) { return }
    guard let reference = cursor.nextReferenceType else {
      let type = try cursor.tableType()
      sections.tables.append { $0.tableType(type) }
      return
    }
    cursor.advance()
    let count = try inlineElements(reference, table: index)
    sections.tables.append {
      $0.tableType(TableType(limits: Limits(minimum: UInt64(count), maximum: UInt64(count)), element: reference))
    }
  }

  mutating func memory(_ index: UInt32) throws(WatError) {
    try inlineExports(.memory, index)
    if try takeInlineImport(.memory) { return }
    guard cursor.takeOpen("data") else {
      let limits = try cursor.limits()
      sections.memories.append { $0.limits(limits) }
      return
    }
    let bytes = try cursor.strings()
    try cursor.expectClose()
    inlineData(bytes, memory: index)
    let pageSize = 0x10000
    let pages = UInt64((bytes.count + pageSize - 1) / pageSize)
    sections.memories.append { $0.limits(Limits(minimum: pages, maximum: pages)) }
  }

  mutating func global(_ index: UInt32) throws(WatError) {
    try inlineExports(.global, index)
    if try takeInlineImport(.global) { return }
    let type = try cursor.globalType()
    let initializer = try constantExpression()
    sections.globals.append {
      $0.globalType(type)
      $0.raw(initializer)
    }
  }

  mutating func tag(_ index: UInt32) throws(WatError) {
    try inlineExports(.tag, index)
    if try takeInlineImport(.tag) { return }
    let type = try resolve(try typeUse(named: true))
    sections.tags.append { $0.tagType(type) }
  }
}

extension BinaryWriter {
  /// The attribute in front says that the tag is one of exceptions.
  fileprivate mutating func tagType(_ index: UInt32) {
    byte(0x00)
    unsigned(index)
  }
}

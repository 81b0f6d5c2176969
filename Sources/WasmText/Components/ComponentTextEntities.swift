/// Imports and exports (Explainer, "Import and Export Definitions").
extension ComponentTextEncoder {
  /// A name with its attributes: `nameattributes` of the binary format.
  mutating func attributedName() throws(WatError) -> [UInt8] {
    let name = try cursor.name()
    var attributes: [(code: UInt8, value: [UInt8])] = []
    let codes: [(StaticString, UInt8)] = [("implements", 0x00), ("versionsuffix", 0x01), ("external-id", 0x02)]
    while let (keyword, code) = codes.first(where: { cursor.isOpen($0.0) }) {
      if attributes.contains(where: { $0.code == code }) { throw cursor.unexpected() }
      try cursor.expectOpen(keyword)
      attributes.append((code, try cursor.name()))
      try cursor.expectClose()
    }
    return encoded { writer in
      writer.byte(attributes.isEmpty ? 0x00 : 0x02)
      writer.sized(name)
      guard !attributes.isEmpty else { return }
      writer.count(attributes.count)
      for (code, value) in attributes {
        writer.byte(code)
        writer.sized(value)
      }
    }
  }

  // MARK: Types of imports and exports

  /// An `externtype`: what it is of, its name, and its bytes.
  struct EntityText {
    var sort: ComponentSort
    var name: Spelling?
    var bytes: [UInt8]
  }

  /// `(sort $name? type)`
  mutating func entity() throws(WatError) -> EntityText {
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let sort = try cursor.sort()
    let name = try cursor.identifier()
    let bytes = try entityType(sort)
    try cursor.expectClose()
    return EntityText(sort: sort, name: name, bytes: bytes)
  }

  /// The bytes of an `externtype`, behind the sort and the name.
  private mutating func entityType(_ sort: ComponentSort) throws(WatError) -> [UInt8] {
    switch sort {
    case .coreModule:
      if let type = try typeUse(.coreType) { return entityBytes(sort, type) }
      return entityBytes(sort, try coreModuleType())
    case .function: return entityBytes(sort, try functionTypeIndex())
    case .component, .instance:
      if let type = try typeUse(.type) { return entityBytes(sort, type) }
      return entityBytes(sort, try scopedTypeIndex(sort == .component ? 0x41 : 0x42))
    case .type: return try typeBound()
    default: throw cursor.unexpected()
    }
  }

  private func entityBytes(_ sort: ComponentSort, _ type: UInt32) -> [UInt8] {
    encoded {
      $0.raw(sort.bytes)
      $0.unsigned(type)
    }
  }

  private mutating func typeBound() throws(WatError) -> [UInt8] {
    if cursor.takeOpen("eq") {
      let index = try reference(.type)
      try cursor.expectClose()
      return encoded {
        $0.raw([0x03, 0x00])
        $0.unsigned(index)
      }
    }
    try cursor.expectOpen("sub")
    guard cursor.take("resource") else { throw cursor.unexpected() }
    try cursor.expectClose()
    return [0x03, 0x01]
  }

  /// `(type index)`, which is told from the definition of a type by what stands behind the index or the name.
  mutating func typeUse(_ sort: ComponentSort) throws(WatError) -> UInt32? {
    let behind = cursor.peek(3).kind
    guard cursor.isOpen("type"), behind == .close || behind == .string else { return nil }
    try cursor.expectOpen("type")
    let index = try aliasedIndex(sort)
    try cursor.expectClose()
    return index
  }

  // MARK: Imports

  /// Behind `(import`.
  mutating func importDefinition() throws(WatError) {
    let name = try attributedName()
    let entity = try entity()
    try define(.import, name + entity.bytes, entity.sort, entity.name)
  }

  /// `(import "name" attribute*)` inside of a definition: the name's bytes.
  mutating func inlineImport() throws(WatError) -> [UInt8]? {
    guard isInline("import") else { return nil }
    try cursor.expectOpen("import")
    let name = try attributedName()
    try cursor.expectClose()
    return name
  }

  /// Whether the next form is `(keyword "name" (attribute ...)*)` and nothing else.
  private func isInline(_ keyword: StaticString) -> Bool {
    guard cursor.isOpen(keyword), cursor.peek(2).kind == .string else { return false }
    var cursor = cursor
    cursor.move(to: cursor.position + 3)
    while cursor.isOpen("implements") || cursor.isOpen("versionsuffix") || cursor.isOpen("external-id") { cursor.skipForm() }
    return cursor.token.kind == .close
  }

  /// What an inline import makes of a definition: an import of its type.
  mutating func importItem(
    _ imported: [UInt8], _ sort: ComponentSort, _ name: Spelling?,
    _ inlineType: (inout ComponentTextEncoder) throws(WatError) -> UInt32
  ) throws(WatError) {
    let type: UInt32
    if let used = try typeUse(sort == .coreModule ? .coreType : .type) { type = used } else { type = try inlineType(&self) }
    try define(.import, imported + entityBytes(sort, type), sort, name)
  }

  // MARK: Exports

  /// Behind `(export`.
  mutating func exportDefinition() throws(WatError) {
    let id = try cursor.identifier()
    let name = try attributedName()
    guard scope.kind == .component else {
      let entity = try entity()
      try define(.export, name + entity.bytes, entity.sort, entity.name ?? id)
      return
    }
    let item = try sortIndex()
    let ascribed = cursor.token.kind == .open ? try entity() : nil
    let bytes = encoded {
      $0.raw(name)
      $0.raw(item.sort.bytes)
      $0.unsigned(item.index)
      $0.byte(ascribed == nil ? 0x00 : 0x01)
      $0.raw(ascribed?.bytes ?? [])
    }
    try define(.export, bytes, item.sort, id)
  }

  /// `(export "name" attribute*)*` inside of a definition: the names' bytes.
  mutating func inlineExports() throws(WatError) -> [[UInt8]] {
    var names: [[UInt8]] = []
    while isInline("export") {
      try cursor.expectOpen("export")
      names.append(try attributedName())
      try cursor.expectClose()
    }
    return names
  }

  /// Exports the definition that was made last.
  mutating func export(_ names: [[UInt8]], _ sort: ComponentSort) throws(WatError) {
    guard !names.isEmpty, let index = scope.lastIndex(sort) else { return }
    for name in names {
      let bytes = encoded {
        $0.raw(name)
        $0.raw(sort.bytes)
        $0.unsigned(index)
        $0.byte(0x00)
      }
      try define(.export, bytes, sort)
    }
  }
}

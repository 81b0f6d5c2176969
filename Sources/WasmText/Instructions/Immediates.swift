/// Instructions with their immediates.
extension ModuleParser {
  /// Behind the mnemonic.
  mutating func emit(_ opcode: Opcode, _ immediates: Immediates) throws(WatError) {
    if case .resultTypes = immediates { return try select() }
    if let prefix = opcode.prefix {
      expression.code.byte(prefix)
      expression.code.unsigned(opcode.code)
    } else {
      expression.code.byte(UInt8(truncatingIfNeeded: opcode.code))
    }
    switch immediates {
    case .none, .resultTypes: break
    case .label: expression.code.unsigned(try label())
    case .labelTable: try labelTable()
    case .function: expression.code.unsigned(try cursor.index(in: functions))
    case .tag: expression.code.unsigned(try cursor.index(in: tags))
    case .functionTypeAndTable: try functionTypeAndTable()
    case .local: expression.code.unsigned(try local())
    case .global: expression.code.unsigned(try cursor.index(in: globals))
    case .heapType: expression.code.byte(try cursor.heapType().code)
    case .table: expression.code.unsigned(try optionalIndex(in: tables))
    case .twoTables: try twoIndices(in: tables)
    case .element: expression.code.unsigned(try cursor.index(in: elements))
    case .elementAndTable: try segment(in: elements, of: tables)
    case .access(let alignment): try access(naturalAlignment: alignment, memory: try optionalIndex(in: memories))
    case .memory: expression.code.unsigned(try optionalIndex(in: memories))
    case .twoMemories: try twoIndices(in: memories)
    case .data:
      sections.needsDataCount = true
      expression.code.unsigned(try cursor.index(in: data))
    case .dataAndMemory:
      sections.needsDataCount = true
      try segment(in: data, of: memories)
    case .i32: expression.code.signed(Int64(Int32(truncatingIfNeeded: try cursor.integer(bits: 32))))
    case .i64: expression.code.signed(Int64(truncatingIfNeeded: try cursor.integer(bits: 64)))
    case .f32: expression.code.littleEndian(UInt64(try cursor.float32()), bytes: 4)
    case .f64: expression.code.littleEndian(try cursor.float64(), bytes: 8)
    case .vector: expression.code.raw(try cursor.vector())
    case .shuffle: expression.code.raw(try cursor.shuffleIndices())
    case .lane: expression.code.byte(try cursor.laneIndex())
    case .laneAccess(let alignment):
      // A single number is the lane.
      let namesMemory = cursor.token.kind == .identifier || cursor.isIndex && cursor.peek().kind == .atom
      try access(naturalAlignment: alignment, memory: namesMemory ? try cursor.index(in: memories) : 0)
      expression.code.byte(try cursor.laneIndex())
    }
  }

  private mutating func optionalIndex(in space: IndexSpace) throws(WatError) -> UInt32 {
    cursor.isIndex ? try cursor.index(in: space) : 0
  }

  /// Both or neither.
  private mutating func twoIndices(in space: IndexSpace) throws(WatError) {
    guard cursor.isIndex else { return expression.code.raw([0x00, 0x00]) }
    expression.code.unsigned(try cursor.index(in: space))
    expression.code.unsigned(try cursor.index(in: space))
  }

  /// `target? segment` in the text, the other way round in the binary format.
  private mutating func segment(in segments: IndexSpace, of targets: IndexSpace) throws(WatError) {
    let first = cursor
    cursor.advance()
    var target: UInt32 = 0
    let namesTarget = cursor.isIndex
    cursor = first
    if namesTarget { target = try cursor.index(in: targets) }
    expression.code.unsigned(try cursor.index(in: segments))
    expression.code.unsigned(target)
  }

  private mutating func functionTypeAndTable() throws(WatError) {
    let table = try optionalIndex(in: tables)
    expression.code.unsigned(try resolve(try typeUse(named: false)))
    expression.code.unsigned(table)
  }

  private mutating func select() throws(WatError) {
    guard cursor.isOpen("result") else { return expression.code.byte(0x1B) }
    expression.code.byte(0x1C)
    expression.code.types(try cursor.results())
  }

  /// `offset=N`? `align=N`?
  private mutating func access(naturalAlignment: UInt32, memory: UInt32) throws(WatError) {
    let offset = try field("offset=", bits: 32) ?? 0
    let start = cursor.token
    var alignment = naturalAlignment
    if let bytes = try field("align=", bits: 32) {
      guard bytes.nonzeroBitCount == 1 else { throw cursor.error("alignment must be a power of two", at: start) }
      alignment = UInt32(bytes.trailingZeroBitCount)
    }
    let namesMemory: UInt32 = 0x40
    expression.code.unsigned(memory == 0 ? alignment : alignment | namesMemory)
    if memory != 0 { expression.code.unsigned(memory) }
    expression.code.unsigned(offset)
  }

  /// The number behind `prefix`, when the token here starts with that.
  private mutating func field(_ prefix: StaticString, bits: Int) throws(WatError) -> UInt64? {
    guard let keyword = cursor.keyword, let digits = keyword.dropping(prefix) else { return nil }
    guard let literal = IntegerLiteral(digits), literal.isNatural else { throw cursor.unexpected() }
    guard let value = literal.unsigned(bits: bits) else { throw cursor.error("i\(bits) constant out of range") }
    cursor.advance()
    return value
  }
}

extension Spelling {
  fileprivate func dropping(_ prefix: StaticString) -> ArraySlice<UInt8>? {
    prefix.withUTF8Buffer { bytes.starts(with: $0) ? bytes.dropFirst($0.count) : nil }
  }
}

// MARK: Labels and locals

extension ModuleParser {
  private mutating func label() throws(WatError) -> UInt32 {
    let start = cursor.token
    guard let name = try cursor.identifier() else { return try cursor.unsigned32() }
    guard let distance = expression.labels.distance(to: name) else {
      throw cursor.error("unknown label $\(name.excerpt)", at: start)
    }
    return distance
  }

  /// What a `try_table` does with exceptions, up to where its code begins.
  mutating func catchClauses() throws(WatError) {
    let forms: [(StaticString, UInt8)] = [("catch", 0), ("catch_ref", 1), ("catch_all", 2), ("catch_all_ref", 3)]
    var clauses = BinaryWriter()
    var count = 0
    while let (_, form) = forms.first(where: { cursor.takeOpen($0.0) }) {
      clauses.byte(form)
      if form < 2 { clauses.unsigned(try cursor.index(in: tags)) }
      clauses.unsigned(try label())
      try cursor.expectClose()
      count += 1
    }
    expression.code.count(count)
    expression.code.raw(clauses.bytes)
  }

  private mutating func labelTable() throws(WatError) {
    var labels = [try label()]
    while cursor.isIndex { labels.append(try label()) }
    expression.code.count(labels.count - 1)
    for label in labels { expression.code.unsigned(label) }
  }

  private mutating func local() throws(WatError) -> UInt32 {
    let start = cursor.token
    guard let name = try cursor.identifier() else { return try cursor.unsigned32() }
    guard let index = expression.locals[name] else {
      throw cursor.error("unknown local $\(name.excerpt)", at: start)
    }
    return index
  }
}

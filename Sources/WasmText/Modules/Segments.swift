/// Where a segment goes (specification 2.5.7 and 2.5.8).
private enum SegmentMode {
  case passive
  /// `expression` is encoded.
  case active(target: UInt32, expression: [UInt8])
  case declarative
}

private enum ElementList {
  case functions([UInt32])
  /// The expressions are encoded, one behind the other.
  case expressions(ReferenceType, count: Int, [UInt8])
}

private let offsetZero: [UInt8] = [0x41, 0x00, 0x0B]

// MARK: Elements

extension ModuleParser {
  /// Behind `(elem` and its name.
  mutating func elementSegment() throws(WatError) {
    if cursor.take("declare") { return append(.declarative, try elementList()) }
    guard cursor.token.kind == .open else { return append(.passive, try elementList()) }
    var table: UInt32 = 0
    let namesTable = cursor.takeOpen("table")
    if namesTable {
      table = try cursor.index(in: tables)
      try cursor.expectClose()
    }
    let mode = SegmentMode.active(target: table, expression: try offset())
    // Without a table the word "func" may be left out.
    let isBare = !namesTable && (cursor.isIndex || cursor.token.kind == .close)
    append(mode, isBare ? .functions(try functionIndices()) : try elementList())
  }

  /// `(elem ...)` behind a table's reference type: how many elements there are.
  mutating func inlineElements(_ type: ReferenceType, table: UInt32) throws(WatError) -> Int {
    try cursor.expectOpen("elem")
    let list: ElementList
    let count: Int
    if cursor.token.kind == .open {
      let expressions = try elementExpressions()
      (list, count) = (.expressions(type, count: expressions.count, expressions.bytes), expressions.count)
    } else {
      let indices = try functionIndices()
      (list, count) = (.functions(indices), indices.count)
    }
    try cursor.expectClose()
    append(.active(target: table, expression: offsetZero), list)
    return count
  }

  private mutating func elementList() throws(WatError) -> ElementList {
    if cursor.take("func") { return .functions(try functionIndices()) }
    let type = try cursor.referenceType()
    let expressions = try elementExpressions()
    return .expressions(type, count: expressions.count, expressions.bytes)
  }

  private mutating func functionIndices() throws(WatError) -> [UInt32] {
    var indices: [UInt32] = []
    while cursor.token.kind != .close { indices.append(try cursor.index(in: functions)) }
    return indices
  }

  private mutating func elementExpressions() throws(WatError) -> (count: Int, bytes: [UInt8]) {
    var count = 0
    var bytes: [UInt8] = []
    while cursor.token.kind != .close {
      bytes += try wrappedExpression("item")
      count += 1
    }
    return (count, bytes)
  }

  private mutating func append(_ mode: SegmentMode, _ list: ElementList) {
    sections.elements.append { $0.elementSegment(mode, list) }
  }
}

extension BinaryWriter {
  /// Specification 5.5.12. The lowest bit of the leading number says "not active", the next one "names its table" or
  /// "declarative", the third "expressions".
  fileprivate mutating func elementSegment(_ mode: SegmentMode, _ list: ElementList) {
    let form: UInt32
    switch list {
    case .functions: form = 0
    case .expressions: form = 4
    }
    var namesType = true
    switch mode {
    case .passive: unsigned(form | 1)
    case .declarative: unsigned(form | 3)
    case .active(let table, let offset):
      if table == 0, list.isOfFunctions {
        unsigned(form)
        namesType = false
      } else {
        unsigned(form | 2)
        unsigned(table)
      }
      raw(offset)
    }
    switch list {
    case .functions(let indices):
      if namesType { byte(0x00) }
      count(indices.count)
      for index in indices { unsigned(index) }
    case .expressions(let type, let count, let bytes):
      if namesType { byte(type.code) }
      self.count(count)
      raw(bytes)
    }
  }
}

extension ElementList {
  fileprivate var isOfFunctions: Bool {
    switch self {
    case .functions: true
    case .expressions(let type, _, _): type == .function
    }
  }
}

// MARK: Data

extension ModuleParser {
  /// Behind `(data` and its name.
  mutating func dataSegment() throws(WatError) {
    guard cursor.token.kind == .open else { return append(.passive, try cursor.strings()) }
    var memory: UInt32 = 0
    if cursor.takeOpen("memory") {
      memory = try cursor.index(in: memories)
      try cursor.expectClose()
    }
    let mode = SegmentMode.active(target: memory, expression: try offset())
    append(mode, try cursor.strings())
  }

  mutating func inlineData(_ bytes: [UInt8], memory: UInt32) {
    append(.active(target: memory, expression: offsetZero), bytes)
  }

  private mutating func append(_ mode: SegmentMode, _ bytes: [UInt8]) {
    sections.data.append {
      switch mode {
      case .active(target: 0, let offset):
        $0.unsigned(UInt32(0))
        $0.raw(offset)
      case .active(let memory, let offset):
        $0.unsigned(UInt32(2))
        $0.unsigned(memory)
        $0.raw(offset)
      case .passive, .declarative:
        $0.unsigned(UInt32(1))
      }
      $0.sized(bytes)
    }
  }
}

// MARK: Expressions

extension ModuleParser {
  private mutating func offset() throws(WatError) -> [UInt8] {
    try wrappedExpression("offset")
  }

  /// `(keyword instruction*)` or, as its abbreviation, one folded instruction.
  private mutating func wrappedExpression(_ keyword: StaticString) throws(WatError) -> [UInt8] {
    guard cursor.takeOpen(keyword) else { return try foldedConstantExpression() }
    let expression = try constantExpression()
    try cursor.expectClose()
    return expression
  }
}

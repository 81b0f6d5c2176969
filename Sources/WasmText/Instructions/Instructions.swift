/// Instruction sequences (specification 6.5), written as they are read: a folded operator waits until its operands are
/// out. The forms that are open stand in `expression.frames`, so that nesting costs no call stack.
extension ModuleParser {
  /// How deep blocks and folded instructions may nest.
  static let nestingLimit = 10_000
  private static let tryTable: UInt8 = 0x1F

  /// Up to the parenthesis that closes the field or form around them.
  mutating func instructions() throws(WatError) {
    let outer = expression.frames.count
    while expression.frames.count > outer || cursor.token.kind != .close { try step() }
  }

  mutating func foldedInstruction() throws(WatError) {
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    let outer = expression.frames.count
    repeat { try step() } while expression.frames.count > outer
  }

  /// The sequence and its end, with nothing in scope.
  mutating func constantExpression() throws(WatError) -> [UInt8] {
    expression = ExpressionState()
    try instructions()
    expression.code.byte(0x0B)
    return expression.code.takeAll()
  }

  mutating func foldedConstantExpression() throws(WatError) -> [UInt8] {
    expression = ExpressionState()
    try foldedInstruction()
    expression.code.byte(0x0B)
    return expression.code.takeAll()
  }

  private mutating func step() throws(WatError) {
    switch cursor.token.kind {
    case .open: try open()
    case .close: try close()
    case .atom where mayStandPlain: try plain()
    default: throw cursor.unexpected()
    }
  }

  /// Whether the open form takes instructions that are not folded.
  private var mayStandPlain: Bool {
    switch expression.frames.last {
    case nil, .block, .foldedBlock, .then, .else: true
    case .folded, .foldedIf, .afterThen, .afterElse: false
    }
  }

  private mutating func push(_ frame: Frame) throws(WatError) {
    guard expression.frames.count < Self.nestingLimit else {
      throw cursor.error("nesting too deep: more than \(Self.nestingLimit) instructions inside each other")
    }
    expression.frames.append(frame)
  }

  private mutating func operation() throws(WatError) -> Operation {
    guard let keyword = cursor.keyword, let operation = Mnemonics.table[keyword] else { throw cursor.unexpected() }
    return operation
  }
}

// MARK: Plain instructions

extension ModuleParser {
  private mutating func plain() throws(WatError) {
    switch try operation() {
    case .plain(let opcode, let immediates):
      cursor.advance()
      try emit(opcode, immediates)
    case .block: try plainBlock(0x02, mayElse: false)
    case .loop: try plainBlock(0x03, mayElse: false)
    case .if: try plainBlock(0x04, mayElse: true)
    case .tryTable: try plainBlock(Self.tryTable, mayElse: false)
    case .else:
      guard case .block(mayElse: true)? = expression.frames.last else { throw cursor.unexpected() }
      cursor.advance()
      try repeatedLabel()
      expression.frames[expression.frames.count - 1] = .block(mayElse: false)
      expression.code.byte(0x05)
    case .end:
      guard case .block? = expression.frames.last else { throw cursor.unexpected() }
      cursor.advance()
      try repeatedLabel()
      expression.frames.removeLast()
      endBlock()
    }
  }

  private mutating func plainBlock(_ opcode: UInt8, mayElse: Bool) throws(WatError) {
    cursor.advance()
    try push(.block(mayElse: mayElse))
    let label = try cursor.identifier()
    expression.code.byte(opcode)
    try blockType()
    if opcode == Self.tryTable { try catchClauses() }
    expression.labels.enter(label)
  }

  /// The label that `else` and `end` may repeat.
  private mutating func repeatedLabel() throws(WatError) {
    let start = cursor.token
    guard let label = try cursor.identifier(), label != expression.labels.innermost else { return }
    throw cursor.error("mismatching label $\(label.excerpt)", at: start)
  }

  private mutating func endBlock() {
    expression.labels.leave()
    expression.code.byte(0x0B)
  }

  private mutating func blockType() throws(WatError) {
    let use = try typeUse(named: false)
    switch (use.index, use.parameters.isEmpty, use.results.count) {
    case (nil, true, 0): expression.code.byte(0x40)
    case (nil, true, 1): expression.code.byte(use.results[0].code)
    default: expression.code.signed(Int64(try resolve(use)))
    }
  }
}

// MARK: Folded instructions

extension ModuleParser {
  private mutating func open() throws(WatError) {
    if case .foldedIf(let start, let label)? = expression.frames.last, cursor.takeOpen("then") {
      emitPending(from: start)
      expression.labels.enter(label)
      replaceFrame(by: .afterThen)
      return try push(.then)
    }
    if case .afterThen? = expression.frames.last, cursor.takeOpen("else") {
      expression.code.byte(0x05)
      replaceFrame(by: .afterElse)
      return try push(.else)
    }
    cursor.advance()
    switch expression.frames.last {
    case .afterThen, .afterElse: throw cursor.unexpected()
    default: break
    }
    let start = expression.code.bytes.count
    switch try operation() {
    case .plain(let opcode, let immediates):
      cursor.advance()
      try emit(opcode, immediates)
      if cursor.token.kind == .close { return cursor.advance() }
      try push(.folded(pendingFrom: expression.pending.count))
      expression.pending += expression.code.cut(from: start)
    case .block: try foldedBlock(0x02)
    case .loop: try foldedBlock(0x03)
    case .tryTable: try foldedBlock(Self.tryTable)
    case .if:
      cursor.advance()
      let label = try cursor.identifier()
      expression.code.byte(0x04)
      try blockType()
      try push(.foldedIf(pendingFrom: expression.pending.count, label: label))
      expression.pending += expression.code.cut(from: start)
    case .else, .end: throw cursor.unexpected()
    }
  }

  private mutating func foldedBlock(_ opcode: UInt8) throws(WatError) {
    cursor.advance()
    try push(.foldedBlock)
    let label = try cursor.identifier()
    expression.code.byte(opcode)
    try blockType()
    if opcode == Self.tryTable { try catchClauses() }
    expression.labels.enter(label)
  }

  private mutating func close() throws(WatError) {
    switch expression.frames.last {
    case nil, .block, .foldedIf: throw cursor.unexpected()
    case .folded(let start): emitPending(from: start)
    case .foldedBlock, .afterThen, .afterElse: endBlock()
    case .then, .else: break
    }
    expression.frames.removeLast()
    cursor.advance()
  }

  private mutating func emitPending(from start: Int) {
    expression.code.raw(expression.pending[start...])
    expression.pending.removeSubrange(start...)
  }

  private mutating func replaceFrame(by frame: Frame) {
    expression.frames.removeLast()
    expression.frames.append(frame)
  }
}

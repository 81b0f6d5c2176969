/// Checks function bodies by the algorithm of the specification's appendix (7.3): one pass over the instructions with a
/// stack of operand types and a stack of open blocks.
struct FunctionValidator {
  let context: ModuleContext
  var locals = LocalTypes()
  private(set) var operands = OperandStack()
  private(set) var frames: [ControlFrame] = []
  /// Of the innermost frame, kept here because every instruction asks for it.
  private var floor = 0
  private let operandLimit: Int
  /// Where the instruction being checked begins.
  var offset = 0

  init(_ context: ModuleContext) {
    self.context = context
    operandLimit = context.module.limits.operandStackDepth
  }

  mutating func validate(definedFunction index: Int) throws(WasmError) {
    let function = context.module.importedFunctionCount + index
    let body = context.module.code[index]
    do throws(WasmError) {
      offset = body.range.lowerBound
      let type = context.functions[function]
      locals.reset(parameters: context.types[Int(type)].parameters, declared: body.locals)
      operands.cut(to: 0)
      frames.removeAll(keepingCapacity: true)
      openFrame(.function, .function(type))
      var reader = self.reader(of: body.range)
      try checkInstructions(of: &reader)
      guard reader.offset == body.range.upperBound else {
        throw .malformed("section size mismatch: instructions after the last end", at: reader.offset)
      }
    } catch {
      // Read once more instead of being kept at every step.
      var faulty = self.reader(of: offset..<max(offset, body.range.upperBound))
      let mnemonic = (try? faulty.next())?.mnemonic
      let function = UInt32(clamping: function)
      throw error.within(function: function, named: context.module.functionName(function), instruction: mnemonic)
    }
  }

  private func reader(of range: Range<Int>) -> InstructionReader {
    InstructionReader(ByteReader(bytes: context.module.bytes, range: range), limits: context.module.limits)
  }

  // MARK: Operands

  @inline(__always)
  mutating func push(_ type: ValueType?) { operands.push(type) }

  /// A call can push many operands with few bytes, hence the limit; one at a time they stay below the body's size.
  mutating func push(_ types: [ValueType]) throws(WasmError) {
    guard operands.count + types.count <= operandLimit else {
      throw .overLimit(
        "too many operands on the stack", found: operands.count + types.count, allowed: operandLimit, at: offset)
    }
    operands.push(contentsOf: types)
  }

  @inline(__always)
  mutating func pop(_ expected: ValueType) throws(WasmError) {
    let top = operands.count - 1
    if top >= floor, operands[top] == expected {
      operands.cut(to: top)
    } else {
      try popUncommon(expected)
    }
  }

  @inline(never)
  private mutating func popUncommon(_ expected: ValueType) throws(WasmError) {
    guard operands.count > floor || isUnreachable else { throw .mismatch(expected, found: nil, at: offset) }
    if let found = try popAny(), found != expected { throw .mismatch(expected, found: found, at: offset) }
  }

  /// Two of the expected type give way to one of the other.
  @inline(__always)
  mutating func replaceTwo(_ expected: ValueType, with result: ValueType) throws(WasmError) {
    let top = operands.count - 1
    if top > floor, operands[top] == expected, operands[top - 1] == expected {
      operands.cut(to: top)
      // Every write asks whether the storage is shared, so the many that would change nothing are left out.
      if result != expected { operands[top - 1] = result }
    } else {
      try pop(expected)
      try pop(expected)
      push(result)
    }
  }

  @inline(__always)
  mutating func replaceOne(_ expected: ValueType, with result: ValueType) throws(WasmError) {
    let top = operands.count - 1
    if top >= floor, operands[top] == expected {
      if result != expected { operands[top] = result }
    } else {
      try pop(expected)
      push(result)
    }
  }

  mutating func pop(_ types: [ValueType]) throws(WasmError) {
    try expectOnTop(types)
    operands.cut(to: max(floor, operands.count - types.count))
  }

  /// Pops an operand whatever its type; nil where it may be of any.
  mutating func popAny() throws(WasmError) -> ValueType? {
    let top = operands.count - 1
    if top >= floor {
      operands.cut(to: top)
      return operands[top]
    }
    guard isUnreachable else {
      throw .invalid("type mismatch: expected an operand, found nothing", at: offset)
    }
    return nil
  }

  /// Checks that operands of these types are on top of the stack, and leaves them there.
  func expectOnTop(_ types: [ValueType]) throws(WasmError) {
    let isEnough = operands.count - floor >= types.count || isUnreachable
    if !isEnough || !operands.topMatches(types, above: floor) { throw mismatch(types) }
  }

  /// The first operand from the top that keeps the stack from ending with these types.
  @inline(never)
  private func mismatch(_ types: [ValueType]) -> WasmError {
    var place = operands.count
    for expected in types.reversed() {
      guard place > floor else { return .mismatch(expected, found: nil, at: offset) }
      place -= 1
      if let found = operands[place], found != expected { return .mismatch(expected, found: found, at: offset) }
    }
    return .invalid("type mismatch", at: offset)
  }

  // MARK: Operands of blocks

  /// The types that a block takes or leaves. Its type index has been checked when it was opened.
  func types(_ side: BlockSide, of type: BlockType) -> [ValueType] {
    switch type {
    case .empty: []
    case .value(let value): side == .results ? [value] : []
    case .function(let index):
      side == .results
        ? context.types[Int(index)].results : context.types[Int(index)].parameters
    }
  }

  // Most blocks have no type or one result; these two see to it that such blocks make no arrays.

  mutating func push(_ side: BlockSide, of type: BlockType) throws(WasmError) {
    switch type {
    case .empty: break
    case .value(let value): if side == .results { push(value) }
    case .function: try push(types(side, of: type))
    }
  }

  mutating func pop(_ side: BlockSide, of type: BlockType) throws(WasmError) {
    switch type {
    case .empty: break
    case .value(let value): if side == .results { try pop(value) }
    case .function: try pop(types(side, of: type))
    }
  }

  // MARK: Blocks

  private var isUnreachable: Bool { frames.last?.isUnreachable ?? false }

  mutating func openFrame(_ kind: ControlFrame.Kind, _ type: BlockType) {
    floor = operands.count
    frames.append(ControlFrame(kind: kind, type: type, floor: floor))
  }

  /// Closes the innermost block, which must have left exactly its results.
  mutating func closeFrame() throws(WasmError) -> ControlFrame {
    guard let frame = frames.last else { throw .malformed("unexpected end of section or function", at: offset) }
    try pop(.results, of: frame.type)
    guard operands.count == floor else {
      throw .invalid(
        "type mismatch: the block ends with \(operands.count - floor) operands beyond its results", at: offset)
    }
    frames.removeLast()
    floor = frames.last?.floor ?? 0
    return frame
  }

  /// What follows in this block is never reached, so the rules let its operands be anything.
  mutating func markUnreachable() {
    guard let innermost = frames.indices.last else { return }
    operands.cut(to: floor)
    frames[innermost].isUnreachable = true
  }

  /// The block that a branch leads to, and which of its types the branch takes.
  func label(_ depth: UInt32) throws(WasmError) -> (side: BlockSide, type: BlockType) {
    guard Int(depth) < frames.count else { throw .invalid("unknown label \(depth)", at: offset) }
    let frame = frames[frames.count - 1 - Int(depth)]
    return (frame.kind == .loop ? .parameters : .results, frame.type)
  }
}

enum BlockSide {
  case parameters
  case results
}

struct ControlFrame {
  enum Kind { case function, block, loop, `if`, `else` }

  let kind: Kind
  let type: BlockType
  /// The height of the operand stack below the block's own operands.
  let floor: Int
  var isUnreachable = false
}

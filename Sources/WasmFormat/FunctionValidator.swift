/// Checks function bodies by the algorithm of the specification's appendix (7.3): one pass over the instructions with a
/// stack of operand types and a stack of open blocks.
struct FunctionValidator {
  let context: ModuleContext
  var locals = LocalTypes()
  /// A nil is an operand of any type, as there are after an unconditional branch.
  private(set) var operands: [ValueType?] = []
  private(set) var frames: [ControlFrame] = []
  /// Of the innermost frame, kept here because every instruction asks for it.
  private var floor = 0
  private let operandLimit: Int
  /// Where the instruction being checked begins.
  private(set) var offset = 0

  init(_ context: ModuleContext) {
    self.context = context
    operandLimit = context.module.limits.operandStackDepth
  }

  mutating func validate(definedFunction index: Int) throws(WasmError) {
    let module = context.module
    let function = UInt32(clamping: module.importedFunctionCount + index)
    guard let type = module.functionType(function) else { throw .invalid("unknown function \(function)", at: 0) }
    let body = module.code[index]
    locals.reset(parameters: type.parameters, declared: body.locals)
    operands.removeAll(keepingCapacity: true)
    frames.removeAll(keepingCapacity: true)
    pushFrame(.function, parameters: [], results: type.results)

    var reader = InstructionReader(module: module, range: body.range)
    while true {
      offset = reader.offset
      var current: Instruction?
      do throws(WasmError) {
        guard let instruction = try reader.next() else { break }
        current = instruction
        guard !frames.isEmpty else { throw .malformed("section size mismatch: code after the last end", at: offset) }
        try check(instruction)
        guard operands.count <= operandLimit else {
          throw WasmError.overLimit(
            "too many operands on the stack", found: operands.count, allowed: operandLimit, at: offset)
        }
      } catch {
        throw error.within(
          function: function, named: module.functionName(function), instruction: current?.mnemonic)
      }
    }
    guard frames.isEmpty else {
      throw WasmError.malformed("unexpected end of section or function", at: offset)
        .within(function: function, named: module.functionName(function), instruction: nil)
    }
  }

  // MARK: Operands

  @inline(__always)
  mutating func push(_ type: ValueType?) { operands.append(type) }

  mutating func push(_ types: [ValueType]) {
    for type in types { operands.append(type) }
  }

  @inline(__always)
  mutating func pop(_ expected: ValueType) throws(WasmError) {
    let count = operands.count
    if count > floor, operands[count - 1] == expected {
      operands.removeLast()
    } else {
      try popUncommon(expected)
    }
  }

  @inline(never)
  private mutating func popUncommon(_ expected: ValueType) throws(WasmError) {
    guard operands.count > floor || isUnreachable else { throw .mismatch(expected, found: nil, at: offset) }
    if let found = try popAny(), found != expected { throw .mismatch(expected, found: found, at: offset) }
  }

  mutating func pop(_ types: [ValueType]) throws(WasmError) {
    for type in types.reversed() { try pop(type) }
  }

  /// Pops an operand whatever its type; nil where it may be of any.
  mutating func popAny() throws(WasmError) -> ValueType? {
    if operands.count > floor { return operands.removeLast() }
    guard isUnreachable else {
      throw .invalid("type mismatch: expected an operand, found nothing", at: offset)
    }
    return nil
  }

  /// Checks that operands of these types are on top of the stack, and leaves them there.
  func expectOnTop(_ types: [ValueType]) throws(WasmError) {
    var place = operands.count
    for expected in types.reversed() {
      guard place > floor else {
        if isUnreachable { return }
        throw .mismatch(expected, found: nil, at: offset)
      }
      place -= 1
      if let found = operands[place], found != expected { throw .mismatch(expected, found: found, at: offset) }
    }
  }

  // MARK: Blocks

  private var isUnreachable: Bool { frames.last?.isUnreachable ?? false }

  mutating func pushFrame(_ kind: ControlFrame.Kind, parameters: [ValueType], results: [ValueType]) {
    floor = operands.count
    frames.append(ControlFrame(kind: kind, parameters: parameters, results: results, floor: floor))
    push(parameters)
  }

  /// Closes the innermost block, which must have left exactly its results.
  mutating func popFrame() throws(WasmError) -> ControlFrame {
    guard let frame = frames.last else { throw .malformed("unexpected end of section or function", at: offset) }
    try pop(frame.results)
    guard operands.count == floor else {
      throw .invalid(
        "type mismatch: the block ends with \(operands.count - floor) operands beyond its \(frame.results.count) results",
        at: offset)
    }
    frames.removeLast()
    floor = frames.last?.floor ?? 0
    return frame
  }

  /// What follows in this block is never reached, so the rules let its operands be anything.
  mutating func markUnreachable() {
    guard let innermost = frames.indices.last else { return }
    operands.removeLast(operands.count - floor)
    frames[innermost].isUnreachable = true
  }

  /// What a branch to the label takes.
  func label(_ depth: UInt32) throws(WasmError) -> [ValueType] {
    guard Int(depth) < frames.count else { throw .invalid("unknown label \(depth)", at: offset) }
    let frame = frames[frames.count - 1 - Int(depth)]
    return frame.kind == .loop ? frame.parameters : frame.results
  }
}

struct ControlFrame {
  enum Kind { case function, block, loop, `if`, `else` }

  let kind: Kind
  let parameters: [ValueType]
  let results: [ValueType]
  /// The height of the operand stack below the block's own operands.
  let floor: Int
  var isUnreachable = false
}

/// Function bodies and expressions (specification 5.4.9 and 5.5.13).
extension ModuleDecoder {
  mutating func codeSection() throws(WasmError) {
    let count = try itemCount("too many function bodies", limit: limits.functions)
    module.code.reserveCapacity(min(count, module.functions.count))
    for index in 0..<count {
      let function = UInt32(clamping: module.importedFunctionCount + index)
      do throws(WasmError) {
        module.code.append(try functionBody(of: index))
      } catch {
        throw error.within(function: function, named: module.functionName(function), instruction: error.instruction)
      }
    }
  }

  private mutating func functionBody(of index: Int) throws(WasmError) -> FunctionBody {
    let start = reader.position
    let size = try reader.length()
    guard size <= limits.functionBodySize else {
      throw .overLimit("function body too large", found: size, allowed: limits.functionBodySize, at: start)
    }
    let contents = reader.position
    let locals = try localDeclarations(of: index)
    catchesExceptions = false
    let range = try expression()
    try checkSize(declared: size, from: contents, at: start)
    var body = FunctionBody(locals: locals, range: range)
    body.catchesExceptions = catchesExceptions
    return body
  }

  private mutating func localDeclarations(of index: Int) throws(WasmError) -> [(count: UInt32, type: ValueType)] {
    let start = reader.position
    var locals: [(count: UInt32, type: ValueType)] = []
    // Cannot overflow: it is a sum of at most 2^30 numbers (a module's bytes) below 2^32.
    var declared: UInt64 = 0
    for _ in 0..<(try reader.length()) {
      let count = try reader.unsigned32()
      locals.append((count: count, type: try reader.valueType()))
      declared += UInt64(count)
    }
    guard declared <= UInt64(UInt32.max) else {
      throw .malformed("too many locals: \(declared) declared, the format allows 4294967295", at: start)
    }
    let parameters = UInt32(exactly: module.importedFunctionCount + index)
      .flatMap { module.functionType($0) }?.parameters.count ?? 0
    guard declared + UInt64(parameters) <= UInt64(limits.locals) else {
      throw .overLimit(
        "too many locals", found: declared + UInt64(parameters), allowed: limits.locals, at: start)
    }
    return locals
  }

  /// Reads instructions to the `end` that closes them, checking that blocks nest.
  private mutating func expression() throws(WasmError) -> Range<Int> {
    let start = reader.position
    // One entry for each open block: whether it may still have an `else`.
    var openBlocks: [Bool] = []
    var instructions = InstructionReader(reader, limits: limits)
    while true {
      let offset = instructions.offset
      guard let instruction = try instructions.nextWellFormed() else { throw reader.unexpectedEnd() }
      switch instruction {
      case .block, .loop: openBlocks.append(false)
      case .tryTable(_, let clauses):
        openBlocks.append(false)
        module.usesExceptions = true
        if !clauses.isEmpty { catchesExceptions = true }
      case .if: openBlocks.append(true)
      case .else:
        guard let last = openBlocks.indices.last, openBlocks[last] else {
          throw .malformed("END opcode expected, found else", at: offset)
        }
        openBlocks[last] = false
        continue
      case .end:
        guard openBlocks.popLast() == nil else { continue }
        reader = instructions.reader
        return start..<reader.position
      case .throw, .throwReference:
        module.usesExceptions = true
        continue
      case .memoryInit, .dataDrop:
        guard firstDataReference == nil else { continue }
        firstDataReference = .malformed("data count section required", at: offset)
        firstDataReference?.instruction = instruction.mnemonic
        continue
      default: continue
      }
      guard openBlocks.count <= limits.nestingDepth else {
        throw .overLimit("blocks nested too deeply", found: openBlocks.count, allowed: limits.nestingDepth, at: offset)
      }
    }
  }

  /// A constant expression: any expression by the grammar, constant instructions by the rules (3.3.8.2).
  mutating func constantExpression() throws(WasmError) -> ConstantExpression {
    let start = reader.position
    let range = try expression()
    var instructions = InstructionReader(module: module, range: range)
    var operands: [ConstantExpression] = []
    var count = 0
    while let instruction = try instructions.nextWellFormed() {
      if case .end = instruction, instructions.offset == range.upperBound { break }
      count += 1
      // Each operation makes the expression deeper, and what is made of it is walked by recursion.
      let most = 1_000
      guard count <= most else {
        throw .overLimit("constant expression too long", found: count, allowed: most, at: start)
      }
      if limits.allowsExtendedConstants, reckon(instruction, &operands) { continue }
      guard let found = ConstantExpression(instruction) else {
        breakRule("constant expression required, found \(instruction.mnemonic)", at: start)
        return .i32(0)
      }
      operands.append(found)
    }
    guard let constant = operands.first, operands.count == 1 else {
      breakRule("type mismatch: a constant expression leaves 1 value, found \(operands.count)", at: start)
      return .i32(0)
    }
    return constant
  }

  /// Whether the instruction reckons with the last two operands, and its result is now in their place.
  private func reckon(_ instruction: Instruction, _ operands: inout [ConstantExpression]) -> Bool {
    guard case .numeric(let operation) = instruction, operation.isConstantArithmetic, operands.count >= 2 else { return false }
    let (right, left) = (operands.removeLast(), operands.removeLast())
    operands.append(.arithmetic(operation, left, right))
    return true
  }

  private mutating func breakRule(_ message: String, at offset: Int) {
    if brokenRule == nil { brokenRule = .invalid(message, at: offset) }
  }
}

extension InstructionReader {
  /// The next instruction that the grammar allows, whatever the rules say of it. (The only rule that the reader itself
  /// knows is that of a typed `select`, which takes one type: here `unreachable` stands in for such a one.)
  @inline(__always)
  fileprivate mutating func nextWellFormed() throws(WasmError) -> Instruction? {
    do {
      return try read()
    } catch {
      guard error.kind == .invalid else { throw error }
      return .unreachable
    }
  }
}

extension NumericOperator {
  fileprivate var isConstantArithmetic: Bool {
    switch self {
    case .i32Add, .i32Sub, .i32Mul, .i64Add, .i64Sub, .i64Mul: true
    default: false
    }
  }
}

extension ConstantExpression {
  fileprivate init?(_ instruction: Instruction) {
    switch instruction {
    case .i32Const(let value): self = .i32(value)
    case .i64Const(let value): self = .i64(value)
    case .f32Const(let bits): self = .f32(bits)
    case .f64Const(let bits): self = .f64(bits)
    case .vectorConst(let value): self = .v128(value)
    case .refNull(let type): self = .refNull(type)
    case .refFunction(let index): self = .refFunction(index)
    case .globalGet(let index): self = .global(index)
    default: return nil
    }
  }
}

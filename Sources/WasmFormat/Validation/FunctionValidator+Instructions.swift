/// The rule of each instruction (specification 3.3).
extension FunctionValidator {
  /// Checks instructions up to the `end` of the function. Reading and the rules stand in one loop because the compiler
  /// then tells instructions apart once.
  mutating func checkInstructions(of reader: inout InstructionReader) throws(WasmError) {
    while !frames.isEmpty {
      offset = reader.offset
      guard let instruction = try reader.read() else {
        throw .malformed("unexpected end of section or function", at: offset)
      }
      switch instruction {
      case .localGet(let index): push(try local(index))
      case .localSet(let index): try pop(try local(index))
      case .localTee(let index):
        let type = try local(index)
        try replaceOne(type, with: type)
      case .i32Const: push(.i32)
      case .i64Const: push(.i64)
      case .f32Const: push(.f32)
      case .f64Const: push(.f64)
      case .numeric(let numeric):
        let shape = numeric.shape
        if shape.isBinary {
          try replaceTwo(shape.operand, with: shape.result)
        } else {
          try replaceOne(shape.operand, with: shape.result)
        }
      case .load(let load, let argument):
        try checkMemory(argument, naturalAlignment: load.naturalAlignment)
        try replaceOne(.i32, with: load.result)
      case .store(let store, let argument):
        try checkMemory(argument, naturalAlignment: store.naturalAlignment)
        try pop(store.operand)
        try pop(.i32)
      default: try checkLessCommon(instruction)
      }
    }
  }

  @inline(never)
  private mutating func checkLessCommon(_ instruction: Instruction) throws(WasmError) {
    switch instruction {
    case .globalGet(let index): push(try global(index).value)
    case .globalSet(let index): try checkGlobalSet(index)
    case .unreachable: markUnreachable()
    case .nop: break
    case .block(let type): try open(.block, type)
    case .loop(let type): try open(.loop, type)
    case .if(let type):
      try pop(.i32)
      try open(.if, type)
    case .else: try checkElse()
    case .end: try checkEnd()
    case .br(let depth):
      let label = try label(depth)
      try pop(label.side, of: label.type)
      markUnreachable()
    case .brIf(let depth):
      try pop(.i32)
      let label = try label(depth)
      try pop(label.side, of: label.type)
      try push(label.side, of: label.type)
    case .brTable(let targets, let last): try checkBranchTable(targets, last)
    case .return:
      if let function = frames.first { try pop(.results, of: function.type) }
      markUnreachable()
    case .call(let index): try call(try functionType(index))
    case .callIndirect(let type, let table): try checkIndirectCall(type, table)
    case .throw(let index):
      try pop(try tag(index).parameters)
      markUnreachable()
    case .throwReference:
      try pop(.exnref)
      markUnreachable()
    case .tryTable(let type, let clauses):
      for clause in clauses { try check(clause) }
      try open(.block, type)
    case .drop: _ = try popAny()
    case .select: try checkSelect()
    case .selectTyped(let type):
      try pop(.i32)
      try pop(type)
      try pop(type)
      push(type)
    case .refNull(let type): push(type)
    case .refIsNull:
      if let found = try popAny(), !found.isReference {
        throw .invalid("type mismatch: expected a reference, found \(found.mnemonic)", at: offset)
      }
      push(.i32)
    case .refFunction(let index): try checkFunctionReference(index)
    case .tableGet, .tableSet, .tableInit, .elementDrop, .tableCopy, .tableGrow, .tableSize, .tableFill:
      try checkTableInstruction(instruction)
    case .memorySize, .memoryGrow, .memoryInit, .dataDrop, .memoryCopy, .memoryFill:
      try checkMemoryInstruction(instruction)
    case .vectorLoad, .vectorStore, .vectorLoadLane, .vectorStoreLane, .vectorConst, .shuffle, .vectorLane, .vector:
      try checkVector(instruction)
    case .localGet, .localSet, .localTee, .i32Const, .i64Const, .f32Const, .f64Const, .numeric, .load, .store:
      break  // Done by the caller.
    }
  }

  // MARK: Variables

  @inline(__always)
  private func local(_ index: UInt32) throws(WasmError) -> ValueType {
    guard let type = locals[index] else { throw .invalid("unknown local \(index)", at: offset) }
    return type
  }

  private func global(_ index: UInt32) throws(WasmError) -> GlobalType {
    guard Int(index) < context.globals.count else { throw .invalid("unknown global \(index)", at: offset) }
    return context.globals[Int(index)]
  }

  private mutating func checkGlobalSet(_ index: UInt32) throws(WasmError) {
    let global = try global(index)
    guard global.isMutable else { throw .invalid("global is immutable: global \(index)", at: offset) }
    try pop(global.value)
  }

  // MARK: Control

  private func type(_ index: UInt32) throws(WasmError) -> FunctionType {
    guard Int(index) < context.types.count else { throw .invalid("unknown type \(index)", at: offset) }
    return context.types[Int(index)]
  }

  private func functionType(_ index: UInt32) throws(WasmError) -> FunctionType {
    guard Int(index) < context.functions.count else { throw .invalid("unknown function \(index)", at: offset) }
    return try type(context.functions[Int(index)])
  }

  private mutating func open(_ kind: ControlFrame.Kind, _ blockType: BlockType) throws(WasmError) {
    if case .function(let index) = blockType { _ = try type(index) }
    try pop(.parameters, of: blockType)
    openFrame(kind, blockType)
    try push(.parameters, of: blockType)
  }

  private func tag(_ index: UInt32) throws(WasmError) -> FunctionType {
    guard let type = context.module.tagType(index) else { throw .invalid("unknown tag \(index)", at: offset) }
    return type
  }

  private func check(_ clause: CatchClause) throws(WasmError) {
    var passed: [ValueType] = []
    if let index = clause.tag { passed = try tag(index).parameters }
    if clause.passesReference { passed.append(.exnref) }
    let label = try label(clause.label)
    let wanted = types(label.side, of: label.type)
    guard passed == wanted else {
      throw .invalid(
        "type mismatch: label \(clause.label) takes \(FunctionType(parameters: wanted)), the catch clause passes "
          + "\(FunctionType(parameters: passed))", at: offset)
    }
  }

  private mutating func checkElse() throws(WasmError) {
    guard frames.last?.kind == .if else { throw .malformed("END opcode expected, found else", at: offset) }
    let frame = try closeFrame()
    openFrame(.else, frame.type)
    try push(.parameters, of: frame.type)
  }

  private mutating func checkEnd() throws(WasmError) {
    let frame = try closeFrame()
    if frame.kind == .if && types(.parameters, of: frame.type) != types(.results, of: frame.type) {
      throw .invalid("type mismatch: an if without else must leave what it takes", at: offset)
    }
    try push(.results, of: frame.type)
  }

  private mutating func checkBranchTable(_ targets: [UInt32], _ last: UInt32) throws(WasmError) {
    try pop(.i32)
    let label = try label(last)
    let types = types(label.side, of: label.type)
    try expectOnTop(types)
    var checked = label
    for target in targets {
      let label = try self.label(target)
      if label == checked { continue }
      let others = self.types(label.side, of: label.type)
      guard others.count == types.count else {
        throw .invalid(
          "type mismatch: label \(target) takes \(others.count) operands, the default label takes \(types.count)",
          at: offset)
      }
      try expectOnTop(others)
      checked = label
    }
    markUnreachable()
  }

  private mutating func call(_ type: FunctionType) throws(WasmError) {
    try pop(type.parameters)
    try push(type.results)
  }

  private mutating func checkIndirectCall(_ typeIndex: UInt32, _ tableIndex: UInt32) throws(WasmError) {
    let element = try table(tableIndex).element
    guard element == .funcref else { throw .mismatch(.funcref, found: element, at: offset) }
    let type = try type(typeIndex)
    try pop(.i32)
    try call(type)
  }

  /// Without a type of its own a select takes numbers only (3.3.4.2).
  private mutating func checkSelect() throws(WasmError) {
    try pop(.i32)
    let second = try popAny()
    let first = try popAny()
    for case let type? in [first, second] where type.isReference {
      throw .invalid("type mismatch: expected a number, found \(type.mnemonic)", at: offset)
    }
    if let first, let second, first != second { throw .mismatch(first, found: second, at: offset) }
    push(first ?? second)
  }

  private mutating func checkFunctionReference(_ index: UInt32) throws(WasmError) {
    guard Int(index) < context.functions.count else { throw .invalid("unknown function \(index)", at: offset) }
    guard context.declaredFunctions.contains(index) else {
      throw .invalid(
        "undeclared function reference: function \(index) is in no export, element segment or global", at: offset)
    }
    push(.funcref)
  }

  // MARK: Tables

  private func table(_ index: UInt32) throws(WasmError) -> TableType {
    guard Int(index) < context.tables.count else { throw .invalid("unknown table \(index)", at: offset) }
    return context.tables[Int(index)]
  }

  private func elementSegment(_ index: UInt32) throws(WasmError) -> ElementSegment {
    guard Int(index) < context.module.elements.count else {
      throw .invalid("unknown elem segment \(index)", at: offset)
    }
    return context.module.elements[Int(index)]
  }

  private mutating func checkTableInstruction(_ instruction: Instruction) throws(WasmError) {
    switch instruction {
    case .tableGet(let index):
      let element = try table(index).element
      try pop(.i32)
      push(element)
    case .tableSet(let index):
      try pop(try table(index).element)
      try pop(.i32)
    case .tableInit(let segment, let index):
      let expected = try table(index).element
      try checkElement(try elementSegment(segment).type, is: expected)
      try popThreeIntegers()
    case .elementDrop(let segment): _ = try elementSegment(segment)
    case .tableCopy(let destination, let source):
      let expected = try table(destination).element
      try checkElement(try table(source).element, is: expected)
      try popThreeIntegers()
    case .tableGrow(let index):
      let element = try table(index).element
      try pop(.i32)
      try pop(element)
      push(.i32)
    case .tableSize(let index):
      _ = try table(index)
      push(.i32)
    case .tableFill(let index):
      let element = try table(index).element
      try pop(.i32)
      try pop(element)
      try pop(.i32)
    default: break
    }
  }

  private func checkElement(_ found: ValueType, is expected: ValueType) throws(WasmError) {
    guard found == expected else { throw .mismatch(expected, found: found, at: offset) }
  }

  private mutating func popThreeIntegers() throws(WasmError) {
    try pop(.i32)
    try pop(.i32)
    try pop(.i32)
  }

  // MARK: Memory

  private func checkMemory(_ index: UInt32) throws(WasmError) {
    guard Int(index) < context.memories.count else { throw .invalid("unknown memory \(index)", at: offset) }
  }

  @inline(__always)
  func checkMemory(_ argument: MemoryArgument, naturalAlignment: UInt32) throws(WasmError) {
    try checkMemory(argument.memory)
    guard argument.alignment <= naturalAlignment else {
      throw .invalid(
        "alignment must not be larger than natural: 2^\(argument.alignment) found, 2^\(naturalAlignment) is natural",
        at: offset)
    }
  }

  private func checkDataSegment(_ index: UInt32) throws(WasmError) {
    guard Int(index) < context.module.data.count else {
      throw .invalid("unknown data segment \(index)", at: offset)
    }
  }

  private mutating func checkMemoryInstruction(_ instruction: Instruction) throws(WasmError) {
    switch instruction {
    case .memorySize(let memory):
      try checkMemory(memory)
      push(.i32)
    case .memoryGrow(let memory):
      try checkMemory(memory)
      try pop(.i32)
      push(.i32)
    case .memoryInit(let data, let memory):
      try checkMemory(memory)
      try checkDataSegment(data)
      try popThreeIntegers()
    case .dataDrop(let data): try checkDataSegment(data)
    case .memoryCopy(let destination, let source):
      try checkMemory(destination)
      try checkMemory(source)
      try popThreeIntegers()
    case .memoryFill(let memory):
      try checkMemory(memory)
      try popThreeIntegers()
    default: break
    }
  }
}

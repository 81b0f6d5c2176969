import WasmFormat

extension FunctionGenerator {
  mutating func generate(_ instruction: Instruction) {
    switch instruction {
    case .unreachable:
      trap(.unreachable)
      isReachable = false
    case .nop: break
    case .block(let type): begin(.block, type)
    case .loop(let type): begin(.loop, type)
    case .if(let type): beginConditional(type)
    case .else: beginAlternative()
    case .end: endBlock()
    case .br(let depth): branch(depth)
    case .brIf(let depth): branchIf(depth)
    case .brTable(let labels, let fallback): branchTable(labels, default: fallback)
    case .return: emitReturn()
    case .call(let index):
      let callee = instance.functions[Int(index)]
      unit.function(callee.code, callee.type)
      call("@\"\(callee.code)\"", callee.type)
    case .callIndirect(let type, let table): callIndirect(type: type, table: table)
    case .throw(let index): `throw`(instance.tags[Int(index)])
    case .throwReference: throwReference()
    case .tryTable(let type, let clauses):
      if clauses.isEmpty { begin(.block, type) } else { beginAttempt(type, clauses) }
    case .drop: _ = pop()
    case .select, .selectTyped: select()
    case .localGet(let index):
      let type = localTypes[Int(index)]
      emit("load \(type.ir), ptr \(place(ofLocal: index))", type)
    case .localSet(let index):
      let value = pop()
      body.line("store \(value.type.ir) \(value.text), ptr \(place(ofLocal: index))")
    case .localTee(let index):
      if let value = stack.last { body.line("store \(value.type.ir) \(value.text), ptr \(place(ofLocal: index))") }
    case .globalGet(let index): globalGet(index)
    case .globalSet(let index): globalSet(index)
    case .tableGet(let table): tableGet(table)
    case .tableSet(let table): tableSet(table)
    case .tableInit(let element, let table): tableInit(element: element, table: table)
    case .elementDrop(let element): drop(segment: "\(instance.prefix).e\(element)")
    case .tableCopy(let destination, let source): tableCopy(destination: destination, source: source)
    case .tableGrow(let table): tableGrow(table)
    case .tableSize(let table): tableSize(table)
    case .tableFill(let table): tableFill(table)
    case .refNull(let type): push(type.irZero, type)
    case .refIsNull: refIsNull()
    case .refFunction(let index): refFunction(index)
    case .load(let operation, let argument): load(operation, argument)
    case .store(let operation, let argument): store(operation, argument)
    case .memorySize(let memory): memorySize(memory)
    case .memoryGrow(let memory): memoryGrow(memory)
    case .memoryInit(let data, let memory): memoryInit(data: data, memory: memory)
    case .dataDrop(let data): dataDrop(data)
    case .memoryCopy(let destination, let source): memoryCopy(destination: destination, source: source)
    case .memoryFill(let memory): memoryFill(memory)
    case .i32Const(let value): push("\(value)", .i32, isConstant: true)
    case .i64Const(let value): push("\(value)", .i64, isConstant: true)
    case .f32Const(let bits): constant(bits)
    case .f64Const(let bits): constant(bits)
    case .numeric(let operation): numeric(operation)
    case .vectorLoad(let operation, let argument): vectorLoad(operation, argument)
    case .vectorStore(let argument): vectorStore(argument)
    case .vectorLoadLane(let width, let argument, let lane): vectorLoadLane(width, argument, lane)
    case .vectorStoreLane(let width, let argument, let lane): vectorStoreLane(width, argument, lane)
    case .vectorConst(let value): push(value.ir, .v128)
    case .shuffle(let lanes): shuffle(lanes)
    case .vectorLane(let operation, let lane): vectorLane(operation, lane)
    case .vector(let operation): vector(operation)
    }
  }

  private mutating func select() {
    let condition = define("icmp ne i32 \(pop().text), 0")
    let second = pop()
    let first = pop()
    emit(
      "select i1 \(condition), \(first.type.ir) \(first.text), \(second.type.ir) \(second.text)", first.type)
  }

  /// By its bits, so that a signalling NaN stays one. LLVM takes `x * 1`, `x - 0` and their like for x, although a signalling NaN
  /// would have to become quiet (specification 4.3.3): the constants with which it does that are hidden from it.
  private mutating func constant(_ bits: UInt32) {
    let value = "bitcast (i32 \(Int32(bitPattern: bits)) to float)"
    if isNeutral(Double(Float(bitPattern: bits))) { opaque(value, .f32) } else { push(value, .f32, isConstant: true) }
  }

  private mutating func constant(_ bits: UInt64) {
    let value = "bitcast (i64 \(Int64(bitPattern: bits)) to double)"
    if isNeutral(Double(bitPattern: bits)) { opaque(value, .f64) } else { push(value, .f64, isConstant: true) }
  }

  private func isNeutral(_ value: Double) -> Bool { value == 0 || value == 1 || value == -1 }

  /// Passes a floating-point value through an empty assembly statement, which LLVM may move out of a loop but not look into.
  mutating func opaque(_ value: String, _ type: ValueType) {
    let constraint = target.floatRegisterConstraint
    emit("call \(type.ir) asm \"\", \"=\(constraint),0\"(\(type.ir) \(value)) #3", type)
  }
}

import EdgeCalls
import WasmFormat

extension FunctionGenerator {
  /// The address of an access: the memory's base plus a zero-extended index plus a constant. What lies beyond the memory's size is
  /// not mapped for as far as this sum reaches, so the hardware checks the bounds.
  mutating func address(_ argument: MemoryArgument) -> String {
    let index = define("zext i32 \(pop().text) to i64")
    let memory = instance.memories[Int(argument.memory)]
    // A constant is folded into the address as 32 signed bits, which hold the base too; LLVM checks that only when it optimises.
    if memory.index == 0 && argument.offset < 1 << 24 {
      unit.variable(LLVMGenerator.memorySymbol, "i8")
      let base =
        argument.offset == 0
        ? "@\"\(LLVMGenerator.memorySymbol)\""
        : "getelementptr (i8, ptr @\"\(LLVMGenerator.memorySymbol)\", i64 \(argument.offset))"
      return define("getelementptr i8, ptr \(base), i64 \(index)")
    }
    unit.variable(memory.base, "ptr", isConstant: true)
    let base = define("load ptr, ptr @\"\(memory.base)\", !invariant.load !{}")
    let sum = argument.offset == 0 ? index : define("add nuw nsw i64 \(index), \(argument.offset)")
    return define("getelementptr i8, ptr \(base), i64 \(sum)")
  }

  /// Volatile, because a load that goes wrong is a trap: none may vanish, appear or change places.
  mutating func load(_ operation: LoadOperator, _ argument: MemoryArgument) {
    let pointer = address(argument)
    func access(_ type: String) -> String { "load volatile \(type), ptr \(pointer), align 1, \(location)" }
    switch operation {
    case .i32Load: emit(access("i32"), .i32)
    case .i64Load: emit(access("i64"), .i64)
    case .f32Load: emit(access("float"), .f32)
    case .f64Load: emit(access("double"), .f64)
    case .i32Load8S: emit("sext i8 \(define(access("i8"))) to i32", .i32)
    case .i32Load8U: emit("zext i8 \(define(access("i8"))) to i32", .i32)
    case .i32Load16S: emit("sext i16 \(define(access("i16"))) to i32", .i32)
    case .i32Load16U: emit("zext i16 \(define(access("i16"))) to i32", .i32)
    case .i64Load8S: emit("sext i8 \(define(access("i8"))) to i64", .i64)
    case .i64Load8U: emit("zext i8 \(define(access("i8"))) to i64", .i64)
    case .i64Load16S: emit("sext i16 \(define(access("i16"))) to i64", .i64)
    case .i64Load16U: emit("zext i16 \(define(access("i16"))) to i64", .i64)
    case .i64Load32S: emit("sext i32 \(define(access("i32"))) to i64", .i64)
    case .i64Load32U: emit("zext i32 \(define(access("i32"))) to i64", .i64)
    }
  }

  mutating func store(_ operation: StoreOperator, _ argument: MemoryArgument) {
    let value = pop()
    let pointer = address(argument)
    let type: String
    switch operation {
    case .i32Store: type = "i32"
    case .i64Store: type = "i64"
    case .f32Store: type = "float"
    case .f64Store: type = "double"
    case .i32Store8, .i64Store8: type = "i8"
    case .i32Store16, .i64Store16: type = "i16"
    case .i64Store32: type = "i32"
    }
    var text = value.text
    if type != value.type.ir { text = define("trunc \(value.type.ir) \(text) to \(type)") }
    body.line("store volatile \(type) \(text), ptr \(pointer), align 1, \(location)")
  }

  mutating func memorySize(_ index: UInt32) {
    let state = memoryState(index)
    let bytes = define("load i64, ptr getelementptr (i8, ptr \(state), i64 8)")
    let pages = define("lshr i64 \(bytes), 16")
    emit("trunc i64 \(pages) to i32", .i32)
  }

  mutating func memoryGrow(_ index: UInt32) {
    let state = memoryState(index)
    unit.runtime("coffer_memory_grow", "i32 (ptr, i32)")
    emit("call i32 @coffer_memory_grow(ptr \(state), i32 \(pop().text)), \(location)", .i32)
  }

  mutating func memoryFill(_ index: UInt32) {
    let operands = pop(3)
    unit.runtime("coffer_memory_fill", "void (ptr, i32, i32, i32)")
    body.line(
      "call void @coffer_memory_fill(ptr \(memoryState(index)), \(list(operands))) #2, \(location)")
  }

  mutating func memoryCopy(destination: UInt32, source: UInt32) {
    let operands = pop(3)
    unit.runtime("coffer_memory_copy", "void (ptr, ptr, i32, i32, i32)")
    body.line(
      "call void @coffer_memory_copy(ptr \(memoryState(destination)), ptr \(memoryState(source)), \(list(operands))) #2, \(location)"
    )
  }

  mutating func memoryInit(data: UInt32, memory: UInt32) {
    let operands = pop(3)
    let segment = "\(instance.prefix).d\(data)"
    unit.variable(segment, LLVMGenerator.segmentType)
    unit.runtime("coffer_memory_init", "void (ptr, ptr, i32, i32, i32)")
    body.line(
      "call void @coffer_memory_init(ptr \(memoryState(memory)), ptr @\"\(segment)\", \(list(operands))) #2, \(location)")
  }

  mutating func dataDrop(_ data: UInt32) { drop(segment: "\(instance.prefix).d\(data)") }

  /// A dropped segment is one of length zero.
  mutating func drop(segment: String) {
    unit.variable(segment, LLVMGenerator.segmentType)
    body.line("store volatile i64 0, ptr getelementptr (i8, ptr @\"\(segment)\", i64 8)")
  }

  mutating func memoryState(_ index: UInt32) -> String {
    let memory = instance.memories[Int(index)]
    unit.variable(memory.state, LLVMGenerator.memoryStateType)
    return "@\"\(memory.state)\""
  }

  func list(_ operands: [Operand]) -> String {
    operands.map { "\($0.type.ir) \($0.text)" }.joined(separator: ", ")
  }
}

extension MemorySymbol {
  /// Where a constant with the memory's address stands.
  var base: String { state + ".base" }
}

import EdgeCalls
import WasmFormat

extension FunctionGenerator {
  mutating func globalGet(_ index: UInt32) {
    let global = instance.globals[Int(index)]
    if let value = instance.constant(ofGlobal: index) {
      // A constant of floating point is hidden, as those of `f32.const` are.
      if global.type.value == .f32 || global.type.value == .f64 { return opaque(value, global.type.value) }
      return push(value, global.type.value)
    }
    unit.variable(global.symbol, global.type.value.ir)
    emit("load \(global.type.value.ir), ptr @\"\(global.symbol)\"", global.type.value)
  }

  /// Volatile, so that what others see of it after a trap is what had been written before.
  mutating func globalSet(_ index: UInt32) {
    let global = instance.globals[Int(index)]
    unit.variable(global.symbol, global.type.value.ir)
    body.line("store volatile \(global.type.value.ir) \(pop().text), ptr @\"\(global.symbol)\"")
  }

  mutating func refFunction(_ index: UInt32) {
    let function = instance.functions[Int(index)]
    unit.variable(function.reference, LLVMGenerator.referenceType, isConstant: true)
    push("@\"\(function.reference)\"", .funcref)
  }

  mutating func refIsNull() {
    let value = pop()
    let isNull = value.type == .exnref
      ? define("icmp eq i64 \(tag(of: value)), 0") : define("icmp eq \(value.type.ir) \(value.text), \(value.type.irZero)")
    emit("zext i1 \(isNull) to i32", .i32)
  }

  mutating func callIndirect(type index: UInt32, table: UInt32) {
    let type = module.types[checked: index] ?? FunctionType()
    let selector = pop()
    if let contents = instance.tables[Int(table)].constantContents {
      return callConstant(type: type, table: instance.tables[Int(table)], size: contents.count, selector.text)
    }
    let slot = elementAddress(table, selector.text, .undefinedElement)
    let reference = define("load ptr, ptr \(slot)")
    trap(if: define("icmp eq ptr \(reference), null"), .uninitializedElement)
    // The descriptor: code, then the type's symbol.
    let typeSlot = define("getelementptr i8, ptr \(reference), i64 8")
    let found = define("load ptr, ptr \(typeSlot), !invariant.load !{}")
    unit.typeSymbol(type)
    trap(if: define("icmp ne ptr \(found), @\"\(type.typeSymbol)\""), .indirectCallTypeMismatch)
    let code = define("load ptr, ptr \(reference), !invariant.load !{}")
    call(code, type)
  }

  /// Through a table whose contents are constant. An empty element has no type, so that one comparison finds both what is empty
  /// and what is of another type.
  private mutating func callConstant(type: FunctionType, table: TableSymbol, size: Int, _ selector: String) {
    let index = define("zext i32 \(selector) to i64")
    trap(if: define("icmp uge i64 \(index), \(size)"), .undefinedElement)
    unit.variable(table.callTargets, "[\(size) x \(LLVMGenerator.callTargetType)]", isConstant: true)
    unit.typeSymbol(type)
    // Both addresses from the symbol itself, so that each is one instruction's operand.
    let offset = define("shl nuw nsw i64 \(index), 4")
    let typeSlot = define("getelementptr i8, ptr @\"\(table.callTargets)\", i64 \(offset)")
    let found = define("load ptr, ptr \(typeSlot), !invariant.load !{}")
    let isOther = define("icmp ne ptr \(found), @\"\(type.typeSymbol)\"")
    let number = fresh()
    body.line("br i1 \(isOther), label %other\(number), label %same\(number), !prof !{!\"branch_weights\", i32 1, i32 1048575}")
    body.line("other\(number):")
    // Read again, so that the comparison above needs no register.
    let again = define("load volatile ptr, ptr \(typeSlot)")
    trap(if: define("icmp eq ptr \(again), null"), .uninitializedElement)
    trap(.indirectCallTypeMismatch)
    body.line("same\(number):")
    let codeSlot = define(
      "getelementptr i8, ptr getelementptr (i8, ptr @\"\(table.callTargets)\", i64 8), i64 \(offset)")
    call(define("load ptr, ptr \(codeSlot), !invariant.load !{}"), type)
  }

  mutating func tableGet(_ table: UInt32) {
    let element = instance.tables[Int(table)].type.element
    let slot = elementAddress(table, pop().text, .outOfBoundsTableAccess)
    emit("load \(element.ir), ptr \(slot)", element)
  }

  mutating func tableSet(_ table: UInt32) {
    let value = pop()
    let slot = elementAddress(table, pop().text, .outOfBoundsTableAccess)
    body.line("store volatile \(value.type.ir) \(value.text), ptr \(slot)")
  }

  mutating func tableSize(_ table: UInt32) {
    let size = define("load i64, ptr getelementptr (i8, ptr \(tableState(table)), i64 8)")
    emit("trunc i64 \(size) to i32", .i32)
  }

  mutating func tableGrow(_ table: UInt32) {
    let count = pop()
    let value = bits(pop())
    unit.runtime("coffer_table_grow", "i32 (ptr, i64, i32)")
    emit(
      "call i32 @coffer_table_grow(ptr \(tableState(table)), i64 \(value), i32 \(count.text)), \(location)", .i32)
  }

  mutating func tableFill(_ table: UInt32) {
    let count = pop()
    let value = bits(pop())
    let start = pop()
    unit.runtime("coffer_table_fill", "void (ptr, i32, i64, i32)")
    body.line(
      "call void @coffer_table_fill(ptr \(tableState(table)), i32 \(start.text), i64 \(value), i32 \(count.text)) #2, \(location)")
  }

  mutating func tableCopy(destination: UInt32, source: UInt32) {
    let operands = pop(3)
    unit.runtime("coffer_table_copy", "void (ptr, ptr, i32, i32, i32)")
    body.line(
      "call void @coffer_table_copy(ptr \(tableState(destination)), ptr \(tableState(source)), \(list(operands))) #2, \(location)")
  }

  mutating func tableInit(element: UInt32, table: UInt32) {
    let operands = pop(3)
    let segment = "\(instance.prefix).e\(element)"
    unit.variable(segment, LLVMGenerator.segmentType)
    unit.runtime("coffer_table_init", "void (ptr, ptr, i32, i32, i32)")
    body.line(
      "call void @coffer_table_init(ptr \(tableState(table)), ptr @\"\(segment)\", \(list(operands))) #2, \(location)")
  }

  /// The address of a table's element, after the check that there is one.
  private mutating func elementAddress(_ table: UInt32, _ selector: String, _ kind: TrapKind) -> String {
    let symbol = instance.tables[Int(table)]
    let index = define("zext i32 \(selector) to i64")
    let elements: String
    let size: String
    if let fixed = symbol.fixedElements {
      unit.variable(fixed, "[\(symbol.type.limits.minimum) x i64]")
      elements = "@\"\(fixed)\""
      size = "\(symbol.type.limits.minimum)"
    } else {
      let state = tableState(table)
      size = define("load i64, ptr getelementptr (i8, ptr \(state), i64 8)")
      elements = define("load ptr, ptr \(state)")
    }
    trap(if: define("icmp uge i64 \(index), \(size)"), kind)
    return define("getelementptr i64, ptr \(elements), i64 \(index)")
  }

  private mutating func tableState(_ table: UInt32) -> String {
    let symbol = instance.tables[Int(table)].state
    unit.variable(symbol, LLVMGenerator.tableStateType)
    return "@\"\(symbol)\""
  }

  /// A reference as the 64 bits in which a table holds it.
  private mutating func bits(_ reference: Operand) -> String {
    reference.type == .funcref ? define("ptrtoint ptr \(reference.text) to i64") : reference.text
  }
}

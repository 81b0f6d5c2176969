import EdgeCalls
import WasmFormat

/// Writes what an instance has beside its code: memories, tables, globals, segments, references to functions, and the function that
/// initialises them in the order of specification 4.5.4.
struct StateGenerator {
  let instance: Instance
  let target: LLVMTarget
  private var module: Module { instance.module }

  init(instance: Instance, target: LLVMTarget) {
    self.instance = instance
    self.target = target
  }

  func unit() throws(WasmError) -> TranslationUnit {
    var context = UnitContext(target: target)
    var text = IRText()
    let name = "\(instance.prefix).state"
    defineMemories(&text)
    defineTables(&text)
    defineGlobals(&text, &context)
    for tag in instance.tags.suffix(module.tags.count) { text.line("@\"\(tag.symbol)\" = constant i8 0") }
    defineReferences(&text, &context)
    defineCallTargets(&text, &context)
    defineHostCalls(&text, &context)
    defineElements(&text, &context)
    defineData(&text)
    defineInitialisation(&text, &context)
    return TranslationUnit(name: name, source: context.finish(text, name: name))
  }

  private var importedTables: Int { instance.tables.count - module.tables.count }
  private var importedMemories: Int { instance.memories.count - module.memories.count }
  private var importedGlobals: Int { instance.globals.count - module.globals.count }
  private var importedFunctions: Int { instance.functions.count - module.functions.count }

  private func defineMemories(_ text: inout IRText) {
    for memory in instance.memories.dropFirst(importedMemories) {
      let address = MemoryMap.linearMemory(memory.index)
      let size = memory.type.limits.minimum << 16
      let limit = min(memory.type.limits.maximum ?? 65536, 65536) << 16
      text.line(
        "@\"\(memory.state)\" = global { ptr, i64, i64, i64 } { ptr inttoptr (i64 \(address) to ptr), i64 \(size), i64 \(limit), i64 \(memory.index) }"
      )
      text.line("@\"\(memory.base)\" = constant ptr inttoptr (i64 \(address) to ptr)")
    }
  }

  private func defineTables(_ text: inout IRText) {
    for table in instance.tables.dropFirst(importedTables) {
      let size = table.type.limits.minimum
      let elements = table.state + ".elements"
      let limit = min(table.type.limits.maximum ?? UInt64(UInt32.max), UInt64(UInt32.max))
      text.line("@\"\(elements)\" = global [\(size) x i64] zeroinitializer, align 16")
      text.line(
        "@\"\(table.state)\" = global \(LLVMGenerator.tableStateType) { ptr @\"\(elements)\", i64 \(size), i64 \(limit) }")
    }
  }

  private func defineGlobals(_ text: inout IRText, _ context: inout UnitContext) {
    for (index, global) in module.globals.enumerated() {
      let symbol = instance.globals[importedGlobals + index]
      let initial = constantValue(global.initializer, &context) ?? global.type.value.irZero
      text.line("@\"\(symbol.symbol)\" = global \(global.type.value.ir) \(initial)")
    }
  }

  /// The value of a constant expression, if it is known before the program runs.
  private func constantValue(_ expression: ConstantExpression, _ context: inout UnitContext) -> String? {
    switch expression {
    case .i32, .i64, .f32, .f64, .v128: return expression.irNumber
    case .refNull(let type): return type.irZero
    case .refFunction(let index): return "@\"\(instance.functions[Int(index)].reference)\""
    case .global(let index): return instance.constant(ofGlobal: index)
    case .arithmetic: return nil
    }
  }

  /// A value that is known only in the running program: an immutable global of another instance, or what is reckoned from one.
  private func runtimeValue(
    _ expression: ConstantExpression, _ type: ValueType, _ text: inout IRText, _ context: inout UnitContext,
    _ counter: inout Int
  ) -> String {
    if let value = constantValue(expression, &context) { return value }
    if case .arithmetic(let operation, let left, let right) = expression {
      let left = runtimeValue(left, type, &text, &context, &counter)
      let right = runtimeValue(right, type, &text, &context, &counter)
      counter += 1
      text.line("%c\(counter) = \(operation.irArithmetic) \(type.ir) \(left), \(right)")
      return "%c\(counter)"
    }
    guard case .global(let index) = expression else { return type.irZero }
    let global = instance.globals[Int(index)]
    if Int(index) < importedGlobals { context.variable(global.symbol, global.type.value.ir) }
    counter += 1
    text.line("%c\(counter) = load \(global.type.value.ir), ptr @\"\(global.symbol)\"")
    return "%c\(counter)"
  }

  /// For the functions that can become references: a module has to name those outside its code (specification 3.3.11, C.refs).
  private func defineReferences(_ text: inout IRText, _ context: inout UnitContext) {
    // A function of the host's may be imported several times, and is one.
    var defined: Set<String> = []
    for index in referencedFunctions.sorted() {
      guard let function = instance.functions[checked: index], defined.insert(function.reference).inserted else { continue }
      guard Int(index) >= importedFunctions || isHost(function) else {
        context.variable(function.reference, LLVMGenerator.referenceType, isConstant: true)
        continue
      }
      context.typeSymbol(function.type)
      if !isHost(function) { context.function(function.code, function.type) }
      text.line(
        "@\"\(function.reference)\" = constant \(LLVMGenerator.referenceType) { ptr @\"\(function.code)\", ptr @\"\(function.type.typeSymbol)\" }")
    }
  }

  private var referencedFunctions: Set<UInt32> {
    var found: Set<UInt32> = []
    func note(_ expression: ConstantExpression) {
      if case .refFunction(let index) = expression { found.insert(index) }
    }
    for segment in module.elements { segment.elements.forEach(note) }
    for global in module.globals { note(global.initializer) }
    for export in module.exports where export.kind == .function { found.insert(export.index) }
    return found
  }

  private func defineCallTargets(_ text: inout IRText, _ context: inout UnitContext) {
    for table in instance.tables {
      guard let contents = table.constantContents else { continue }
      let targets = contents.map { index in
        guard let index, let function = instance.functions[checked: index] else {
          return "\(LLVMGenerator.callTargetType) zeroinitializer"
        }
        if !isHost(function) { context.function(function.code, function.type) }
        context.typeSymbol(function.type)
        return "\(LLVMGenerator.callTargetType) { ptr @\"\(function.type.typeSymbol)\", ptr @\"\(function.code)\" }"
      }
      text.line(
        "@\"\(table.callTargets)\" = constant [\(contents.count) x \(LLVMGenerator.callTargetType)] [\(targets.joined(separator: ", "))], align 16")
    }
  }

  private func isHost(_ function: FunctionSymbol) -> Bool { function.code.hasPrefix("\(instance.prefix).host.") }

  /// Calls into the library OS go through a check that enough of the stack is left: the library OS is never to run out of it in the
  /// middle of a change to its own state.
  private func defineHostCalls(_ text: inout IRText, _ context: inout UnitContext) {
    var seen: Set<String> = []
    for function in instance.functions.prefix(importedFunctions) where isHost(function) {
      guard seen.insert(function.code).inserted else { continue }
      let symbol = String(function.code.dropFirst("\(instance.prefix).host.".count))
      context.function(symbol, function.type)
      context.runtime("llvm.frameaddress.p0", "ptr (i32)", attributes: "")
      context.runtime("coffer_trap", "void (i32)", attributes: "#1")
      context.variable("coffer_stack_reserve", "i8")
      let parameters = function.type.parameters.enumerated().map { "\($1.ir) %p\($0)" }.joined(separator: ", ")
      text.line("define \(function.type.irResult) @\"\(function.code)\"(\(parameters)) #0 {")
      text.line("%frame = call ptr @llvm.frameaddress.p0(i32 0)")
      text.line("%low = icmp ult ptr %frame, @coffer_stack_reserve")
      text.line("br i1 %low, label %exhausted, label %enough")
      text.line("exhausted:")
      text.line("call void @coffer_trap(i32 \(TrapKind.callStackExhausted.rawValue)) #1")
      text.line("unreachable")
      text.line("enough:")
      let call = "call \(function.type.irResult) @\"\(symbol)\"(\(parameters)) #2"
      if function.type.results.isEmpty {
        text.line(call)
        text.line("ret void")
      } else {
        text.line("%r = \(call)")
        text.line("ret \(function.type.irResult) %r")
      }
      text.line("}")
    }
  }

  private func defineElements(_ text: inout IRText, _ context: inout UnitContext) {
    for (index, segment) in module.elements.enumerated() {
      let symbol = "\(instance.prefix).e\(index)"
      let values = segment.elements.map { expression in
        "\(segment.type.ir) \(constantValue(expression, &context) ?? segment.type.irZero)"
      }
      text.line(
        "@\"\(symbol).contents\" = global [\(values.count) x \(segment.type.ir)] [\(values.joined(separator: ", "))]")
      text.line(
        "@\"\(symbol)\" = global \(LLVMGenerator.segmentType) { ptr @\"\(symbol).contents\", i64 \(values.count) }")
    }
  }

  private func defineData(_ text: inout IRText) {
    for (index, segment) in module.data.enumerated() {
      let symbol = "\(instance.prefix).d\(index)"
      var contents = IRText()
      contents.string(module.bytes[segment.range])
      text.line("@\"\(symbol).contents\" = constant [\(segment.range.count) x i8] ")
      text.append(contents)
      text.line("")
      text.line(
        "@\"\(symbol)\" = global \(LLVMGenerator.segmentType) { ptr @\"\(symbol).contents\", i64 \(segment.range.count) }")
    }
  }

  private func defineInitialisation(_ text: inout IRText, _ context: inout UnitContext) {
    var body = IRText()
    var counter = 0
    checkImports(&body, &context)
    for (index, global) in module.globals.enumerated() where constantValue(global.initializer, &context) == nil {
      let type = global.type.value
      let value = runtimeValue(global.initializer, type, &body, &context, &counter)
      body.line("store volatile \(type.ir) \(value), ptr @\"\(instance.globals[importedGlobals + index].symbol)\"")
    }
    for (index, segment) in module.elements.enumerated() {
      initialise(segment, "\(instance.prefix).e\(index)", &body, &context, &counter)
    }
    for (index, segment) in module.data.enumerated() {
      guard case .active(let memory, let offset) = segment.mode else { continue }
      let symbol = "\(instance.prefix).d\(index)"
      let start = runtimeValue(offset, .i32, &body, &context, &counter)
      let state = instance.memories[Int(memory)].state
      if Int(memory) < importedMemories { context.variable(state, LLVMGenerator.memoryStateType) }
      context.runtime("coffer_memory_init", "void (ptr, ptr, i32, i32, i32)")
      body.line(
        "call void @coffer_memory_init(ptr @\"\(state)\", ptr @\"\(symbol)\", i32 \(start), i32 0, i32 \(segment.range.count)) #2"
      )
      body.line("store volatile i64 0, ptr getelementptr (i8, ptr @\"\(symbol)\", i64 8)")
    }
    if let start = module.start {
      let function = instance.functions[Int(start)]
      context.function(function.code, function.type)
      body.line("call void @\"\(function.code)\"() #2")
    }
    text.line("define void @\"\(instance.prefix).initialise\"() #0 {")
    text.append(body)
    text.line("ret void")
    text.line("}")
  }

  private func initialise(
    _ segment: ElementSegment, _ symbol: String, _ body: inout IRText, _ context: inout UnitContext, _ counter: inout Int
  ) {
    for (index, expression) in segment.elements.enumerated() where constantValue(expression, &context) == nil {
      let value = runtimeValue(expression, segment.type, &body, &context, &counter)
      body.line(
        "store \(segment.type.ir) \(value), ptr getelementptr (i64, ptr @\"\(symbol).contents\", i64 \(index))")
    }
    if case .active(let table, let offset) = segment.mode {
      let start = runtimeValue(offset, .i32, &body, &context, &counter)
      let state = instance.tables[Int(table)].state
      if Int(table) < importedTables { context.variable(state, LLVMGenerator.tableStateType) }
      context.runtime("coffer_table_init", "void (ptr, ptr, i32, i32, i32)")
      body.line(
        "call void @coffer_table_init(ptr @\"\(state)\", ptr @\"\(symbol)\", i32 \(start), i32 0, i32 \(segment.elements.count)) #2"
      )
    }
    if case .passive = segment.mode { return }
    body.line("store volatile i64 0, ptr getelementptr (i8, ptr @\"\(symbol)\", i64 8)")
  }

  /// An imported memory or table must be large enough when it is imported, whatever it was when it was made.
  private func checkImports(_ body: inout IRText, _ context: inout UnitContext) {
    func check(_ state: String, _ minimum: UInt64) {
      context.runtime("coffer_check_import", "void (ptr, i64)")
      body.line("call void @coffer_check_import(ptr @\"\(state)\", i64 \(minimum)) #2")
    }
    var tables = 0
    var memories = 0
    for item in module.imports {
      switch item.kind {
      case .table(let type):
        context.variable(instance.tables[tables].state, LLVMGenerator.tableStateType)
        check(instance.tables[tables].state, type.limits.minimum)
        tables += 1
      case .memory(let type):
        context.variable(instance.memories[memories].state, LLVMGenerator.memoryStateType)
        check(instance.memories[memories].state, type.limits.minimum << 16)
        memories += 1
      default: break
      }
    }
  }
}

extension NumericOperator {
  /// The LLVM instruction of those that constant expressions may have.
  fileprivate var irArithmetic: String {
    switch self {
    case .i32Add, .i64Add: "add"
    case .i32Sub, .i64Sub: "sub"
    default: "mul"
    }
  }
}

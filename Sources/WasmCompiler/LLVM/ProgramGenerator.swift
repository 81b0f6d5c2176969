import EdgeCalls
import WasmFormat

/// Writes the table by which the library OS finds its way into the program (Guest/include/program.h).
struct ProgramGenerator {
  let program: Program
  let target: LLVMTarget

  func unit() -> TranslationUnit {
    var context = UnitContext(target: target)
    var text = IRText()
    if usesExceptions { ExceptionRuntime.define(&text, &context) }
    var entries: [String] = []
    for (index, entry) in program.entryPoints.enumerated() {
      define(entry, "entry\(index)", &text, &context)
      entries.append("ptr @entry\(index)")
    }
    var instances: [String] = []
    for index in 0..<(program.hasSeparateInstances ? program.instances.count : 1) { text.line("@ready\(index) = internal global i32 0") }
    for (index, instance) in program.instances.enumerated() {
      context.function("\(instance.prefix).initialise", FunctionType())
      let initialise = counted("\(instance.prefix).initialise", index, &text)
      var memory = "null"
      if let first = instance.memories.first {
        context.variable(first.state, LLVMGenerator.memoryStateType)
        memory = "@\"\(first.state)\""
      }
      instances.append("{ ptr, ptr } { ptr @\"\(initialise)\", ptr \(memory) }")
    }
    text.line("@instances = internal constant [\(instances.count) x { ptr, ptr }] [\(instances.joined(separator: ", "))]")
    text.line("@entries = internal constant [\(entries.count) x ptr] [\(entries.joined(separator: ", "))]")
    text.line(
      "@coffer_program = constant { i32, i32, ptr, ptr } { i32 \(instances.count), i32 \(entries.count), ptr @instances, ptr @entries }")
    return TranslationUnit(name: "program", source: context.finish(text, name: "program"))
  }

  private var usesExceptions: Bool { program.instances.contains { $0.module.usesExceptions } }

  /// Where it is counted how many instances are ready: of each by itself, or of all together.
  private func readiness(of instance: Int) -> String { "@ready\(program.hasSeparateInstances ? instance : 0)" }

  /// Counts an instance as ready behind its initialisation, which may trap.
  private func counted(_ function: String, _ instance: Int, _ text: inout IRText) -> String {
    text.line("define internal void @\"enter.\(function)\"() #0 {")
    forgetHandlers(&text)
    text.line("call void @\"\(function)\"() #2")
    text.line("%count = load i32, ptr \(readiness(of: instance))")
    text.line("%more = add i32 %count, 1")
    text.line("store i32 %more, ptr \(readiness(of: instance))")
    text.line("ret void")
    text.line("}")
    return "enter.\(function)"
  }

  /// Entered from outside there is nobody who catches, whatever a trap has left behind.
  private func forgetHandlers(_ text: inout IRText) {
    if usesExceptions { text.line(ExceptionRuntime.forgetHandlers) }
  }

  /// What the host may not ask for: an instance that is not ready, whatever it has initialised; and a reference to a function that is none of the
  /// program's, which would be jumped to.
  private func refuse(_ entry: EntryPoint, _ text: inout IRText, _ context: inout UnitContext) {
    context.runtime("libos_refuse_command", "void ()", attributes: "#1")
    text.line("%ready = load i32, ptr \(readiness(of: entry.instance))")
    text.line("%good.0 = icmp eq i32 %ready, \(program.hasSeparateInstances ? 1 : program.instances.count)")
    var conditions = 1
    if case .function(_, let type) = entry.kind {
      for (index, parameter) in type.parameters.enumerated() where parameter == .funcref {
        text.line("%reference\(index)place = getelementptr i8, ptr %slots, i64 \(index * 16)")
        text.line("%reference\(index) = load i64, ptr %reference\(index)place")
        text.line("%isnull\(index) = icmp eq i64 %reference\(index), 0")
        text.line("%good.\(conditions) = and i1 %good.\(conditions - 1), %isnull\(index)")
        conditions += 1
      }
    }
    text.line("br i1 %good.\(conditions - 1), label %accepted, label %refused")
    text.line("refused:")
    text.line("call void @libos_refuse_command() #1")
    text.line("unreachable")
    text.line("accepted:")
  }

  /// Takes the arguments from slots of 16 bytes and leaves the results there.
  private func define(_ entry: EntryPoint, _ name: String, _ text: inout IRText, _ context: inout UnitContext) {
    text.line("define internal void @\(name)(ptr %slots) #0 {")
    refuse(entry, &text, &context)
    forgetHandlers(&text)
    switch entry.kind {
    case .global(let global):
      context.variable(global.symbol, global.type.value.ir)
      text.line("%r = load \(global.type.value.ir), ptr @\"\(global.symbol)\"")
      text.line("store \(global.type.value.ir) %r, ptr %slots")
    case .memoryWrite(let memory): copy(memory, to: true, &text, &context)
    case .memoryRead(let memory): copy(memory, to: false, &text, &context)
    case .function(let symbol, let type):
      context.function(symbol, type)
      for (index, parameter) in type.parameters.enumerated() {
        text.line("%s\(index) = getelementptr i8, ptr %slots, i64 \(index * 16)")
        text.line("%p\(index) = load \(parameter.ir), ptr %s\(index)")
      }
      let arguments = type.parameters.enumerated().map { "\($1.ir) %p\($0)" }.joined(separator: ", ")
      let call = "call \(type.irResult) @\"\(symbol)\"(\(arguments)) #2"
      text.line(type.results.isEmpty ? call : "%r = \(call)")
      for (index, result) in type.results.enumerated() {
        var value = "%r"
        if type.results.count > 1 {
          text.line("%r\(index) = extractvalue \(type.irResult) %r, \(index)")
          value = "%r\(index)"
        }
        text.line("%t\(index) = getelementptr i8, ptr %slots, i64 \(index * 16)")
        text.line("store \(result.ir) \(value), ptr %t\(index)")
      }
    }
    text.line("ret void")
    text.line("}")
  }

  /// Between a memory and slots, or the window. What lies outside of either is a trap: both numbers are the host's.
  private func copy(_ memory: MemorySymbol, to isWrite: Bool, _ text: inout IRText, _ context: inout UnitContext) {
    context.variable(memory.state, LLVMGenerator.memoryStateType)
    context.runtime("coffer_trap", "void (i32)", attributes: "#1")
    context.intrinsic("llvm.memcpy.p0.p0.i64", "void", "ptr, ptr, i64, i1")
    let room = UInt64(Command.slotLimit) * Command.slotSize - (isWrite ? Command.slotSize : 0)
    let beside = MemoryMap.edgeWindow + EdgeWindow.payloadOffset + Command.besidePlace
    for line in [
      "%address = load i64, ptr %slots",
      "%countplace = getelementptr i8, ptr %slots, i64 8",
      "%word = load i64, ptr %countplace",
      "%count = and i64 %word, \(~Command.beside)",
      "%isbeside = icmp slt i64 %word, 0",
      "%room = select i1 %isbeside, i64 \(EdgeWindow.payloadCapacity - Command.besidePlace), i64 \(room)",
      "%sizeplace = getelementptr i8, ptr @\"\(memory.state)\", i64 8",
      "%size = load i64, ptr %sizeplace",
      "%fits = icmp ule i64 %count, %room",
      "%begins = icmp ule i64 %address, %size",
      "%left = sub i64 %size, %address",
      "%ends = icmp ule i64 %count, %left",
      "%inside = and i1 %begins, %ends",
      "%good = and i1 %fits, %inside",
      "br i1 %good, label %copy, label %outside",
      "outside:",
      "call void @coffer_trap(i32 \(TrapKind.outOfBoundsMemoryAccess.rawValue)) #1",
      "unreachable",
      "copy:",
      "%base = load ptr, ptr @\"\(memory.state)\"",
      "%place = getelementptr i8, ptr %base, i64 %address",
      "%inslots = getelementptr i8, ptr %slots, i64 \(isWrite ? Command.slotSize : 0)",
      "%data = select i1 %isbeside, ptr inttoptr (i64 \(beside) to ptr), ptr %inslots",
      "call void @llvm.memcpy.p0.p0.i64(ptr \(isWrite ? "%place, ptr %data" : "%data, ptr %place"), i64 %count, i1 false)",
    ] { text.line(line) }
  }
}

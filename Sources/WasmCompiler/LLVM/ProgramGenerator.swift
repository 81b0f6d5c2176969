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
    for instance in program.instances {
      var initialise = "\(instance.prefix).initialise"
      context.function(initialise, FunctionType())
      if usesExceptions { initialise = withoutHandlers(initialise, &text) }
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

  /// Entered from outside there is nobody who catches, whatever a trap has left behind.
  private func withoutHandlers(_ function: String, _ text: inout IRText) -> String {
    text.line("define internal void @\"enter.\(function)\"() #0 {")
    text.line(ExceptionRuntime.forgetHandlers)
    text.line("call void @\"\(function)\"() #2")
    text.line("ret void")
    text.line("}")
    return "enter.\(function)"
  }

  /// Takes the arguments from slots of 16 bytes and leaves the results there.
  private func define(_ entry: EntryPoint, _ name: String, _ text: inout IRText, _ context: inout UnitContext) {
    text.line("define internal void @\(name)(ptr %slots) #0 {")
    if usesExceptions { text.line(ExceptionRuntime.forgetHandlers) }
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

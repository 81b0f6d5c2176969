import WasmFormat

/// What one translation unit has referred to so far, and therefore must declare.
struct UnitContext {
  let target: LLVMTarget
  private var declared: Set<String> = []
  private var declarations = IRText()
  private var metadata = IRText()
  private var nextMetadata = 5
  /// Symbols defined here, which must not be declared.
  var defined: Set<String> = []

  init(target: LLVMTarget) { self.target = target }

  mutating func function(_ symbol: String, _ type: FunctionType) {
    guard declared.insert(symbol).inserted, !defined.contains(symbol) else { return }
    declarations.line("declare dso_local \(type.irResult) @\"\(symbol)\"(\(type.irParameters)) #0")
  }

  mutating func runtime(_ symbol: String, _ signature: String, attributes: String = "#0") {
    guard declared.insert(symbol).inserted else { return }
    let parts = signature.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return }
    declarations.line("declare \(parts[0]) @\(symbol)\(parts[1]) \(attributes)")
  }

  mutating func intrinsic(_ name: String, _ result: String, _ parameters: String) {
    guard declared.insert(name).inserted else { return }
    declarations.line("declare \(result) @\(name)(\(parameters))")
  }

  mutating func variable(_ symbol: String, _ type: String, isConstant: Bool = false) {
    guard declared.insert(symbol).inserted, !defined.contains(symbol) else { return }
    declarations.line("@\"\(symbol)\" = external dso_local \(isConstant ? "constant" : "global") \(type)")
  }

  mutating func define(_ symbol: String, _ text: String) {
    guard declared.insert(symbol).inserted else { return }
    declarations.line(text)
  }

  /// A scope for source locations: a function, whose "line" is its offset in the module.
  mutating func scope(_ name: String, at offset: Int) -> Int {
    let number = nextMetadata
    nextMetadata += 1
    metadata.line(
      "!\(number) = distinct !DISubprogram(name: \"f\", scope: !1, file: !1, line: \(offset), scopeLine: \(offset), type: !3, unit: !0, spFlags: DISPFlagDefinition | DISPFlagOptimized)"
    )
    return number
  }

  /// The whole unit: declarations, then the body, then attributes and metadata.
  func finish(_ body: IRText, name: String) -> [UInt8] {
    var text = IRText()
    text.line("source_filename = \"\(name)\"")
    text.append(declarations)
    text.append(body)
    // Frames are probed so that none can skip the guard below the stack; a self call in tail position must stay a call, or
    // runaway recursion would become an endless loop.
    text.line("attributes #0 = { nounwind \"probe-stack\"=\"inline-asm\" \"disable-tail-calls\"=\"true\" \"frame-pointer\"=\"none\" \"no-builtins\" \(target.attributes) }")
    // Not `cold`: Swift's clang would move the call into a function of its own, where no trap of the module is. The branch weights say
    // as much.
    text.line("attributes #1 = { nounwind noreturn nomerge }")
    text.line("attributes #2 = { nounwind nomerge }")
    text.line("attributes #3 = { nounwind willreturn memory(none) }")
    text.line("!llvm.dbg.cu = !{!0}")
    text.line("!llvm.module.flags = !{!2, !4}")
    text.line(
      "!0 = distinct !DICompileUnit(language: DW_LANG_C99, file: !1, isOptimized: true, runtimeVersion: 0, emissionKind: LineTablesOnly)")
    text.line("!1 = !DIFile(filename: \"module\", directory: \"\")")
    text.line("!2 = !{i32 2, !\"Debug Info Version\", i32 3}")
    text.line("!3 = !DISubroutineType(types: !{})")
    text.line("!4 = !{i32 7, !\"Dwarf Version\", i32 5}")
    text.append(metadata)
    return text.bytes
  }
}

extension UnitContext {
  /// Defines the symbol of a type; every unit may, and the linker keeps one. Its address is its meaning, so it is not `unnamed_addr`.
  mutating func typeSymbol(_ type: FunctionType) {
    define(type.typeSymbol, "@\"\(type.typeSymbol)\" = linkonce_odr dso_local constant i8 0")
  }
}

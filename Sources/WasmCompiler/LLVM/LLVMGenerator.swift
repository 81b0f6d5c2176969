import WasmFormat

/// Writes LLVM IR, which the toolchain's clang turns into optimised code.
public struct LLVMGenerator: CodeGenerator {
  public let name = "llvm 3"
  let target: LLVMTarget
  /// A unit is closed when its functions exceed this many bytes of Wasm: a measure of the module, never of the machine, so that the same
  /// module gives the same code everywhere. Compile time grows faster than the size of a unit.
  static let unitSize = 32 * 1024

  public init(target: LLVMTarget) { self.target = target }

  public func units(for instance: Instance) throws(WasmError) -> [TranslationUnit] {
    var units: [TranslationUnit] = []
    let imported = instance.functions.count - instance.module.functions.count
    var start = 0
    while start < instance.module.code.count {
      var end = start
      var size = 0
      repeat {
        size += instance.module.code[end].range.count
        end += 1
      } while end < instance.module.code.count && size + instance.module.code[end].range.count <= Self.unitSize
      let name = "\(instance.prefix).code\(units.count)"
      var context = UnitContext(target: target)
      for index in start..<end { context.defined.insert(instance.functions[imported + index].code) }
      var body = IRText()
      for index in start..<end {
        var generator = FunctionGenerator(
          instance: instance, target: target, function: instance.functions[imported + index], unit: context)
        body.append(try generator.generate(instance.module.code[index]))
        context = generator.unit
      }
      units.append(TranslationUnit(name: name, source: context.finish(body, name: name)))
      start = end
    }
    units.append(try StateGenerator(instance: instance, target: target).unit())
    return units
  }

  public func programUnit(for program: Program) -> TranslationUnit {
    ProgramGenerator(program: program, target: target).unit()
  }

  // Layouts that the library OS's C half shares (Guest/include/program.h).

  /// Linear memory 0 begins at the symbol itself, whose address the linker is told.
  static let memorySymbol = "coffer_linear_memory"
  /// Base, size in bytes, limit in bytes, index.
  static let memoryStateType = "{ ptr, i64, i64, i64 }"
  /// Elements, size, limit.
  static let tableStateType = "{ ptr, i64, i64 }"
  /// Contents, length (0 once dropped).
  static let segmentType = "{ ptr, i64 }"
  /// Code, type.
  static let referenceType = "{ ptr, ptr }"
  /// Tag, then what is carried; a null reference has no tag. Of generated code alone, as is all that has to do with exceptions.
  static let exceptionType = "[\(1 + DecodingLimits.exceptionPayload / 8) x i64]"
  /// Type, code; of generated code alone.
  static let callTargetType = "{ ptr, ptr }"
}

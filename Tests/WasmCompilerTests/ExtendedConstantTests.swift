import Testing
import WasmCompiler
import WasmFormat
import WasmText

/// Constants that are reckoned from an imported global, as dynamically linked modules place their data and tables.
@Suite struct ExtendedConstantTests {
  @Test func areReckonedWhenTheProgramStarts() throws {
    let text = """
      (module (import "env" "base" (global $base i32)) (memory 1)
        (global i32 (i32.mul (i32.sub (global.get $base) (i32.const 3)) (i32.const 5)))
        (data (i32.add (global.get $base) (i32.const 8)) "x"))
      """
    var limits = DecodingLimits.default
    limits.allowsExtendedConstants = true
    let module = try Module.decode(try Wat.encode(Array(text.utf8)), limits: limits)
    try module.validate()
    let provider = try Module.decode(try Wat.encode(Array("(module (global (export \"base\") i32 (i32.const 7)))".utf8)))
    try provider.validate()
    var linker = ProgramLinker(host: [])
    let provided = try linker.instantiate(provider) { _, _ in nil }
    _ = try linker.instantiate(module) { _, name in provided[ByteName(name)] }
    let instance = try #require(linker.program.instances.last)
    let source = try LLVMGenerator(target: .x86_64).units(for: instance).map { String(decoding: $0.source, as: UTF8.self) }.joined()
    let place = try #require(source.firstMatch(of: /%c\d+ = add i32 %c\d+, 8/))
    #expect(source.contains("sub i32") && source.contains("mul i32"))
    let name = try #require(place.output.split(separator: " ").first)
    #expect(source.contains("coffer_memory_init(ptr") && source.contains("i32 \(name), i32 0, i32 1)"))
  }
}

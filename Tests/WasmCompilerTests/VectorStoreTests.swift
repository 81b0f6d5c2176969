import Testing
import WasmCompiler
import WasmFormat
import WasmText

/// A store that traps must not have begun, whatever a processor's registers hold.
@Suite struct VectorStoreTests {
  private func stores(_ target: LLVMTarget) throws -> [Substring] {
    let text = "(module (memory 1) (func (param i32 v128) (v128.store (local.get 0) (local.get 1))))"
    let module = try Module.decode(try Wat.encode(Array(text.utf8)))
    try module.validate()
    var linker = ProgramLinker(host: [])
    _ = try linker.instantiate(module) { _, _ in nil }
    let instance = try #require(linker.program.instances.first)
    let source = try #require(try LLVMGenerator(target: target).units(for: instance).first).source
    return String(decoding: source, as: UTF8.self).split(separator: "\n").filter { $0.contains("store volatile") }
  }

  @Test(arguments: [LLVMTarget.x86_64, .aarch64]) func isOneAccessWhereARegisterHoldsAll(target: LLVMTarget) throws {
    let stores = try stores(target)
    #expect(stores.count == 1)
    #expect(stores.first?.contains("<16 x i8>") == true)
  }

  @Test func beginsWithItsEndWhereNoneDoes() throws {
    let stores = try stores(.riscv64)
    try #require(stores.count == 2)
    let places = stores.map { $0.firstMatch(of: /store volatile i64 %v\d+, ptr %v(\d+),/).flatMap { Int($0.1) } ?? -1 }
    // The upper half's address is made from the lower one's.
    #expect(places[0] > places[1] && places[1] >= 0, "\(stores)")
  }
}

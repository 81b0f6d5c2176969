import ComponentFormat
import Testing
import WasmFormat
import WasmText

/// What core modules may have within a component, and not alone, where they are held to WebAssembly 2.0.
@Suite struct CoreModuleTests {
  private static let modules = [
    """
    (memory $a 1) (memory $b 1)
    (func (param i32) (result i32) (i32.store8 $b offset=4 (i32.const 1) (local.get 0)) (i32.load8_u $b (i32.const 5)))
    (func (memory.copy $a $b (i32.const 0) (i32.const 0) (i32.const 1)) (memory.fill $b (i32.const 0) (i32.const 0) (i32.const 0)))
    (func (result i32) (memory.init $b $d (i32.const 0) (i32.const 0) (i32.const 0)) (drop (memory.grow $b (i32.const 0))) (memory.size $b))
    (func (result v128) (v128.load8_lane $b align=1 3 (i32.const 0) (v128.const i64x2 0 0)))
    (data (memory $b) (i32.const 0) "x") (data $d "y")
    """,
    """
    (import "env" "base" (global $base i32)) (import "env" "wide" (global $wide i64)) (memory 1)
    (global i32 (i32.add (global.get $base) (i32.mul (i32.const 4) (i32.const 6))))
    (global i64 (i64.sub (global.get $wide) (i64.const 1)))
    (data (i32.add (global.get $base) (i32.const 8)) "x")
    """,
  ]

  @Test(arguments: modules) func isGoodWithinAComponent(_ fields: String) throws {
    let binary = try component("(component (core module \(fields)))")
    #expect(binary.component.definedModules.count == 1)
  }

  @Test(arguments: modules) func isNotGoodAlone(_ fields: String) throws {
    let bytes = try Wat.encode(Array(fields.utf8))
    #expect(throws: WasmError.self) { try Module.decode(bytes).validate() }
  }

  @Test(arguments: [
    ("(memory 1) (memory 1) (func (drop (i32.load 2 (i32.const 0))))", "unknown memory 2"),
    ("(memory 1) (data (memory 1) (i32.const 0) \"x\")", "unknown memory 1"),
    ("(global i32 (i32.add (i32.const 1) (i64.const 1)))", "type mismatch: expected i32, found i64"),
    ("(global i32 i32.const 1 i32.add)", "constant expression required, found i32.add"),
    ("(global i32 (i32.div_u (i32.const 1) (i32.const 1)))", "constant expression required, found i32.div_u"),
    ("(global i32 (i32.const 1) (i32.const 1))", "leaves 1 value, found 2"),
  ])
  func isRefused(_ fields: String, _ message: String) throws {
    let error = try refusal(of: "(component (core module \(fields)))")
    #expect(error?.kind == .invalid)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "accepted")")
  }

  @Test func expressionsAreBounded() throws {
    let sum = "(i32.const 1)" + String(repeating: " (i32.const 1) i32.add", count: 600)
    #expect(try refusal(of: "(component (core module (global i32 \(sum))))")?.kind == .limit)
  }
}

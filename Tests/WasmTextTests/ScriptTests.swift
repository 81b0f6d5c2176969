import Testing
import WasmText

@Suite struct ScriptTests {
  private func commands(_ text: String) throws -> [Script.Command] {
    try Script.parse(Array(text.utf8)).commands
  }

  @Test func commandsAndTheirLines() throws {
    let commands = try commands(
      """
      (module $m (func (export "f")))
      (module definition $d)
      (module instance $i $d)  (module instance)
      (register "r" $m) (register "s")

      (invoke $m "f")
      (assert_trap (module (start 0)) "start")
      (assert_trap (get "g") "get")
      """)
    #expect(commands.map(\.line) == [1, 2, 3, 3, 4, 4, 6, 7, 8])
    guard case .module(let module) = commands[0].kind, case .binary(let bytes) = module.source else {
      throw Unexpected(commands[0])
    }
    #expect(module.name == "m")
    #expect(try bytes == encode("(module $m (func (export \"f\")))"))
    guard case .moduleDefinition(let definition) = commands[1].kind else { throw Unexpected(commands[1]) }
    #expect(definition.name == "d")
    guard case .moduleInstance(name: "i", of: "d") = commands[2].kind else { throw Unexpected(commands[2]) }
    guard case .moduleInstance(name: nil, of: nil) = commands[3].kind else { throw Unexpected(commands[3]) }
    guard case .register(as: "r", module: "m") = commands[4].kind else { throw Unexpected(commands[4]) }
    guard case .register(as: "s", module: nil) = commands[5].kind else { throw Unexpected(commands[5]) }
    guard case .action(.invoke(module: "m", field: "f", [])) = commands[6].kind else { throw Unexpected(commands[6]) }
    guard case .assertModuleTrap(_, message: "start") = commands[7].kind else { throw Unexpected(commands[7]) }
    guard case .assertTrap(.get(module: nil, field: "g"), message: "get") = commands[8].kind else {
      throw Unexpected(commands[8])
    }
  }

  @Test(
    arguments: [
      ("(i32.const -1)", .i32(0xFFFF_FFFF)), ("(i64.const 0x10)", .i64(16)), ("(f32.const -0.0)", .f32(0x8000_0000)),
      ("(f64.const nan:0x4)", .f64(0x7FF0_0000_0000_0004)), ("(ref.null func)", .refNull("func")),
      ("(ref.null extern)", .refNull("extern")), ("(ref.extern 7)", .refExtern(7)),
      ("(v128.const i32x4 1 2 3 -1)", .v128([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 255, 255, 255, 255])),
    ] as [(String, Script.Value)])
  func values(_ text: String, _ value: Script.Value) throws {
    let command = try commands("(assert_return (invoke \"\" \(text)) \(text))")[0]
    guard case .assertReturn(.invoke(_, _, let arguments), let results) = command.kind else {
      throw Unexpected(command)
    }
    #expect(arguments == [value])
    #expect(results == [.value(value)])
  }

  @Test(
    arguments: [
      ("(f32.const nan:canonical)", .f32CanonicalNaN), ("(f32.const nan:arithmetic)", .f32ArithmeticNaN),
      ("(f64.const nan:canonical)", .f64CanonicalNaN), ("(f64.const nan:arithmetic)", .f64ArithmeticNaN),
      ("(ref.func)", .refFuncAny), ("(ref.extern)", .refExternAny), ("(ref.null)", .refNullAny),
      ("(either (i32.const 1) (f32.const nan:canonical))", .either([.value(.i32(1)), .f32CanonicalNaN])),
      ("(v128.const f64x2 1.0 nan:arithmetic)", .v128(.f64x2, [.bits(0x3FF0_0000_0000_0000), .arithmeticNaN])),
    ] as [(String, Script.Expected)])
  func expectations(_ text: String, _ expected: Script.Expected) throws {
    let command = try commands("(assert_return (invoke \"\") \(text))")[0]
    guard case .assertReturn(_, let results) = command.kind else { throw Unexpected(command) }
    #expect(results == [expected])
  }

  @Test func modulesInAssertions() throws {
    let commands = try commands(
      """
      (assert_malformed (module quote "(func" " $f)") "a")
      (assert_malformed (module binary "\\00" "asm") "b")
      (assert_malformed (module (func $f) (func $f)) "c")
      (assert_invalid (module (func (result i32))) "d")
      (assert_unlinkable (module $u) "e")
      """)
    guard case .assertMalformed(let quoted, message: "a") = commands[0].kind, case .quote(let text) = quoted.source
    else {
      throw Unexpected(commands[0])
    }
    #expect(text == Array("(func $f)".utf8))
    guard case .assertMalformed(let binary, message: "b") = commands[1].kind, case .binary(let bytes) = binary.source
    else { throw Unexpected(commands[1]) }
    #expect(bytes == Array("\0asm".utf8))
    guard case .assertMalformed(let failed, message: "c") = commands[2].kind, case .failed(let error) = failed.source
    else { throw Unexpected(commands[2]) }
    #expect(error.description == "3:43: duplicate function $f")
    guard case .assertInvalid(let invalid, message: "d") = commands[3].kind, case .binary = invalid.source else {
      throw Unexpected(commands[3])
    }
    guard case .assertUnlinkable(let unlinkable, message: "e") = commands[4].kind else { throw Unexpected(commands[4]) }
    #expect(unlinkable.name == "u")
  }

  @Test func fieldsAloneAreAModule() throws {
    let commands = try commands("(func) (memory 0)\n(func (export \"f\"))")
    guard commands.count == 1, case .module(let module) = commands[0].kind, case .binary(let bytes) = module.source
    else { throw Unexpected(commands[0]) }
    #expect(try bytes == encode("(func) (memory 0) (func (export \"f\"))"))
  }

  /// Export names may hold anything that is UTF-8, and two that `String` calls equal.
  @Test func namesKeepTheirBytes() throws {
    let commands = try commands("(get \"a\\00\\u{301}\") (get \"e\\u{301}\") (get \"\\u{e9}\")")
    let names = commands.compactMap { if case .action(.get(_, let field)) = $0.kind { Array(field.utf8) } else { nil } }
    #expect(names == [[0x61, 0x00, 0xCC, 0x81], [0x65, 0xCC, 0x81], [0xC3, 0xA9]])
  }

  @Test(arguments: [
    ("(assert_return)", "1:15: unexpected token )"), ("(frobnicate)", "1:2: unknown operator frobnicate"),
    ("(invoke \"\\ff\")", "1:9: malformed UTF-8 encoding"), ("(module)\n(register)", "2:10: unexpected token )"),
    ("(assert_trap (nop) \"\")", "1:15: unexpected token nop"), ("module", "1:1: unexpected token module"),
    ("(invoke \"\" (i32.add))", "1:13: unexpected token i32.add"), ("(module) (func)", "1:11: unexpected token func"),
    ("(assert_return (invoke \"\") (either (either)))", "1:37: unexpected token either"),
    ("(assert_return (invoke \"\" (f32.const nan:canonical)))", "1:38: unexpected token nan:canonical"),
  ])
  func refused(_ text: String, _ expected: String) {
    do throws(WatError) {
      _ = try Script.parse(Array(text.utf8))
      Issue.record("accepted")
    } catch {
      #expect(error.description == expected)
    }
  }
}

/// A command that is not what the test wrote.
private struct Unexpected: Error {
  var command: Script.Command
  init(_ command: Script.Command) { self.command = command }
}

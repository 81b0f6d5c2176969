import Testing
import WasmFormat

private typealias B = ModuleBytes

private let table: [UInt8] = B.section(4, [0x01, 0x70, 0x00, 0x01])
private let externTable: [UInt8] = B.section(4, [0x01, 0x6F, 0x00, 0x01])
private let memory: [UInt8] = B.section(5, [0x01, 0x00, 0x01])
private let global: [UInt8] = B.section(6, [0x01, 0x7F, 0x00, 0x41, 0x00, 0x0B])

private let invalidCode: [BadModule] = [
  BadModule("one operand short", B.function([0x41, 0x01, 0x6A, 0x1A, 0x0B]), .invalid, "type mismatch", at: 25),
  BadModule("operands left", B.function([0x41, 0x01, 0x0B]), .invalid, "type mismatch", at: 25),
  BadModule("no result", B.function(type: B.type([], [0x7F]), [0x0B]), .invalid, "type mismatch", at: 24),
  BadModule(
    "another result", B.function(type: B.type([], [0x7F]), [0x42, 0x00, 0x0B]), .invalid,
    "type mismatch: expected i32, found i64", at: 26),
  BadModule(
    "an operand from outside the block", B.function([0x41, 0x00, 0x02, 0x40, 0x1A, 0x0B, 0x0B]), .invalid,
    "type mismatch", at: 27),
  BadModule(
    "an if without else", B.function([0x41, 0x00, 0x04, 0x7F, 0x41, 0x00, 0x0B, 0x1A, 0x0B]), .invalid,
    "type mismatch: an if without else", at: 29),
  BadModule("an unknown local", B.function([0x20, 0x00, 0x1A, 0x0B]), .invalid, "unknown local 0", at: 23),
  BadModule("an unknown label", B.function([0x0C, 0x01, 0x0B]), .invalid, "unknown label 1", at: 23),
  BadModule("an unknown function", B.function([0x10, 0x07, 0x0B]), .invalid, "unknown function 7", at: 23),
  BadModule("an unknown block type", B.function([0x02, 0x09, 0x0B, 0x0B]), .invalid, "unknown type 9", at: 23),
  BadModule("an unknown global", B.function([0x23, 0x00, 0x1A, 0x0B]), .invalid, "unknown global 0", at: 23),
  BadModule(
    "a set of a constant global", B.function([0x41, 0x00, 0x24, 0x00, 0x0B], before: global), .invalid,
    "global is immutable", at: 33),
  BadModule("no memory", B.function([0x3F, 0x00, 0x1A, 0x0B]), .invalid, "unknown memory 0", at: 23),
  BadModule(
    "too great an alignment", B.function([0x41, 0x00, 0x28, 0x03, 0x00, 0x1A, 0x0B], before: memory), .invalid,
    "alignment must not be larger than natural", at: 30),
  BadModule("no table", B.function([0xFC, 0x10, 0x00, 0x1A, 0x0B]), .invalid, "unknown table 0", at: 23),
  BadModule(
    "a call through references from outside", B.function([0x41, 0x00, 0x11, 0x00, 0x00, 0x0B], before: externTable),
    .invalid, "type mismatch: expected funcref, found externref", at: 31),
  BadModule("an unknown segment", B.function([0xFC, 0x0D, 0x00, 0x0B]), .invalid, "unknown elem segment 0", at: 23),
  BadModule(
    "an unknown data segment", B.function([0xFC, 0x09, 0x00, 0x0B], before: B.section(12, [0x00])), .invalid,
    "unknown data segment 0", at: 26),
  BadModule(
    "a function referred to nowhere else", B.function([0xD2, 0x00, 0x1A, 0x0B]), .invalid,
    "undeclared function reference", at: 23),
  BadModule(
    "a select of references", B.function([0xD0, 0x70, 0xD0, 0x70, 0x41, 0x00, 0x1B, 0x1A, 0x0B]), .invalid,
    "type mismatch: expected a number, found funcref", at: 29),
  BadModule(
    "a select of two types", B.function([0x41, 0, 0x42, 0, 0x41, 0x00, 0x1B, 0x1A, 0x0B]), .invalid, "type mismatch",
    at: 29),
  BadModule(
    "a select with no type", B.function([0x41, 0, 0x41, 0, 0x41, 0, 0x1C, 0x00, 0x1A, 0x0B]), .invalid,
    "invalid result arity", at: 30),
  BadModule(
    "a null test of a number", B.function([0x41, 0x00, 0xD1, 0x1A, 0x0B]), .invalid,
    "type mismatch: expected a reference, found i32", at: 25),
  BadModule(
    "a known operand after unreachable", B.function([0x00, 0x42, 0x00, 0x45, 0x1A, 0x0B]), .invalid,
    "type mismatch: expected i32, found i64", at: 26),
  BadModule(
    "labels of different counts",
    B.function([0x02, 0x40, 0x02, 0x7F, 0x41, 0, 0x41, 0, 0x0E, 0x01, 0x01, 0x00, 0x0B, 0x1A, 0x0B, 0x0B]), .invalid,
    "type mismatch", at: 31),
]

private let invalidModules: [BadModule] = [
  BadModule("a function of no type", B.module(B.section(3, [0x01, 0x00]), B.section(10, [1, 2, 0, 0x0B])), .invalid,
    "unknown type 0", at: 11),
  BadModule("two memories", B.module(B.section(5, [0x02, 0, 0, 0, 0])), .invalid, "multiple memories", at: 13),
  BadModule(
    "a memory of 65537 pages", B.module(B.section(5, [0x01, 0x00, 0x81, 0x80, 0x04])), .invalid,
    "memory size must be at most 65536 pages (4GiB)", at: 11),
  BadModule(
    "a table's maximum", B.module(B.section(4, [0x01, 0x70, 0x01, 0x02, 0x01])), .invalid,
    "size minimum must not be greater than maximum", at: 11),
  BadModule(
    "an export twice", B.module(memory, B.section(7, B.vector([B.name("a") + [2, 0], B.name("a") + [2, 0]]))), .invalid,
    "duplicate export name \"a\"", at: 20),
  BadModule(
    "an export of nothing", B.module(B.section(7, [0x01, 0x00, 0x03, 0x02])), .invalid, "unknown global 2", at: 11),
  BadModule("a start of nothing", B.module(B.section(8, [0x05])), .invalid, "unknown function 5", at: 10),
  BadModule(
    "a start with a parameter",
    B.function(type: B.type([0x7F]), [0x0B], before: B.section(8, [0x00])), .invalid, "start function", at: 21),
  BadModule(
    "a global of another type", B.module(B.section(6, [0x01, 0x7E, 0x00, 0x41, 0x00, 0x0B])), .invalid,
    "type mismatch: expected i64, found i32", at: 11),
  BadModule(
    "a global of a global defined here",
    B.module(B.section(6, [0x02, 0x7F, 0, 0x41, 0, 0x0B, 0x7F, 0, 0x23, 0, 0x0B])),
    .invalid, "unknown global 0", at: 16),
  BadModule(
    "a sum for a constant", B.module(B.section(6, [0x01, 0x7F, 0, 0x41, 0, 0x41, 0, 0x6A, 0x0B])), .invalid,
    "constant expression required", at: 13),
  BadModule(
    "two constants", B.module(B.section(6, [0x01, 0x7F, 0, 0x41, 0, 0x41, 0, 0x0B])),
    .invalid, "type mismatch", at: 13),
  BadModule("no constant", B.module(B.section(6, [0x01, 0x7F, 0, 0x0B])), .invalid, "type mismatch", at: 13),
  BadModule(
    "elements without a table", B.module(B.section(9, [0x01, 0, 0x41, 0, 0x0B, 0])),
    .invalid, "unknown table 0", at: 11),
  BadModule(
    "an element of nothing", B.module(table, B.section(9, [0x01, 0, 0x41, 0, 0x0B, 1, 3])), .invalid,
    "unknown function 3", at: 17),
  BadModule(
    "data without a memory", B.module(B.section(11, [0x01, 0, 0x41, 0, 0x0B, 0])),
    .invalid, "unknown memory 0", at: 11),
  BadModule(
    "a data offset of another type", B.module(memory, B.section(11, [0x01, 0, 0x42, 0, 0x0B, 0])), .invalid,
    "type mismatch: expected i32, found i64", at: 16),
]

@Test(arguments: invalidCode + invalidModules)
func refusesWhatIsInvalid(_ bad: BadModule) {
  bad.check { () throws(WasmError) in try Module.decode(bad.bytes).validate() }
}

@Test(arguments: [
  ("an empty module", B.header),
  ("operands of any type after unreachable", B.function([0x00, 0x6A, 0x1A, 0x1B, 0x1A, 0x0B])),
  ("a branch out of the function", B.function(type: B.type([], [0x7F]), [0x41, 0x00, 0x0C, 0x00, 0x0B])),
  ("a loop that takes a value", B.function(type: B.type([0x7F], [0x7F]), [0x20, 0, 0x03, 0, 0x0B, 0x0B])),
  (
    "a local behind many",
    B.function(locals: [0x02, 0xD0, 0x0F, 0x7E, 0x01, 0x7D], [0x20, 0xD0, 0x0F, 0x8C, 0x1A, 0x0B])
  ),
  ("the same text in two spellings",
    B.module(memory, B.section(7, B.vector([B.name("\u{E9}") + [2, 0], B.name("e\u{301}") + [2, 0]])))),
])
func acceptsWhatIsValid(_ what: String, _ bytes: [UInt8]) throws {
  try Module.decode(bytes).validate()
}

@Test func malformedCodeComesBeforeABrokenRule() {
  let global = B.section(6, [0x01, 0x7F, 0x00, 0x0B])
  for (code, kind) in [(UInt8(0x01), WasmError.Kind.invalid), (0xFF, .malformed)] {
    do throws(WasmError) {
      _ = try Module.decode(B.function([code, 0x0B], before: global))
      Issue.record("accepted")
    } catch {
      #expect(error.kind == kind)
    }
  }
}

@Test func errorsSayWhere() {
  let bytes = B.function(
    [0x41, 0x00, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x6A, 0x1A, 0x0B],
    after: B.custom("name", B.section(1, B.vector([[0x00] + B.name("f\u{1B}[2J")]))))
  do throws(WasmError) {
    try Module.decode(bytes).validate()
    Issue.record("accepted")
  } catch {
    #expect(
      error.description
        == #"type mismatch: expected i32, found f64 (at byte 0x22, in function 0 "f\u{1B}[2J", i32.add)"#)
    #expect(error.function == 0 && error.instruction == "i32.add")
  }
}

@Test func aModuleMadeByHandCannotTrapTheValidator() {
  var module = Module(bytes: [0x20, 0x00, 0x0B])
  module.types = [FunctionType(parameters: [.i32], results: [.i32])]
  module.functions = [0]
  for range in [0..<3, 0..<2, -5..<2, 1..<90, 3..<3] {
    module.code = [FunctionBody(locals: [(count: .max, type: .i64)], range: range)]
    if range == 0..<3 {
      #expect(throws: Never.self) { try module.validate() }
    } else {
      #expect(throws: WasmError.self) { try module.validate() }
    }
  }
  module.code = []
  #expect(throws: WasmError.self) { try module.validate() }
}

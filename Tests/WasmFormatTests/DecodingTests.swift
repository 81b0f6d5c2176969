import Testing
import WasmFormat

private typealias B = ModuleBytes

/// A module, and the error that it must meet.
struct BadModule: Sendable, CustomTestStringConvertible {
  let what: String
  let bytes: [UInt8]
  let kind: WasmError.Kind
  let phrase: String
  let offset: Int

  init(_ what: String, _ bytes: [UInt8], _ kind: WasmError.Kind, _ phrase: String, at offset: Int) {
    (self.what, self.bytes, self.kind, self.phrase, self.offset) = (what, bytes, kind, phrase, offset)
  }

  var testDescription: String { what }

  func check(_ verdict: (() throws(WasmError) -> Void)) {
    do throws(WasmError) {
      try verdict()
      Issue.record("accepted: \(what)")
    } catch {
      #expect(error.kind == kind)
      #expect(error.message.hasPrefix(phrase), "found: \(error)")
      #expect(error.offset == offset)
    }
  }
}

private let malformed: [BadModule] = [
  BadModule("nothing", [], .malformed, "unexpected end", at: 0),
  BadModule("half a magic number", [0x00, 0x61], .malformed, "unexpected end", at: 2),
  BadModule(
    "another magic number", [0x7F, 0x45, 0x4C, 0x46, 1, 0, 0, 0], .malformed, "magic header not detected", at: 0),
  BadModule("half a version", [0x00, 0x61, 0x73, 0x6D, 0x01], .malformed, "unexpected end", at: 5),
  BadModule("a component", [0x00, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0], .malformed, "unknown binary version", at: 4),
  BadModule("section 13", B.header + [0x0D, 0x00], .malformed, "malformed section id", at: 8),
  BadModule("a section beyond the end", B.header + [0x01, 0x05, 0x00], .malformed, "length out of bounds", at: 9),
  BadModule("no section size", B.header + [0x01], .malformed, "unexpected end", at: 9),
  BadModule(
    "sections out of order", B.module(B.section(3, [0]), B.section(1, [0])), .malformed,
    "unexpected content after last section", at: 11),
  BadModule(
    "a section twice", B.module(B.section(1, [0]), B.section(1, [0])), .malformed,
    "unexpected content after last section", at: 11),
  BadModule(
    "bytes after the types", B.module(B.section(1, [0x00, 0x00])), .malformed, "section size mismatch", at: 9),
  BadModule(
    "a size of six bytes", B.header + [0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], .malformed,
    "integer representation too long", at: 9),
  BadModule(
    "a size beyond 32 bits", B.header + [0x01, 0x80, 0x80, 0x80, 0x80, 0x10], .malformed, "integer too large", at: 9),
  BadModule("a custom section without a name", B.header + [0x00, 0x00], .malformed, "unexpected end", at: 10),
  BadModule(
    "a name that is not UTF-8", B.header + [0x00, 0x03, 0x02, 0xC3, 0x28],
    .malformed, "malformed UTF-8 encoding", at: 11),
  BadModule(
    "a surrogate in a name", B.header + [0x00, 0x04, 0x03, 0xED, 0xA0, 0x80], .malformed, "malformed UTF-8 encoding",
    at: 11),
  BadModule(
    "a type that is no function", B.module(B.section(1, [0x01, 0x5F, 0x00])), .malformed, "malformed function type",
    at: 11),
  BadModule(
    "an unknown value type", B.module(B.section(1, B.vector([B.type([0x6E])]))), .malformed, "malformed value type",
    at: 13),
  BadModule(
    "a value type of two bytes", B.module(B.section(1, B.vector([B.type([0xFF])]))), .malformed,
    "integer representation too long", at: 13),
  BadModule(
    "an import of kind 4", B.module(B.section(2, [0x01, 0x00, 0x00, 0x04, 0x00])), .malformed, "malformed import kind",
    at: 13),
  BadModule(
    "an export of kind 4", B.module(B.section(7, [0x01, 0x00, 0x04, 0x00])), .malformed, "malformed export kind",
    at: 12),
  BadModule(
    "a table of numbers", B.module(B.section(4, [0x01, 0x7F, 0x00, 0x00])), .malformed, "malformed reference type",
    at: 11),
  BadModule(
    "a shared memory", B.module(B.section(5, [0x01, 0x03, 0x01, 0x01])), .malformed, "integer too large", at: 11),
  BadModule(
    "a third mutability", B.module(B.section(6, [0x01, 0x7F, 0x02, 0x41, 0x00, 0x0B])), .malformed,
    "malformed mutability", at: 12),
  BadModule(
    "element flags 8", B.module(B.section(9, [0x01, 0x08])), .malformed, "malformed elements segment kind", at: 11),
  BadModule(
    "data flags 3", B.module(B.section(11, [0x01, 0x03, 0x00])), .malformed, "malformed data segment kind", at: 11),
  BadModule(
    "data beyond the end", B.module(B.section(11, [0x01, 0x01, 0x05, 0x00])),
    .malformed, "length out of bounds", at: 12),
  BadModule(
    "a function without a body", B.module(B.section(1, B.vector([B.type()])), B.section(3, [0x01, 0x00])), .malformed,
    "function and code section have inconsistent lengths", at: 18),
  BadModule(
    "a data count without data", B.module(B.section(12, [0x01])), .malformed,
    "data count and data section have inconsistent lengths", at: 11),
]

private let malformedCode: [BadModule] = [
  BadModule("no end", B.function([0x01]), .malformed, "unexpected end", at: 24),
  BadModule("an else without an if", B.function([0x05, 0x0B]), .malformed, "END opcode expected", at: 23),
  BadModule(
    "a second else", B.function([0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0B, 0x0B]),
    .malformed, "END opcode expected", at: 28),
  BadModule("code after the end", B.function([0x0B, 0x01]), .malformed, "section size mismatch", at: 21),
  BadModule("an opcode of a later proposal", B.function([0x12, 0x00, 0x0B]), .malformed, "illegal opcode 0x12", at: 23),
  BadModule("a prefixed opcode", B.function([0xFC, 0x12, 0x0B]), .malformed, "illegal opcode 0xfc 0x12", at: 23),
  BadModule("atomics", B.function([0xFE, 0x03, 0x00, 0x0B]), .malformed, "illegal opcode 0xfe", at: 23),
  BadModule("a memory index", B.function([0x3F, 0x01, 0x0B]), .malformed, "zero byte expected", at: 24),
  BadModule("a long memory index", B.function([0x40, 0x80, 0x00, 0x0B]), .malformed, "zero byte expected", at: 24),
  BadModule("alignment 2^32", B.function([0x28, 0x20, 0x00, 0x0B]), .malformed, "malformed memop flags", at: 24),
  BadModule(
    "a constant of 33 bits", B.function([0x41, 0x80, 0x80, 0x80, 0x80, 0x08, 0x1A, 0x0B]), .malformed,
    "integer too large", at: 24),
  BadModule(
    "a negative type index", B.function([0x02, 0xFF, 0x7F, 0x0B, 0x0B]), .malformed, "malformed block type", at: 24),
  BadModule("a null of no type", B.function([0xD0, 0x7F, 0x1A, 0x0B]), .malformed, "malformed reference type", at: 24),
  BadModule(
    "data.drop without a data count", B.function([0xFC, 0x09, 0x00, 0x0B]), .malformed, "data count section required",
    at: 23),
  BadModule(
    "2^32 locals", B.function(locals: [0x02, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x7F, 0x01, 0x7F], [0x0B]), .malformed,
    "too many locals", at: 22),
  BadModule(
    "2^32 - 1 locals", B.function(locals: [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x7F], [0x0B]), .limit,
    "too many locals", at: 22),
]

private let malformedVectors: [BadModule] = [
  BadModule("a vector opcode between two", B.function([0xFD, 0x9A, 0x01, 0x0B]), .malformed, "illegal opcode 0xfd 0x9a", at: 23),
  BadModule("a vector opcode of a later proposal", B.function([0xFD, 0x80, 0x02, 0x0B]), .malformed, "illegal opcode 0xfd 0x100", at: 23),
  BadModule("a vector constant cut short", B.function([0xFD, 0x0C, 0x01, 0x02, 0x0B]), .malformed, "unexpected end", at: 28),
]

@Test(arguments: malformed + malformedCode + malformedVectors)
func refusesWhatIsMalformed(_ bad: BadModule) {
  bad.check { () throws(WasmError) in _ = try Module.decode(bad.bytes) }
}

@Test func everyPrefixOfAModuleIsRefusedOrWhole() throws {
  let type = B.type([0x7F], [0x7F])
  let note = B.custom("note", [1, 2, 3])
  let bytes = B.function(type: type, [0x20, 0x00, 0x41, 0xE4, 0x00, 0x6A, 0x0B], after: note)
  try Module.decode(bytes).validate()
  // Where a section ends and no function lacks its body.
  let whole = [B.header.count, B.module(B.section(1, B.vector([type]))).count, bytes.count - note.count]
  for length in 0..<bytes.count where !whole.contains(length) {
    #expect(throws: WasmError.self) { try Module.decode(Array(bytes[..<length])) }
  }
}

@Test func decodesEverySection() throws {
  let module = try Module.decode(
    B.module(
      B.custom("first", [9]),
      B.section(1, B.vector([B.type([0x7F], [0x7E, 0x7D]), B.type()])),
      B.section(
        2,
        B.vector([
          B.name("a") + B.name("f") + [0x00, 0x01],
          B.name("a") + B.name("t") + [0x01, 0x70, 0x01, 0x01, 0x80, 0x01],
          B.name("a") + B.name("g") + [0x03, 0x7F, 0x00],
        ])),
      B.section(3, [0x01, 0x01]),
      B.section(4, [0x01, 0x70, 0x00, 0x0A]),
      B.section(5, [0x01, 0x01, 0x01, 0x02]),
      B.section(6, [0x02, 0x7F, 0x01, 0x23, 0x00, 0x0B, 0x7C, 0x00, 0x44, 1, 0, 0, 0, 0, 0, 0xF8, 0x7F, 0x0B]),
      B.section(7, B.vector([B.name("run") + [0x00, 0x01], B.name("memory") + [0x02, 0x00]])),
      B.section(8, [0x01]),
      B.section(
        9,
        B.vector([
          [0x00, 0x41, 0x00, 0x0B, 0x01, 0x01], [0x05, 0x6F, 0x01, 0xD0, 0x6F, 0x0B],
          [0x02, 0x01, 0x41, 0x00, 0x0B, 0x00, 0x00], [0x07, 0x70, 0x01, 0xD2, 0x01, 0x0B],
        ])),
      B.section(12, [0x02]),
      B.section(10, B.vector([[0x04, 0x01, 0x02, 0x7F, 0x0B]])),
      B.section(11, B.vector([[0x00, 0x41, 0x08, 0x0B, 0x02, 0xAA, 0xBB], [0x01, 0x01, 0xCC]])),
      B.custom("last", [])))
  #expect(module.types == [FunctionType(parameters: [.i32], results: [.i64, .f32]), FunctionType()])
  #expect(module.imports.map(\.name) == ["f", "t", "g"])
  #expect(module.functions == [1] && module.start == 1 && module.dataCount == 2)
  #expect(module.tableTypes == [
    TableType(element: .funcref, limits: Limits(minimum: 1, maximum: 128)),
    TableType(element: .funcref, limits: Limits(minimum: 10)),
  ])
  #expect(module.memoryTypes == [MemoryType(limits: Limits(minimum: 1, maximum: 2))])
  #expect(module.globalTypes.map(\.value) == [.i32, .i32, .f64])
  #expect(module.globals.map(\.initializer) == [.global(0), .f64(0x7FF8_0000_0000_0001)])
  #expect(module.elements.map(\.elements) == [[.refFunction(1)], [.refNull(.externref)], [], [.refFunction(1)]])
  #expect(module.elements.map(\.type) == [.funcref, .externref, .funcref, .funcref])
  if case .active(let table, let offset) = module.elements[2].mode {
    #expect(table == 1 && offset == .i32(0))
  } else {
    Issue.record("the third segment is active")
  }
  if case .declarative = module.elements[3].mode {} else { Issue.record("the fourth segment is declarative") }
  #expect(module.data.map { Array(module.bytes[$0.range]) } == [[0xAA, 0xBB], [0xCC]])
  #expect(module.code.map { $0.locals.map(\.count) } == [[2]])
  #expect(module.customSections.map(\.name) == ["first", "last"])
  #expect(module.functionCount == 2 && module.importedFunctionCount == 1)
  #expect(module.typeIndex(ofFunction: 0) == 1 && module.typeIndex(ofFunction: 1) == 1)
  #expect(module.functionType(1) == FunctionType() && module.functionType(2) == nil)
  #expect(module.functionName(1) == "run" && module.functionName(0) == nil)
  #expect(module.export(named: "memory")?.kind == .memory && module.export(named: "Run") == nil)
  try module.validate()
}

@Test func limitsAreKept() {
  var limits = DecodingLimits.default
  limits.types = 1
  limits.locals = 3
  limits.nestingDepth = 2
  limits.branchTableSize = 1
  limits.functionBodySize = 16
  limits.customSections = 1
  let types = B.module(B.section(1, B.vector([B.type(), B.type()])))
  let locals = B.function(type: B.type([0x7F]), locals: [0x01, 0x03, 0x7F], [0x0B])
  let nesting = B.function([0x02, 0x40, 0x02, 0x40, 0x02, 0x40, 0x0B, 0x0B, 0x0B, 0x0B])
  let branches = B.function([0x41, 0x00, 0x0E, 0x02, 0x00, 0x00, 0x00, 0x0B])
  let size = B.function(Array(repeating: 0x01, count: 16) + [0x0B])
  let custom = B.module(B.custom("", []), B.custom("", []))
  for (bytes, phrase) in [
    (types, "too many types: 2 found, at most 1 allowed"), (locals, "too many locals: 4 found"),
    (nesting, "blocks nested too deeply"), (branches, "br_table too large"), (size, "function body too large"),
    (custom, "too many custom sections"),
  ] {
    do throws(WasmError) {
      _ = try Module.decode(bytes, limits: limits)
      Issue.record("accepted, expected: \(phrase)")
    } catch {
      #expect(error.kind == .limit && error.message.hasPrefix(phrase), "found: \(error)")
    }
  }
  limits.moduleSize = 4
  #expect(throws: WasmError.self) { try Module.decode(B.header, limits: limits) }
}

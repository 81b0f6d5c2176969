import Testing
import WasmFormat

private func read(_ bytes: [UInt8]) throws(WasmError) -> [(offset: Int, instruction: Instruction)] {
  var reader = InstructionReader(module: Module(bytes: bytes), range: 0..<bytes.count)
  var found: [(offset: Int, instruction: Instruction)] = []
  while true {
    let offset = reader.offset
    guard let instruction = try reader.next() else { return found }
    found.append((offset: offset, instruction: instruction))
  }
}

@Test func immediatesAreDecoded() throws {
  let bytes: [UInt8] = [
    0x41, 0x7F, 0x41, 0xC0, 0x00, 0x41, 0x80, 0x80, 0x80, 0x80, 0x78, 0x42, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0x00, 0x0E, 0x02, 0x01, 0x80, 0x01, 0x03, 0x29, 0x03, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x02, 0xC0, 0x00,
    0x11, 0x05, 0x06, 0xFC, 0x0E, 0x01, 0x02, 0x1C, 0x01, 0x6F, 0x0B,
  ]
  let found = try read(bytes)
  #expect(found.map(\.offset) == [0, 2, 5, 11, 22, 28, 35, 38, 41, 45, 48])
  #expect(
    found.map { "\($0.instruction)" } == [
      "i32Const(-1)", "i32Const(64)", "i32Const(-2147483648)", "i64Const(9223372036854775807)",
      "brTable([1, 128], default: 3)",
      "load(WasmFormat.LoadOperator.i64Load, WasmFormat.MemoryArgument(alignment: 3, offset: 4294967295, memory: 0))",
      "block(WasmFormat.BlockType.function(64))", "callIndirect(type: 5, table: 6)",
      "tableCopy(destination: 1, source: 2)", "selectTyped(WasmFormat.ValueType.externref)", "end",
    ])
}

@Test func readingGoesOnAfterABrokenRule() throws {
  var reader = InstructionReader(module: Module(bytes: [0x1C, 0x00, 0x0B]), range: 0..<3)
  #expect(throws: WasmError.self) { try reader.next() }
  #expect(try reader.next()?.mnemonic == "end")
  #expect(try reader.next() == nil)
}

@Test func aRangeBeyondTheModuleIsCut() throws {
  var reader = InstructionReader(module: Module(bytes: [0x01]), range: -4..<100)
  #expect(reader.offset == 0)
  #expect(try reader.next()?.mnemonic == "nop")
  #expect(try reader.next() == nil)
}

@Test func operatorsKnowTheirNamesAndTypes() {
  #expect(NumericOperator.allCases.count == 136)
  #expect(Set(NumericOperator.allCases.map(\.mnemonic)).count == 136)
  for numeric in NumericOperator.allCases {
    // The names say it all: i64.extend_i32_s takes an i32 and leaves an i64; comparisons leave an i32.
    let parts = numeric.mnemonic.split(separator: ".")
    let words = parts[1].split(separator: "_")
    let compares = ["eqz", "eq", "ne", "lt", "gt", "le", "ge"].contains(String(words[0]))
    let source = words.first { ["i32", "i64", "f32", "f64"].contains(String($0)) } ?? parts[0]
    let (operands, result) = numeric.signature
    #expect(result.mnemonic == (compares ? "i32" : String(parts[0])), "\(numeric.mnemonic)")
    #expect(operands.allSatisfy { $0.mnemonic == source }, "\(numeric.mnemonic)")
    let unary: Set = [
      "eqz", "clz", "ctz", "popcnt", "abs", "neg", "ceil", "floor", "trunc", "nearest", "sqrt", "wrap", "extend",
      "extend8", "extend16", "extend32", "convert", "demote", "promote", "reinterpret",
    ]
    #expect(operands.count == (unary.contains(String(words[0])) ? 1 : 2), "\(numeric.mnemonic)")
  }
  #expect(LoadOperator.i64Load16U.mnemonic == "i64.load16_u" && StoreOperator.i64Store32.mnemonic == "i64.store32")
  for load in LoadOperator.allCases {
    #expect(load.mnemonic.hasPrefix(load.result.mnemonic + ".load"))
    #expect(1 << load.naturalAlignment == load.width)
  }
  for store in StoreOperator.allCases {
    #expect(store.mnemonic.hasPrefix(store.operand.mnemonic + ".store"))
    #expect(1 << store.naturalAlignment == store.width)
  }
}

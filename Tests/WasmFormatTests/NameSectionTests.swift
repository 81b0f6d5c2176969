import Testing
import WasmFormat

private typealias B = ModuleBytes

private func functionNames(_ entries: [(Int, String)]) -> [UInt8] {
  B.section(1, B.vector(entries.map { B.unsigned($0.0) + B.name($0.1) }))
}

private func module(names: [UInt8]) -> [UInt8] {
  let exports = B.section(7, B.vector([B.name("exported") + [0x00, 0x00]]))
  return B.function([0x0B], before: exports, after: B.custom("name", names))
}

@Test func namesOfModuleAndFunctions() throws {
  let module = try Module.decode(
    module(names: B.section(0, B.name("m")) + functionNames([(0, "start"), (7, "beyond")]) + B.section(2, [0xFF])))
  #expect(module.names.module == "m")
  #expect(module.names.functions == [0: "start"])
  #expect(module.functionName(0) == "start")
}

@Test(arguments: [
  ("subsections out of order", functionNames([(0, "start")]) + B.section(0, B.name("m"))),
  ("indices that do not ascend", functionNames([(0, "start"), (0, "again")])),
  ("a name that is not UTF-8", B.section(1, [0x01, 0x00, 0x01, 0xFF])),
  ("a count beyond the end", B.section(1, [0xFF, 0xFF, 0x03])),
  ("bytes left over", B.section(0, B.name("m") + [0x00])),
  ("a size beyond the end", [0x01, 0x7F]),
])
func malformedNamesCountAsNone(_ what: String, _ names: [UInt8]) throws {
  let module = try Module.decode(module(names: names))
  #expect(module.names.module == nil && module.names.functions.isEmpty)
  #expect(module.functionName(0) == "exported")
  try module.validate()
}

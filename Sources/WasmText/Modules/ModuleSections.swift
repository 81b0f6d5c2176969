/// The sections of a binary module (specification 5.5) while they are written.
struct ModuleSections {
  /// A section that is a vector.
  struct Entries {
    var count: UInt32 = 0
    var contents = BinaryWriter()

    mutating func append(_ write: (inout BinaryWriter) -> Void) {
      count += 1
      write(&contents)
    }
  }

  var imports = Entries()
  var functions = Entries()
  var tables = Entries()
  var memories = Entries()
  var tags = Entries()
  var globals = Entries()
  var exports = Entries()
  var start: UInt32?
  var elements = Entries()
  var code = Entries()
  var data = Entries()
  /// Whether an instruction names a data segment, so that validation must know their count before the code.
  var needsDataCount = false

  func module(
    types: [FunctionType], moduleName: Spelling?, functionNames: [(index: UInt32, name: Spelling)]
  ) -> [UInt8] {
    var module = BinaryWriter()
    module.raw([0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00])
    var typeEntries = Entries()
    for type in types { typeEntries.append { $0.functionType(type) } }
    module.section(1, typeEntries)
    module.section(2, imports)
    module.section(3, functions)
    module.section(4, tables)
    module.section(5, memories)
    module.section(13, tags)
    module.section(6, globals)
    module.section(7, exports)
    if let start { module.section(8) { $0.unsigned(start) } }
    module.section(9, elements)
    if needsDataCount { module.section(12) { $0.unsigned(data.count) } }
    module.section(10, code)
    module.section(11, data)
    if moduleName != nil || !functionNames.isEmpty {
      module.section(0) { $0.nameSection(module: moduleName, functions: functionNames) }
    }
    return module.bytes
  }
}

extension BinaryWriter {
  fileprivate mutating func section(_ number: UInt8, _ entries: ModuleSections.Entries) {
    guard entries.count > 0 else { return }
    section(number) {
      $0.unsigned(entries.count)
      $0.raw(entries.contents.bytes)
    }
  }

  fileprivate mutating func section(_ number: UInt8, _ write: (inout BinaryWriter) -> Void) {
    var contents = BinaryWriter()
    write(&contents)
    byte(number)
    sized(contents.bytes)
  }

  /// Appendix 7.4.1 of the specification.
  fileprivate mutating func nameSection(module: Spelling?, functions: [(index: UInt32, name: Spelling)]) {
    sized("name".utf8)
    if let module { section(0) { $0.sized(module.bytes) } }
    guard !functions.isEmpty else { return }
    section(1) {
      $0.count(functions.count)
      for (index, name) in functions {
        $0.unsigned(index)
        $0.sized(name.bytes)
      }
    }
  }
}

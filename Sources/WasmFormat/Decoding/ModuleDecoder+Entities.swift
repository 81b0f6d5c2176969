/// Types, imports, functions, tables, memories, globals, exports, the start function (specification 5.5.4 to 5.5.11).
extension ModuleDecoder {
  mutating func typeSection() throws(WasmError) {
    for _ in 0..<(try itemCount("too many types", limit: limits.types)) {
      module.types.append(try reader.functionType(limits: limits))
    }
  }

  mutating func importSection() throws(WasmError) {
    // Gathered first: each change of the module's imports sorts them into index spaces anew.
    var imports: [Import] = []
    for _ in 0..<(try itemCount("too many imports", limit: limits.imports)) {
      module.offsets.imports.append(reader.position)
      let module = try reader.name()
      let name = try reader.name()
      imports.append(Import(module: module, name: name, kind: try importKind()))
    }
    let offset = reader.position
    module.imports = imports
    try check(module.imported.functionTypes.count, "too many functions", limit: limits.functions, at: offset)
    try check(module.imported.tables.count, "too many tables", limit: limits.tables, at: offset)
    try check(module.imported.memories.count, "too many memories", limit: limits.memories, at: offset)
    try check(module.imported.globals.count, "too many globals", limit: limits.globals, at: offset)
    try check(module.imported.tagTypes.count, "too many tags", limit: limits.tags, at: offset)
    if !module.imported.tagTypes.isEmpty { module.usesExceptions = true }
  }

  private func check(_ count: Int, _ complaint: String, limit: Int, at offset: Int) throws(WasmError) {
    guard count <= limit else { throw .overLimit(complaint, found: count, allowed: limit, at: offset) }
  }

  private mutating func importKind() throws(WasmError) -> Import.Kind {
    let start = reader.position
    let kind = try reader.byte()
    switch kind {
    case 0: return .function(type: try reader.unsigned32())
    case 1: return .table(try reader.tableType())
    case 2: return .memory(MemoryType(limits: try reader.limits()))
    case 3: return .global(try reader.globalType())
    case 4 where limits.allowsExceptions: return .tag(type: try tag())
    default: throw .malformed("malformed import kind \(hexadecimal(kind))", at: start)
    }
  }

  mutating func functionSection() throws(WasmError) {
    let imported = module.importedFunctionCount
    for _ in 0..<(try itemCount("too many functions", besides: imported, limit: limits.functions)) {
      module.offsets.functions.append(reader.position)
      module.functions.append(try reader.unsigned32())
    }
  }

  mutating func tableSection() throws(WasmError) {
    let imported = module.importedTableCount
    for _ in 0..<(try itemCount("too many tables", besides: imported, limit: limits.tables)) {
      module.offsets.tables.append(reader.position)
      module.tables.append(try reader.tableType())
    }
  }

  mutating func memorySection() throws(WasmError) {
    let imported = module.importedMemoryCount
    for _ in 0..<(try itemCount("too many memories", besides: imported, limit: limits.memories)) {
      module.offsets.memories.append(reader.position)
      module.memories.append(MemoryType(limits: try reader.limits()))
    }
  }

  mutating func tagSection() throws(WasmError) {
    let imported = module.imported.tagTypes.count
    for _ in 0..<(try itemCount("too many tags", besides: imported, limit: limits.tags)) {
      module.offsets.tags.append(reader.position)
      module.tags.append(try tag())
      module.usesExceptions = true
    }
  }

  /// A type index behind the attribute, which says that the tag is one of exceptions.
  private mutating func tag() throws(WasmError) -> UInt32 {
    let start = reader.position
    let attribute = try reader.byte()
    guard attribute == 0 else { throw .malformed("malformed tag attribute \(hexadecimal(attribute))", at: start) }
    return try reader.unsigned32()
  }

  mutating func globalSection() throws(WasmError) {
    let imported = module.importedGlobalCount
    for _ in 0..<(try itemCount("too many globals", besides: imported, limit: limits.globals)) {
      module.offsets.globals.append(reader.position)
      let type = try reader.globalType()
      module.globals.append(Global(type: type, initializer: try constantExpression()))
    }
  }

  mutating func exportSection() throws(WasmError) {
    var exports: [Export] = []
    for _ in 0..<(try itemCount("too many exports", limit: limits.exports)) {
      module.offsets.exports.append(reader.position)
      let name = try reader.name()
      let start = reader.position
      let code = try reader.byte()
      guard let kind = Export.Kind(rawValue: code), kind != .tag || limits.allowsExceptions else {
        throw .malformed("malformed export kind \(hexadecimal(code))", at: start)
      }
      exports.append(Export(name: name, kind: kind, index: try reader.unsigned32()))
    }
    module.exports = exports
  }

  mutating func startSection() throws(WasmError) {
    module.offsets.start = reader.position
    module.start = try reader.unsigned32()
  }
}

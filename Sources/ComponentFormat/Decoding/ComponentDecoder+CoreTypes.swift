import WasmFormat

/// Core types and module types (Binary.md, "Type Definitions").
extension ComponentDecoder {
  mutating func coreType() throws(WasmError) {
    let start = reader.position
    guard reader.peek() == 0x50 else {
      let type = try coreFunctionType()
      return scope.component.coreTypes.append(.function(type))
    }
    _ = try reader.byte()
    var module = ModuleTypeScope()
    try each { (this: inout ComponentDecoder) throws(WasmError) in try this.moduleDeclaration(&module, at: start) }
    scope.component.coreTypes.append(.module(module.type))
  }

  /// A function type of WebAssembly 2.0, also in the longer form of a type that may have subtypes.
  private mutating func coreFunctionType() throws(WasmError) -> FunctionType {
    let start = reader.position
    guard reader.peek() == 0x00 else { return try reader.functionType(limits: limits.module) }
    _ = try reader.byte()
    let form = try reader.byte()
    guard form == 0x50 else { throw .leadingByte(form, "core type", at: start) }
    let supertypes = try reader.length()
    guard supertypes == 0 else { throw .invalid("core types with supertypes are not supported", at: start) }
    return try reader.functionType(limits: limits.module)
  }

  private struct ModuleTypeScope {
    var type = CoreModuleType()
    var types: [FunctionType] = []

    func functionType(_ index: UInt32, at offset: Int) throws(WasmError) -> FunctionType {
      guard Int(index) < types.count else {
        throw .invalid("unknown type \(index): type index out of bounds, \(types.count) there", at: offset)
      }
      return types[Int(index)]
    }
  }

  private mutating func moduleDeclaration(_ module: inout ModuleTypeScope, at start: Int) throws(WasmError) {
    let offset = reader.position
    switch try reader.byte() {
    case 0:
      let (outer, name) = (try reader.name(), try reader.name())
      let type = try coreExternType(module)
      guard module.type.addImport(outer, name, type) else { throw .duplicateImport(outer, name, at: offset) }
    case 1:
      let position = reader.position
      if reader.peek() == 0x50 { throw .leadingByte(0x50, "core type in a module type", at: position) }
      module.types.append(try coreFunctionType())
    case 2: module.types.append(try moduleTypeAlias(module))
    case 3:
      let name = try reader.name()
      let type = try coreExternType(module)
      guard module.type.addExport(name, type) else {
        throw .invalid("export name \(quoted(name)) already defined", at: offset)
      }
    case let byte: throw .leadingByte(byte, "type definition", at: offset)
    }
  }

  /// Scopes are counted from the module type itself, which is 0.
  private mutating func moduleTypeAlias(_ module: ModuleTypeScope) throws(WasmError) -> FunctionType {
    let start = reader.position
    let sort = try reader.byte()
    guard sort == CoreSort.type.rawValue else { throw .leadingByte(sort, "outer alias kind", at: start) }
    let target = try reader.byte()
    guard target == 1 else { throw .leadingByte(target, "outer alias target", at: start) }
    let count = try reader.unsigned32()
    let index = try reader.unsigned32()
    if count == 0 { return try module.functionType(index, at: start) }
    let depth = Int(count) - 1
    guard depth < scopes.count else {
      throw .invalid("invalid outer alias count of \(count): \(scopes.count) enclosing scopes", at: start)
    }
    guard case .function(let type) = try scopes[scopes.count - 1 - depth].component.coreType(index, at: start) else {
      throw .invalid("core type index \(index) is a module type, which a module type cannot use", at: start)
    }
    return type
  }

  private mutating func coreExternType(_ module: ModuleTypeScope) throws(WasmError) -> CoreEntityType {
    let start = reader.position
    switch try reader.byte() {
    case 0: return .function(try module.functionType(try reader.unsigned32(), at: start))
    case 1:
      let type = try reader.tableType()
      try checkOrder(type.limits, "table", at: start)
      return .table(type)
    case 2:
      let type = MemoryType(limits: try reader.limits())
      let most: UInt64 = 65_536
      guard max(type.limits.minimum, type.limits.maximum ?? 0) <= most else {
        throw .invalid("memory size must be at most 65536 pages (4GiB)", at: start)
      }
      try checkOrder(type.limits, "memory", at: start)
      return .memory(type)
    case 3: return .global(try reader.globalType())
    case 4:
      let attribute = try reader.byte()
      guard attribute == 0 else { throw .leadingByte(attribute, "tag attribute", at: start) }
      let type = try module.functionType(try reader.unsigned32(), at: start)
      guard type.results.isEmpty else { throw .invalid("tags have no results, \(type.results.count) found", at: start) }
      return .tag(type)
    case let byte: throw .leadingByte(byte, "external kind", at: start)
    }
  }

  private func checkOrder(_ limits: Limits, _ what: String, at offset: Int) throws(WasmError) {
    guard limits.minimum <= limits.maximum ?? .max else {
      throw .invalid("size minimum must not be greater than maximum, in a \(what)", at: offset)
    }
  }
}

import WasmFormat

/// Sorts and aliases (Binary.md, "Instance Definitions", "Alias Definitions").
extension ComponentDecoder {
  /// A sort of either kind, as its bytes have it.
  enum AnySort {
    case core(CoreSort)
    case item(SortIndex.Sort)

    var noun: String {
      switch self {
      case .core(let sort): "core " + sort.noun
      case .item(let sort): sort.noun
      }
    }
  }

  private mutating func sort(_ what: String) throws(WasmError) -> AnySort {
    let start = reader.position
    switch try reader.byte() {
    case 0:
      let sort = try coreSort(what)
      return sort == .module ? .item(.coreModule) : .core(sort)
    case 1: return .item(.function)
    case 3: return .item(.type)
    case 4: return .item(.component)
    case 5: return .item(.instance)
    case 2: throw .invalid("values are not supported", at: start)
    case let byte: throw .leadingByte(byte, what, at: start)
    }
  }

  mutating func coreSort(_ what: String) throws(WasmError) -> CoreSort {
    let start = reader.position
    let byte = try reader.byte()
    guard let sort = CoreSort(rawValue: byte) else { throw .leadingByte(byte, what, at: start) }
    return sort
  }

  mutating func sortIndex() throws(WasmError) -> SortIndex {
    let start = reader.position
    let sort = try sort("component external kind")
    guard case .item(let sort) = sort else {
      throw .malformed("\(sort.noun) cannot be imported, exported or given to an instantiation", at: start)
    }
    return SortIndex(sort: sort, index: try reader.unsigned32())
  }

  // MARK: Aliases

  mutating func alias() throws(WasmError) {
    let start = reader.position
    let sort = try sort("component outer alias kind")
    let offset = reader.position
    switch try reader.byte() {
    case 0: try exportAlias(sort, at: start)
    case 1: try coreExportAlias(sort, at: start)
    case 2: try outerAlias(sort, at: start)
    case let byte: throw .leadingByte(byte, "alias", at: offset)
    }
  }

  private mutating func exportAlias(_ sort: AnySort, at start: Int) throws(WasmError) {
    let offset = reader.position
    let index = try reader.unsigned32()
    let name = try reader.name()
    if scope.kind != .component {
      guard case .item(let item) = sort, item == .type || item == .instance else { throw declaratorAlias(sort, at: start) }
    }
    let instance = try scope.component.instance(index, at: offset)
    guard let type = context.table.instance(instance)?.exports[name] else {
      throw .invalid("instance \(index) has no export named \(quoted(name))", at: offset)
    }
    guard case .item(let item) = sort, type.sort == item else {
      throw .invalid("export \(quoted(name)) of instance \(index) is not a \(sort.noun): \(type.noun) found", at: offset)
    }
    scope.component.add(type, .alias(instance: index, name: name))
  }

  private func declaratorAlias(_ sort: AnySort, at offset: Int) -> WasmError {
    .invalid("aliases in type declarations may only refer to types or instances, found \(sort.noun)", at: offset)
  }

  private mutating func coreExportAlias(_ sort: AnySort, at start: Int) throws(WasmError) {
    let offset = reader.position
    let index = try reader.unsigned32()
    let name = try reader.name()
    guard scope.kind == .component else { throw declaratorAlias(sort, at: start) }
    let exports = try scope.component.coreInstance(index, at: offset)
    guard let type = exports[name] else {
      throw .invalid("core instance \(index) has no export named \(quoted(name))", at: offset)
    }
    guard case .core(let wanted) = sort, type.sort == wanted else {
      throw .invalid(
        "export \(quoted(name)) for core instance \(index) is not a \(sort.noun): \(type.sort.noun) found", at: offset)
    }
    switch type {
    case .function(let type):
      scope.component.coreFunctions.append(CoreFunctionEntry(origin: .export(instance: index, name: name), type: type))
    case .table(let type): scope.component.coreTables.append(CoreExportAlias(instance: index, name: name, type: type))
    case .memory(let type): scope.component.coreMemories.append(CoreExportAlias(instance: index, name: name, type: type))
    case .global(let type): scope.component.coreGlobals.append(CoreExportAlias(instance: index, name: name, type: type))
    case .tag(let type): scope.component.coreTags.append(CoreExportAlias(instance: index, name: name, type: type))
    }
  }

  private mutating func outerAlias(_ sort: AnySort, at start: Int) throws(WasmError) {
    let offset = reader.position
    let count = try reader.unsigned32()
    let index = try reader.unsigned32()
    switch sort {
    case .core(.type), .item(.type), .item(.coreModule), .item(.component): break
    case .core(let sort): throw .leadingByte(sort.rawValue, "component outer alias kind", at: start)
    case .item(let sort): throw .malformed("invalid leading byte for component outer alias kind: \(sort.noun)", at: start)
    }
    let depth = Int(count)
    guard depth < scopes.count else {
      throw .invalid("invalid outer alias count of \(count): \(scopes.count - 1) enclosing scopes", at: offset)
    }
    let level = scopes.count - 1 - depth
    let outer = scopes[level].component
    let origin = ItemOrigin.outer(count: count, index: index)
    switch sort {
    case .core(.type): scope.component.coreTypes.append(try outer.coreType(index, at: offset))
    case .item(.type):
      let type = try outer.type(index, at: offset)
      // Out of a component nothing may be taken that differs from instance to instance.
      if scopes[(level + 1)...].contains(where: { $0.kind == .component }) { try checkIsPure(type, at: offset) }
      scope.component.types.append(type)
    case .item(let item):
      guard scope.kind == .component else { throw declaratorAlias(sort, at: start) }
      scope.component.add(try outer.entity(SortIndex(sort: item, index: index), at: offset), origin)
    case .core: break
    }
  }

  private mutating func checkIsPure(_ type: TypeID, at offset: Int) throws(WasmError) {
    let isPure = try context.reading { (table, budget) throws(WasmError) in
      var resources = FreeResources(table, at: offset)
      try resources.add(type, &budget)
      return resources.free.isEmpty
    }
    guard isPure else {
      throw .invalid("cannot alias outer type which transitively refers to resources not defined in the current component", at: offset)
    }
  }
}

extension EntityType {
  var sort: SortIndex.Sort {
    switch self {
    case .coreModule: .coreModule
    case .function: .function
    case .type: .type
    case .component: .component
    case .instance: .instance
    }
  }
}

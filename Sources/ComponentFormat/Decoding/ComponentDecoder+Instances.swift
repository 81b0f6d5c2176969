import WasmFormat

/// Core instances and instances (Binary.md, "Instance Definitions").
extension ComponentDecoder {
  mutating func coreInstance() throws(WasmError) {
    let start = reader.position
    let entry: CoreInstanceEntry
    switch try reader.byte() {
    case 0: entry = try coreInstantiation(at: start)
    case 1: entry = try coreInlineExports()
    case let byte: throw .leadingByte(byte, "core instance", at: start)
    }
    scope.component.steps.append(.coreInstance(UInt32(truncatingIfNeeded: scope.component.coreInstances.count)))
    scope.component.coreInstances.append(entry)
  }

  private mutating func coreInstantiation(at start: Int) throws(WasmError) -> CoreInstanceEntry {
    let index = try reader.unsigned32()
    let module = try scope.component.coreModule(index, at: start)
    var arguments: [(name: String, instance: UInt32)] = []
    var given: [ExactName: CoreExports] = [:]
    for _ in 0..<(try reader.length()) {
      let offset = reader.position
      let name = try reader.name()
      let sortOffset = reader.position
      let sort = try reader.byte()
      guard sort == CoreSort.instance.rawValue else { throw .leadingByte(sort, "instantiation arg kind", at: sortOffset) }
      let instance = try reader.unsigned32()
      let exports = try scope.component.coreInstance(instance, at: offset)
      guard given.updateValue(exports, forKey: ExactName(text: name)) == nil else {
        throw .invalid("duplicate module instantiation argument named \(quoted(name))", at: offset)
      }
      arguments.append((name, instance))
    }
    try context.spend(module.imports.count, at: start)
    for item in module.imports {
      guard let exports = given[ExactName(text: item.module)] else {
        throw .invalid("missing module instantiation argument named \(quoted(item.module))", at: start)
      }
      guard let found = exports[item.name] else {
        throw .invalid(
          "module instantiation argument \(quoted(item.module)) does not export an item named \(quoted(item.name))", at: start)
      }
      if let fault = found.mismatch(with: item.type) {
        throw .invalid("type mismatch for export \(quoted(item.name)) of argument \(quoted(item.module)): \(fault)", at: start)
      }
    }
    return CoreInstanceEntry(origin: .instantiate(module: index, arguments: arguments), exports: module.exports)
  }

  private mutating func coreInlineExports() throws(WasmError) -> CoreInstanceEntry {
    var items: [(name: String, sort: CoreSort, index: UInt32)] = []
    var exports = CoreExports()
    for _ in 0..<(try reader.length()) {
      let start = reader.position
      let name = try reader.name()
      let sort = try coreSort("core export kind")
      let index = try reader.unsigned32()
      guard exports.add(name, try scope.component.coreEntity(sort, index, at: start)) else {
        throw .invalid("export name \(quoted(name)) already defined", at: start)
      }
      items.append((name, sort, index))
    }
    return CoreInstanceEntry(origin: .exports(items), exports: exports)
  }

  // MARK: Instances

  mutating func instance() throws(WasmError) {
    let start = reader.position
    let entry: InstanceEntry
    switch try reader.byte() {
    case 0: entry = try instantiation(at: start)
    case 1: entry = try inlineExports(at: start)
    case let byte: throw .leadingByte(byte, "instance", at: start)
    }
    scope.component.steps.append(.instance(UInt32(truncatingIfNeeded: scope.component.instances.count)))
    scope.component.instances.append(entry)
  }

  private mutating func inlineExports(at start: Int) throws(WasmError) -> InstanceEntry {
    var items: [(name: String, item: SortIndex)] = []
    var type = InstanceType()
    var names = NameScope(.inlineExport)
    for _ in 0..<(try reader.length()) {
      let offset = reader.position
      let name = try attributedName()
      let item = try sortIndex()
      let entity = try scope.component.entity(item, at: offset)
      try names.add(name, entity, in: context.table)
      type.exports.append(name.text, entity)
      items.append((name.text, item))
    }
    return InstanceEntry(origin: .exports(items), type: try context.define(.instance(type), at: start))
  }

  private mutating func instantiation(at start: Int) throws(WasmError) -> InstanceEntry {
    let index = try reader.unsigned32()
    let component = try scope.component.component(index, at: start)
    var arguments: [(name: String, item: SortIndex)] = []
    var given: [ExactName: EntityType] = [:]
    for _ in 0..<(try reader.length()) {
      let offset = reader.position
      let name = try reader.name()
      let item = try sortIndex()
      let entity = try scope.component.entity(item, at: offset)
      guard given.updateValue(entity, forKey: ExactName(text: name)) == nil else {
        throw .invalid("instantiation argument \(quoted(name)) conflicts with previous argument \(quoted(name))", at: offset)
      }
      arguments.append((name, item))
    }
    guard case .component(let type) = context.table[component] else {
      throw .invalid("component \(index) has no component type", at: start)
    }
    return InstanceEntry(
      origin: .instantiate(component: index, arguments: arguments), type: try instantiate(type, given, at: start))
  }

  /// The type of an instance: what is given takes the place of the imports in the types of the exports, and the resource
  /// types that the component defines are new ones.
  private mutating func instantiate(
    _ type: ComponentType, _ given: [ExactName: EntityType], at offset: Int
  ) throws(WasmError) -> TypeID {
    let comparison = try context.reading { (table, budget) throws(WasmError) in
      var comparison = Comparison(table, open: type.importedResources, at: offset)
      for entry in type.imports.entries {
        guard let entity = given[ExactName(text: entry.name)] else {
          throw .invalid("missing import named \(quoted(entry.name))", at: offset)
        }
        do throws(WasmError) {
          try comparison.match(entity, entry.type, &budget)
        } catch {
          var error = error
          if error.kind == .invalid { error.message = "instantiation argument \(quoted(entry.name)): " + error.message }
          throw error
        }
      }
      return comparison
    }
    var map = Substitution(resources: comparison.settled, types: comparison.given)
    for resource in type.definedResources { map.resources[resource] = context.freshResource() }
    var instance = InstanceType()
    for entry in type.exports.entries {
      try context.spend(1, at: offset)
      instance.exports.append(entry.name, try context.substitute(entry.type, &map, at: offset))
    }
    return try context.define(.instance(instance), at: offset)
  }
}

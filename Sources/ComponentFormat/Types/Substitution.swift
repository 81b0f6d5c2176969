import WasmFormat

/// Puts actual types in the place of those that imports stand for.
struct Substitution {
  var resources: [ResourceID: ResourceID] = [:]
  var types: [TypeID: TypeID] = [:]
  /// What has been substituted before: types are shared, and each is to be walked once.
  fileprivate var known: [TypeID: TypeID] = [:]

  init(resources: [ResourceID: ResourceID] = [:], types: [TypeID: TypeID] = [:]) {
    self.resources = resources
    self.types = types
  }

  var isEmpty: Bool { resources.isEmpty && types.isEmpty }
}

extension TypeContext {
  /// The same type where nothing in it is to be replaced.
  mutating func substitute(_ id: TypeID, _ map: inout Substitution, at offset: Int) throws(WasmError) -> TypeID {
    if map.isEmpty { return id }
    if let actual = map.types[id] ?? map.known[id] { return actual }
    try spend(1, at: offset)
    let old = table[id]
    var changed = false
    let new = try substitute(old, &map, &changed, at: offset)
    let result = changed ? try define(new, at: offset) : id
    map.known[id] = result
    return result
  }

  private mutating func substitute(
    _ definition: TypeDefinition, _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) -> TypeDefinition {
    switch definition {
    case .resource(let resource):
      guard let actual = map.resources[resource] else { return definition }
      changed = true
      return .resource(actual)
    case .value(let type): return .value(try substitute(type, &map, &changed, at: offset))
    case .function(var type):
      try substitute(&type.parameters, &map, &changed, at: offset)
      type.result = try substitute(type.result, &map, &changed, at: offset)
      return .function(type)
    case .instance(var type):
      type.exports = try substitute(type.exports, &map, &changed, at: offset)
      return .instance(type)
    case .component(var type):
      type.imports = try substitute(type.imports, &map, &changed, at: offset)
      type.exports = try substitute(type.exports, &map, &changed, at: offset)
      return .component(type)
    }
  }

  mutating func substitute(_ entity: EntityType, _ map: inout Substitution, at offset: Int) throws(WasmError) -> EntityType {
    switch entity {
    case .coreModule: entity
    case .function(let id): .function(try substitute(id, &map, at: offset))
    case .type(let id): .type(try substitute(id, &map, at: offset))
    case .component(let id): .component(try substitute(id, &map, at: offset))
    case .instance(let id): .instance(try substitute(id, &map, at: offset))
    }
  }

  private mutating func substitute(
    _ list: EntityList, _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) -> EntityList {
    var new = EntityList()
    for entry in list.entries {
      try spend(1, at: offset)
      let type = try substitute(entry.type, &map, at: offset)
      if type.id != entry.type.id { changed = true }
      new.append(entry.name, type)
    }
    return new
  }

  // MARK: Value types

  private mutating func substitute(
    _ type: DefinedValueType, _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) -> DefinedValueType {
    switch type {
    case .primitive, .flags, .enumeration: return type
    case .record(var fields):
      try substitute(&fields, &map, &changed, at: offset)
      return .record(fields)
    case .variant(var cases):
      for index in cases.indices { cases[index].type = try substitute(cases[index].type, &map, &changed, at: offset) }
      return .variant(cases)
    case .tuple(var types):
      for index in types.indices { types[index] = try substitute(types[index], &map, &changed, at: offset) }
      return .tuple(types)
    case .list(let element): return .list(try substitute(element, &map, &changed, at: offset))
    case .fixedLengthList(let element, let count):
      return .fixedLengthList(try substitute(element, &map, &changed, at: offset), count: count)
    case .map(let key, let value):
      return .map(
        key: try substitute(key, &map, &changed, at: offset), value: try substitute(value, &map, &changed, at: offset))
    case .option(let part): return .option(try substitute(part, &map, &changed, at: offset))
    case .result(let success, let failure):
      return .result(
        success: try substitute(success, &map, &changed, at: offset),
        failure: try substitute(failure, &map, &changed, at: offset))
    case .own(let resource): return .own(try substitute(resource, &map, &changed, at: offset))
    case .borrow(let resource): return .borrow(try substitute(resource, &map, &changed, at: offset))
    case .stream(let part): return .stream(try substitute(part, &map, &changed, at: offset))
    case .future(let part): return .future(try substitute(part, &map, &changed, at: offset))
    }
  }

  private mutating func substitute(
    _ fields: inout [DefinedValueType.Field], _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) {
    for index in fields.indices { fields[index].type = try substitute(fields[index].type, &map, &changed, at: offset) }
  }

  private mutating func substitute(
    _ id: TypeID, _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) -> TypeID {
    let new = try substitute(id, &map, at: offset)
    if new != id { changed = true }
    return new
  }

  private mutating func substitute(
    _ type: ComponentValueType, _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) -> ComponentValueType {
    guard case .defined(let id) = type else { return type }
    return .defined(try substitute(id, &map, &changed, at: offset))
  }

  private mutating func substitute(
    _ type: ComponentValueType?, _ map: inout Substitution, _ changed: inout Bool, at offset: Int
  ) throws(WasmError) -> ComponentValueType? {
    guard let type else { return nil }
    return try substitute(type, &map, &changed, at: offset) as ComponentValueType
  }
}

// MARK: Instances

extension TypeContext {
  /// The type of an instance that an import or export brings in: with resource types of its own, and with types of its own,
  /// since they now have a name.
  mutating func introduce(instance id: TypeID, at offset: Int) throws(WasmError) -> (type: TypeID, resources: [ResourceID]) {
    guard let type = table.instance(id) else { return (id, []) }
    var map = Substitution()
    for resource in type.definedResources { map.resources[resource] = freshResource() }
    let new = try introduce(type, &map, at: offset)
    return (new, type.definedResources.compactMap { map.resources[$0] })
  }

  private mutating func introduce(_ type: InstanceType, _ map: inout Substitution, at offset: Int) throws(WasmError) -> TypeID {
    var new = InstanceType()
    for entry in type.exports.entries {
      try spend(1, at: offset)
      switch entry.type {
      case .type(let id):
        let introduced = try copy(id, &map, at: offset)
        map.types[id] = introduced
        new.exports.append(entry.name, .type(introduced))
      case .instance(let id):
        guard let inner = table.instance(id) else { continue }
        new.exports.append(entry.name, .instance(try introduce(inner, &map, at: offset)))
      default: new.exports.append(entry.name, try substitute(entry.type, &map, at: offset))
      }
    }
    return try define(.instance(new), at: offset)
  }

  /// One more type of the same structure.
  private mutating func copy(_ id: TypeID, _ map: inout Substitution, at offset: Int) throws(WasmError) -> TypeID {
    var changed = false
    let new = try substitute(table[id], &map, &changed, at: offset)
    return try define(new, at: offset)
  }

  mutating func copy(_ id: TypeID, at offset: Int) throws(WasmError) -> TypeID { try define(table[id], at: offset) }
}

extension EntityType {
  /// The type that it refers to; nil for a core module.
  var id: TypeID? {
    switch self {
    case .coreModule: nil
    case .function(let id), .type(let id), .component(let id), .instance(let id): id
    }
  }
}

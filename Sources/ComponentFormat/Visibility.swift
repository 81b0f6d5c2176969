import WasmFormat

/// Whether the types that an import or export uses have names outside (Explainer, "External Visibility of Types").
struct Visibility {
  let table: TypeTable
  let offset: Int

  /// - Parameter named: The types that imports or exports have introduced.
  func isVisible(_ entity: EntityType, _ named: Set<TypeID>, _ budget: inout StepBudget) throws(WasmError) -> Bool {
    switch entity {
    case .coreModule, .component: true
    case .function(let id), .type(let id), .instance(let id): try isVisible(id, named, &budget)
    }
  }

  /// The parts only: the type itself is about to be named.
  private func isVisible(_ id: TypeID, _ named: Set<TypeID>, _ budget: inout StepBudget) throws(WasmError) -> Bool {
    try budget.spend(at: offset)
    switch table[id] {
    // A component's type has been checked when it was made.
    case .resource, .component: return true
    case .value(let type): return try hasVisibleParts(type, named, &budget)
    case .function(let type):
      for parameter in type.parameters where !(try isNamed(parameter.type, named, &budget)) { return false }
      guard let result = type.result else { return true }
      return try isNamed(result, named, &budget)
    case .instance(let type):
      var named = named
      for entry in type.exports.entries {
        guard try isVisible(entry.type, named, &budget) else { return false }
        var exported = ExportedTypes(table, at: offset)
        try exported.add(entry.type, &budget)
        named.formUnion(exported.types)
      }
      return true
    }
  }

  private func hasVisibleParts(
    _ type: DefinedValueType, _ named: Set<TypeID>, _ budget: inout StepBudget
  ) throws(WasmError) -> Bool {
    if case .own(let id) = type { return named.contains(id) }
    if case .borrow(let id) = type { return named.contains(id) }
    for part in type.parts where !(try isNamed(part, named, &budget)) { return false }
    return true
  }

  private func isNamed(
    _ type: ComponentValueType, _ named: Set<TypeID>, _ budget: inout StepBudget
  ) throws(WasmError) -> Bool {
    guard case .defined(let id) = type, let definition = table.value(id) else { return true }
    try budget.spend(at: offset)
    switch definition {
    case .record, .variant, .flags, .enumeration: return named.contains(id)
    default: return try hasVisibleParts(definition, named, &budget)
    }
  }
}

/// The resource types that a type mentions and does not itself bind.
struct FreeResources {
  let table: TypeTable
  let offset: Int
  private(set) var mentioned: Set<ResourceID> = []
  private var bound: Set<ResourceID> = []
  private var seen: Set<TypeID> = []

  init(_ table: TypeTable, at offset: Int) {
    self.table = table
    self.offset = offset
  }

  var free: Set<ResourceID> { mentioned.subtracting(bound) }

  mutating func add(_ entity: EntityType, _ budget: inout StepBudget) throws(WasmError) {
    if let id = entity.id { try add(id, &budget) }
  }

  mutating func add(_ id: TypeID, _ budget: inout StepBudget) throws(WasmError) {
    guard seen.insert(id).inserted else { return }
    try budget.spend(at: offset)
    switch table[id] {
    case .resource(let resource): mentioned.insert(resource)
    case .value(.own(let resource)), .value(.borrow(let resource)): try add(resource, &budget)
    case .value(let type): for part in type.parts { try add(part, &budget) }
    case .function(let type):
      for parameter in type.parameters { try add(parameter.type, &budget) }
      if let result = type.result { try add(result, &budget) }
    case .instance(let type):
      bound.formUnion(type.definedResources)
      for entry in type.exports.entries { try add(entry.type, &budget) }
    case .component(let type):
      bound.formUnion(type.importedResources)
      bound.formUnion(type.definedResources)
      for entry in type.imports.entries { try add(entry.type, &budget) }
      for entry in type.exports.entries { try add(entry.type, &budget) }
    }
  }

  private mutating func add(_ type: ComponentValueType, _ budget: inout StepBudget) throws(WasmError) {
    if case .defined(let id) = type { try add(id, &budget) }
  }
}

/// The types, or the resource types, that instances of a type export, those of instances within them too.
struct ExportedTypes {
  let table: TypeTable
  let offset: Int
  private(set) var types: [TypeID] = []
  private var seen: Set<TypeID> = []

  init(_ table: TypeTable, at offset: Int) {
    self.table = table
    self.offset = offset
  }

  var resources: [ResourceID] { types.compactMap(table.resource) }

  mutating func add(_ exports: EntityList, _ budget: inout StepBudget) throws(WasmError) {
    for entry in exports.entries { try add(entry.type, &budget) }
  }

  mutating func add(_ entity: EntityType, _ budget: inout StepBudget) throws(WasmError) {
    try budget.spend(at: offset)
    guard let id = entity.id, seen.insert(id).inserted else { return }
    if case .type = entity { types.append(id) }
    if case .instance = entity, let type = table.instance(id) { try add(type.exports, &budget) }
  }
}

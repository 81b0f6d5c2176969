import WasmFormat

/// Whether the types that an import or export uses have names outside (Explainer, "External Visibility of Types").
struct Visibility {
  let table: TypeTable
  let offset: Int
  /// The types that imports or exports have introduced.
  private let named: Set<TypeID>
  /// Those that instances within what is asked about introduce. Each of them is one of the instance's around it too, so that they need not be taken back;
  /// apart from the others, which would have to be copied.
  private var added: Set<TypeID> = []

  init(table: TypeTable, named: Set<TypeID>, offset: Int) {
    self.table = table
    self.named = named
    self.offset = offset
  }

  mutating func isVisible(_ entity: EntityType, _ budget: inout StepBudget) throws(WasmError) -> Bool {
    switch entity {
    case .coreModule, .component: true
    case .function(let id), .type(let id), .instance(let id): try isVisible(id, &budget)
    }
  }

  private func isNamed(_ id: TypeID) -> Bool { named.contains(id) || added.contains(id) }

  /// The parts only: the type itself is about to be named.
  private mutating func isVisible(_ id: TypeID, _ budget: inout StepBudget) throws(WasmError) -> Bool {
    try budget.spend(at: offset)
    switch table[id] {
    // A component's type has been checked when it was made.
    case .resource, .component: return true
    case .value(let type): return try hasVisibleParts(type, &budget)
    case .function(let type):
      for parameter in type.parameters where !(try isNamed(parameter.type, &budget)) { return false }
      guard let result = type.result else { return true }
      return try isNamed(result, &budget)
    case .instance(let type):
      for entry in type.exports.entries {
        guard try isVisible(entry.type, &budget) else { return false }
        var exported = ExportedTypes(table, at: offset)
        try exported.add(entry.type, &budget)
        added.formUnion(exported.types)
      }
      return true
    }
  }

  private func hasVisibleParts(_ type: DefinedValueType, _ budget: inout StepBudget) throws(WasmError) -> Bool {
    if case .own(let id) = type { return isNamed(id) }
    if case .borrow(let id) = type { return isNamed(id) }
    for part in type.parts where !(try isNamed(part, &budget)) { return false }
    return true
  }

  private func isNamed(_ type: ComponentValueType, _ budget: inout StepBudget) throws(WasmError) -> Bool {
    guard case .defined(let id) = type, let definition = table.value(id) else { return true }
    try budget.spend(at: offset)
    switch definition {
    case .record, .variant, .flags, .enumeration: return isNamed(id)
    default: return try hasVisibleParts(definition, &budget)
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

import WasmFormat

/// Whether what is there may be used where something is wanted (Explainer, "Type Checking").
///
/// The side that wants may have resource types which stand for any other: the first type that is given for one settles it.
struct Comparison {
  fileprivate struct Side {
    /// Resource types that stand for any other.
    var open: Set<ResourceID> = []
    var settled: [ResourceID: ResourceID] = [:]

    func resolve(_ resource: ResourceID) -> ResourceID { settled[resource] ?? resource }
  }

  let table: TypeTable
  let offset: Int
  private var found = Side()
  private var wanted = Side()
  /// The types that were given for those the wanting side introduces.
  private(set) var given: [TypeID: TypeID] = [:]

  /// - Parameter open: The resource types of the wanting side that stand for any other.
  init(_ table: TypeTable, open: [ResourceID] = [], at offset: Int) {
    self.table = table
    self.offset = offset
    wanted.open = Set(open)
  }

  var settled: [ResourceID: ResourceID] { wanted.settled }

  private func mismatch(_ expected: String, _ found: String) -> WasmError {
    .invalid("type mismatch: expected \(expected), found \(found)", at: offset)
  }

  // MARK: Entities

  mutating func match(_ actual: EntityType, _ expected: EntityType, _ budget: inout StepBudget) throws(WasmError) {
    try budget.spend(at: offset)
    switch (actual, expected) {
    case (.coreModule(let actual), .coreModule(let expected)): try match(actual, expected, &budget)
    case (.function(let actual), .function(let expected)): try matchFunctions(actual, expected, &budget)
    case (.type(let actual), .type(let expected)): try matchTypes(actual, expected, &budget)
    case (.component(let actual), .component(let expected)): try matchComponents(actual, expected, &budget)
    case (.instance(let actual), .instance(let expected)): try matchInstances(actual, expected, &budget)
    default: throw mismatch(expected.noun, actual.noun)
    }
  }

  private func match(
    _ actual: CoreModuleType, _ expected: CoreModuleType, _ budget: inout StepBudget
  ) throws(WasmError) {
    try budget.spend(actual.imports.count + expected.exports.entries.count, at: offset)
    for item in actual.imports {
      let name = quoted(item.module + "::" + item.name)
      guard let given = expected.importType(item.module, item.name) else {
        throw .invalid("missing expected import \(name)", at: offset)
      }
      if let fault = given.mismatch(with: item.type) { throw .invalid("type mismatch in import \(name): \(fault)", at: offset) }
    }
    for (name, type) in expected.exports.entries {
      guard let given = actual.exports[name] else { throw .invalid("missing expected export \(quoted(name))", at: offset) }
      if let fault = given.mismatch(with: type) { throw .invalid("type mismatch in export \(quoted(name)): \(fault)", at: offset) }
    }
  }

  private mutating func matchTypes(_ actual: TypeID, _ expected: TypeID, _ budget: inout StepBudget) throws(WasmError) {
    switch (table[actual], table[expected]) {
    case (.resource(let one), .resource(let other)):
      if wanted.open.contains(other), wanted.settled[other] == nil {
        wanted.settled[other] = found.resolve(one)
      } else {
        try matchResources(one, other)
      }
    case (.value(let one), .value(let other)): try match(one, other, &budget)
    case (.function, .function): try matchFunctions(actual, expected, &budget)
    case (.instance, .instance):
      try matchInstances(actual, expected, &budget)
      try swapped { (this: inout Comparison) throws(WasmError) in try this.matchInstances(expected, actual, &budget) }
    case (.component, .component):
      try matchComponents(actual, expected, &budget)
      try swapped { (this: inout Comparison) throws(WasmError) in try this.matchComponents(expected, actual, &budget) }
    case (let one, let other): throw mismatch(other.noun, one.noun)
    }
    given[expected] = actual
  }

  /// With the sides in each other's place.
  private mutating func swapped(_ work: (inout Comparison) throws(WasmError) -> Void) throws(WasmError) {
    swap(&found, &wanted)
    try work(&self)
    swap(&found, &wanted)
  }

  private func matchResources(_ actual: ResourceID, _ expected: ResourceID) throws(WasmError) {
    guard found.resolve(actual) == wanted.resolve(expected) else {
      throw .invalid("type mismatch: resource types are not the same", at: offset)
    }
  }

  private mutating func matchInstances(_ actual: TypeID, _ expected: TypeID, _ budget: inout StepBudget) throws(WasmError) {
    guard let one = table.instance(actual), let other = table.instance(expected) else { throw mismatch("instance", "another type") }
    try budget.spend(one.definedResources.count + other.definedResources.count, at: offset)
    let before = (wanted: wanted.close(other.definedResources), found: found.close(one.definedResources))
    wanted.open.formUnion(other.definedResources)
    try matchExports(one.exports, other.exports, of: "instance", &budget)
    // What an inner scope has settled is no longer of interest, and the same scope may come once more.
    wanted.restore(before.wanted)
    found.restore(before.found)
  }

  /// - Parameter kind: Whose exports they are, for the message.
  private mutating func matchExports(
    _ actual: EntityList, _ expected: EntityList, of kind: String, _ budget: inout StepBudget
  ) throws(WasmError) {
    for entry in expected.entries {
      try budget.spend(at: offset)
      guard let type = actual[entry.name] else {
        throw .invalid("missing expected export \(quoted(entry.name))", at: offset)
      }
      do throws(WasmError) {
        try match(type, entry.type, &budget)
      } catch {
        throw error.within("\(kind) export \(quoted(entry.name))")
      }
    }
  }

  private mutating func matchComponents(_ actual: TypeID, _ expected: TypeID, _ budget: inout StepBudget) throws(WasmError) {
    guard let one = table.component(actual), let other = table.component(expected) else {
      throw mismatch("component", "another type")
    }
    let (oneBound, otherBound) = (one.importedResources + one.definedResources, other.importedResources + other.definedResources)
    try budget.spend(oneBound.count + otherBound.count, at: offset)
    let before = (wanted: wanted.close(otherBound), found: found.close(oneBound))
    // The component that is there wants its imports from what the expected one is given.
    found.open.formUnion(one.importedResources)
    for entry in one.imports.entries {
      try budget.spend(at: offset)
      guard let type = other.imports[entry.name] else {
        throw .invalid("missing expected import \(quoted(entry.name))", at: offset)
      }
      do throws(WasmError) {
        try swapped { (this: inout Comparison) throws(WasmError) in try this.match(type, entry.type, &budget) }
      } catch {
        throw error.within("component import \(quoted(entry.name))")
      }
    }
    wanted.open.formUnion(other.definedResources)
    try matchExports(one.exports, other.exports, of: "component", &budget)
    wanted.restore(before.wanted)
    found.restore(before.found)
  }
}

extension Comparison.Side {
  /// What was known of a resource type.
  fileprivate struct Place {
    let resource: ResourceID
    let settled: ResourceID?
    let isOpen: Bool
  }

  /// Into the scope of types that have not been met in this role. - Returns: what was known of them.
  fileprivate mutating func close(_ resources: [ResourceID]) -> [Place] {
    resources.map { Place(resource: $0, settled: settled.removeValue(forKey: $0), isOpen: open.remove($0) != nil) }
  }

  /// The last first: one may have been met twice.
  fileprivate mutating func restore(_ places: [Place]) {
    for place in places.reversed() {
      settled[place.resource] = place.settled
      if place.isOpen { open.insert(place.resource) } else { open.remove(place.resource) }
    }
  }
}

extension WasmError {
  /// The same fault, found in a part of something.
  fileprivate func within(_ part: String) -> WasmError {
    var error = self
    // Parts lie within parts; the innermost two say enough.
    if kind == .invalid, message.utf8.count < 300 { error.message = "type mismatch in \(part): \(message)" }
    return error
  }
}

// MARK: Functions and values

extension Comparison {
  private mutating func matchFunctions(_ actual: TypeID, _ expected: TypeID, _ budget: inout StepBudget) throws(WasmError) {
    guard let one = table.function(actual), let other = table.function(expected) else { throw mismatch("function", "another type") }
    guard one.isAsync == other.isAsync else {
      throw mismatch(other.isAsync ? "async function" : "sync function", one.isAsync ? "async function" : "sync function")
    }
    guard one.parameters.count == other.parameters.count else {
      throw mismatch("\(other.parameters.count) parameters", "\(one.parameters.count)")
    }
    for (actual, expected) in zip(one.parameters, other.parameters) {
      guard actual.name == expected.name else {
        throw mismatch("parameter named \(quoted(expected.name))", quoted(actual.name))
      }
      try match(actual.type, expected.type, "function parameter \(quoted(actual.name))", &budget)
    }
    try match(one.result, other.result, "function result", &budget)
  }

  private mutating func match(
    _ actual: ComponentValueType?, _ expected: ComponentValueType?, _ part: String, _ budget: inout StepBudget
  ) throws(WasmError) {
    switch (actual, expected) {
    case (nil, nil): break
    case (let actual?, let expected?):
      do throws(WasmError) {
        try match(actual, expected, &budget)
      } catch {
        throw error.within(part)
      }
    case (nil, _): throw mismatch("a type for the \(part)", "none")
    case (_, nil): throw mismatch("no type for the \(part)", "one")
    }
  }

  private mutating func match(
    _ actual: ComponentValueType, _ expected: ComponentValueType, _ budget: inout StepBudget
  ) throws(WasmError) {
    switch (actual, expected) {
    case (.primitive(let one), .primitive(let other)):
      guard one == other else { throw mismatch("primitive \(other)", "primitive \(one)") }
    case (.defined(let one), .defined(let other)):
      guard let one = table.value(one), let other = table.value(other) else { throw mismatch("value type", "another type") }
      try match(one, other, &budget)
    case (.defined(let one), .primitive(let other)): throw mismatch("\(other)", table.value(one)?.noun ?? "another type")
    case (.primitive(let one), .defined(let other)): throw mismatch(table.value(other)?.noun ?? "another type", "\(one)")
    }
  }

  private mutating func match(
    _ actual: DefinedValueType, _ expected: DefinedValueType, _ budget: inout StepBudget
  ) throws(WasmError) {
    try budget.spend(at: offset)
    switch (actual, expected) {
    case (.primitive(let one), .primitive(let other)):
      guard one == other else { throw mismatch("primitive \(other)", "primitive \(one)") }
    case (.record(let one), .record(let other)):
      guard one.count == other.count else { throw mismatch("\(other.count) fields", "\(one.count)") }
      for (one, other) in zip(one, other) {
        guard one.name == other.name else { throw mismatch("field name \(quoted(other.name))", quoted(one.name)) }
        try match(one.type, other.type, "record field \(quoted(one.name))", &budget)
      }
    case (.variant(let one), .variant(let other)):
      guard one.count == other.count else { throw mismatch("\(other.count) cases", "\(one.count)") }
      for (one, other) in zip(one, other) {
        guard one.name == other.name else { throw mismatch("case named \(quoted(other.name))", quoted(one.name)) }
        try match(one.type, other.type, "variant case \(quoted(one.name))", &budget)
      }
    case (.tuple(let one), .tuple(let other)):
      guard one.count == other.count else { throw mismatch("\(other.count) types", "\(one.count)") }
      for (index, (one, other)) in zip(one, other).enumerated() { try match(one, other, "tuple field \(index)", &budget) }
    case (.flags(let one), .flags(let other)):
      guard one == other else { throw .invalid("type mismatch in flags elements", at: offset) }
    case (.enumeration(let one), .enumeration(let other)):
      guard one == other else { throw .invalid("type mismatch in enum elements", at: offset) }
    case (.list(let one), .list(let other)), (.option(let one), .option(let other)): try match(one, other, &budget)
    case (.fixedLengthList(let one, let oneCount), .fixedLengthList(let other, let otherCount)):
      guard oneCount == otherCount else { throw mismatch("a list of \(otherCount)", "a list of \(oneCount)") }
      try match(one, other, &budget)
    case (.map(let oneKey, let oneValue), .map(let otherKey, let otherValue)):
      try match(oneKey, otherKey, "map key", &budget)
      try match(oneValue, otherValue, "map value", &budget)
    case (.result(let oneSuccess, let oneFailure), .result(let otherSuccess, let otherFailure)):
      try match(oneSuccess, otherSuccess, "ok variant", &budget)
      try match(oneFailure, otherFailure, "err variant", &budget)
    case (.own(let one), .own(let other)), (.borrow(let one), .borrow(let other)):
      guard let one = table.resource(one), let other = table.resource(other) else { throw mismatch("resource", "another type") }
      try matchResources(one, other)
    case (.stream(let one), .stream(let other)), (.future(let one), .future(let other)):
      try match(one, other, "element", &budget)
    default: throw mismatch(expected.noun, actual.noun)
    }
  }
}

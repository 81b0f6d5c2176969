import WasmFormat

/// Makes types, within the limits.
struct TypeContext {
  private(set) var table = TypeTable()
  let limits: ComponentLimits
  private(set) var budget: StepBudget
  private var resourceCount: UInt32 = 0

  init(limits: ComponentLimits) {
    self.limits = limits
    budget = StepBudget(limits.typeSteps)
  }

  mutating func spend(_ steps: Int, at offset: Int) throws(WasmError) { try budget.spend(steps, at: offset) }

  mutating func freshResource() -> ResourceID {
    defer { resourceCount += 1 }
    return ResourceID(index: resourceCount)
  }

  /// Adds a type, of which each is one more even if its structure is not new.
  mutating func define(_ definition: TypeDefinition, at offset: Int) throws(WasmError) -> TypeID {
    guard table.count < limits.types else {
      throw .overLimit("too many types", found: table.count + 1, allowed: limits.types, at: offset)
    }
    let depth = depth(of: definition) + 1
    guard depth <= limits.typeDepth else {
      throw .overLimit("types too deep within each other", found: depth, allowed: limits.typeDepth, at: offset)
    }
    guard case .value(let type) = definition else { return table.append(definition, layout: nil, depth: depth) }
    let layout = ValueLayout(type, in: table)
    guard layout.size64 < ValueLayout.sizeLimit else {
      throw .invalid("type exceeds maximum byte size: \(layout.size64) found, below \(ValueLayout.sizeLimit) wanted", at: offset)
    }
    return table.append(definition, layout: layout, depth: depth)
  }

  private func depth(of definition: TypeDefinition) -> Int {
    switch definition {
    case .resource: 0
    case .value(let type): type.parts.reduce(0) { max($0, depth(of: $1)) }
    case .function(let type):
      max(type.parameters.reduce(0) { max($0, depth(of: $1.type)) }, type.result.map(depth(of:)) ?? 0)
    case .instance(let type): depth(of: type.exports)
    case .component(let type): max(depth(of: type.imports), depth(of: type.exports))
    }
  }

  private func depth(of type: ComponentValueType) -> Int {
    if case .defined(let id) = type { table.depth(of: id) } else { 0 }
  }

  private func depth(of list: EntityList) -> Int {
    list.entries.reduce(0) { most, entry in
      switch entry.type {
      case .coreModule: most
      case .function(let id), .type(let id), .component(let id), .instance(let id): max(most, table.depth(of: id))
      }
    }
  }
}

/// How much work over types is left: types are shared, so walking one may take far longer than it took to write it down.
struct StepBudget {
  let total: Int
  private(set) var left: Int

  init(_ total: Int) {
    self.total = total
    left = total
  }

  mutating func spend(_ steps: Int = 1, at offset: Int) throws(WasmError) {
    left -= steps
    guard left >= 0 else {
      throw .overLimit("types too large to compare", found: total + 1, allowed: total, at: offset)
    }
  }
}

extension TypeContext {
  /// Lends the budget to work that only reads types.
  mutating func reading<Result>(
    _ work: (TypeTable, inout StepBudget) throws(WasmError) -> Result
  ) throws(WasmError) -> Result {
    try work(table, &budget)
  }
}

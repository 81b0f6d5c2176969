extension Module {
  /// Checks the rules of validation (specification 3.4), function bodies included.
  public func validate() throws(WasmError) {
    let context = try ModuleContext(self)
    try context.validateConstants()
    try context.validateSegments()
    try context.validateFunctions()
    try context.validateStart()
    try context.validateExports()
  }
}

/// What validation knows of a module (the context C of specification 3.1.1), in a form that is quick to ask.
/// A class, so that the validator of functions does not copy a module's worth of arrays wherever it asks for one.
final class ModuleContext {
  let module: Module
  let types: [FunctionType]
  /// Type indices by function index; all of them are known to name a type.
  let functions: [UInt32]
  let tables: [TableType]
  let memories: [MemoryType]
  let globals: [GlobalType]
  /// The functions that occur outside of bodies (C.refs): only these may be named by a `ref.func` inside.
  let declaredFunctions: Set<UInt32>

  init(_ module: Module) throws(WasmError) {
    self.module = module
    types = module.types
    functions = module.imported.functionTypes + module.functions
    tables = module.tableTypes
    memories = module.memoryTypes
    globals = module.globalTypes
    declaredFunctions = Self.functionsOutsideBodies(of: module)
    for (index, item) in module.imports.enumerated() {
      guard case .function(let type) = item.kind else { continue }
      try Self.checkType(type, of: module, at: module.offsets.of(\.imports, index))
    }
    for (index, type) in module.functions.enumerated() {
      try Self.checkType(type, of: module, at: module.offsets.of(\.functions, index))
    }
    try checkTables()
    try checkMemories()
  }

  private static func checkType(_ type: UInt32, of module: Module, at offset: Int) throws(WasmError) {
    guard Int(type) < module.types.count else { throw .invalid("unknown type \(type)", at: offset) }
  }

  private func checkTables() throws(WasmError) {
    for (index, table) in tables.enumerated() {
      try checkRange(table.limits, at: offset(.table, index))
    }
  }

  private func checkMemories() throws(WasmError) {
    for (index, memory) in memories.enumerated() {
      let (limits, most) = (memory.limits, UInt64(65_536))
      let offset = offset(.memory, index)
      guard limits.minimum <= most, limits.maximum ?? 0 <= most else {
        throw .invalid(
          "memory size must be at most 65536 pages (4GiB), found \(max(limits.minimum, limits.maximum ?? 0))",
          at: offset)
      }
      try checkRange(limits, at: offset)
    }
    if memories.count > 1 {
      throw .invalid("multiple memories: \(memories.count) found, 1 allowed", at: offset(.memory, 1))
    }
  }

  private func checkRange(_ limits: Limits, at offset: Int) throws(WasmError) {
    guard let maximum = limits.maximum, maximum < limits.minimum else { return }
    throw .invalid(
      "size minimum must not be greater than maximum: \(limits.minimum) and \(maximum) found", at: offset)
  }

  /// Where an item of an index space was declared: in the import section or in one of its own.
  private func offset(_ kind: Export.Kind, _ index: Int) -> Int {
    let importIndices = module.imports.indices.filter { place in
      switch (kind, module.imports[place].kind) {
      case (.function, .function), (.table, .table), (.memory, .memory), (.global, .global): true
      default: false
      }
    }
    if index < importIndices.count { return module.offsets.of(\.imports, importIndices[index]) }
    let defined = index - importIndices.count
    return switch kind {
    case .function: module.offsets.of(\.functions, defined)
    case .table: module.offsets.of(\.tables, defined)
    case .memory: module.offsets.of(\.memories, defined)
    case .global: module.offsets.of(\.globals, defined)
    }
  }

  private static func functionsOutsideBodies(of module: Module) -> Set<UInt32> {
    var functions: Set<UInt32> = []
    func add(_ constant: ConstantExpression) {
      if case .refFunction(let index) = constant { functions.insert(index) }
    }
    for global in module.globals { add(global.initializer) }
    for segment in module.elements {
      for element in segment.elements { add(element) }
    }
    for export in module.exports where export.kind == .function { functions.insert(export.index) }
    return functions
  }

  // MARK: Constants and segments

  func validateConstants() throws(WasmError) {
    for (index, global) in module.globals.enumerated() {
      try check(global.initializer, is: global.type.value, at: module.offsets.of(\.globals, index))
    }
  }

  func validateSegments() throws(WasmError) {
    for (index, segment) in module.elements.enumerated() {
      let offset = module.offsets.of(\.elements, index)
      for element in segment.elements { try check(element, is: segment.type, at: offset) }
      guard case .active(let table, let start) = segment.mode else { continue }
      guard Int(table) < tables.count else { throw .invalid("unknown table \(table)", at: offset) }
      let expected = tables[Int(table)].element
      guard segment.type == expected else { throw .mismatch(expected, found: segment.type, at: offset) }
      try check(start, is: .i32, at: offset)
    }
    for (index, segment) in module.data.enumerated() {
      guard case .active(let memory, let start) = segment.mode else { continue }
      let offset = module.offsets.of(\.data, index)
      guard Int(memory) < memories.count else { throw .invalid("unknown memory \(memory)", at: offset) }
      try check(start, is: .i32, at: offset)
    }
  }

  /// Constant expressions see only the imported globals (3.4.10), and of those only constant ones (3.3.8.2).
  private func check(_ constant: ConstantExpression, is expected: ValueType, at offset: Int) throws(WasmError) {
    let found: ValueType
    switch constant {
    case .i32: found = .i32
    case .i64: found = .i64
    case .f32: found = .f32
    case .f64: found = .f64
    case .refNull(let type): found = type
    case .refFunction(let index):
      guard Int(index) < functions.count else { throw .invalid("unknown function \(index)", at: offset) }
      found = .funcref
    case .global(let index):
      guard Int(index) < module.importedGlobalCount else { throw .invalid("unknown global \(index)", at: offset) }
      let global = globals[Int(index)]
      guard !global.isMutable else {
        throw .invalid("constant expression required, global \(index) is mutable", at: offset)
      }
      found = global.value
    }
    guard found == expected else { throw .mismatch(expected, found: found, at: offset) }
  }

  // MARK: Functions, start, exports

  func validateFunctions() throws(WasmError) {
    guard module.code.count == module.functions.count else {
      throw .malformed(
        "function and code section have inconsistent lengths: "
          + "\(module.functions.count) declared, \(module.code.count) defined", at: 0)
    }
    var validator = FunctionValidator(self)
    for index in module.code.indices { try validator.validate(definedFunction: index) }
  }

  func validateStart() throws(WasmError) {
    guard let start = module.start else { return }
    let offset = module.offsets.start
    guard let type = module.functionType(start) else { throw .invalid("unknown function \(start)", at: offset) }
    guard type.parameters.isEmpty, type.results.isEmpty else {
      throw .invalid(
        "start function \(start) must take and return nothing, found \(type.parameters.count) parameters and "
          + "\(type.results.count) results", at: offset)
    }
  }

  func validateExports() throws(WasmError) {
    var names: Set<ExactName> = []
    for (index, export) in module.exports.enumerated() {
      let offset = module.offsets.of(\.exports, index)
      let (space, count) =
        switch export.kind {
        case .function: ("function", functions.count)
        case .table: ("table", tables.count)
        case .memory: ("memory", memories.count)
        case .global: ("global", globals.count)
        }
      guard Int(export.index) < count else { throw .invalid("unknown \(space) \(export.index)", at: offset) }
      guard names.insert(ExactName(text: export.name)).inserted else {
        throw .invalid("duplicate export name \(quoted(export.name))", at: offset)
      }
    }
  }
}

extension WasmError {
  @inline(never)
  static func mismatch(_ expected: ValueType, found: ValueType?, at offset: Int) -> WasmError {
    .invalid("type mismatch: expected \(expected.mnemonic), found \(found?.mnemonic ?? "nothing")", at: offset)
  }
}

/// A name compared by its bytes, where `String` would hold different spellings of one text for equal.
private struct ExactName: Hashable {
  let text: String

  static func == (one: ExactName, other: ExactName) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

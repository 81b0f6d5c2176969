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
      try Self.checkType(type, of: module, at: module.offsets.imports[index])
    }
    for (index, type) in module.functions.enumerated() {
      try Self.checkType(type, of: module, at: module.offsets.functions[index])
    }
    try checkTables()
    try checkMemories()
    try checkTags()
  }

  private static func checkType(_ type: UInt32, of module: Module, at offset: Int) throws(WasmError) {
    guard Int(type) < module.types.count else { throw .invalid("unknown type \(type)", at: offset) }
  }

  private func checkTables() throws(WasmError) {
    for (index, table) in tables.enumerated() {
      guard isOrdered(table.limits) else { throw disorder(table.limits, at: tableOffset(index)) }
      guard table.element != .exnref else {
        throw .invalid("tables of exnref are not supported: an exception is wider than an element", at: tableOffset(index))
      }
    }
  }

  private func checkMemories() throws(WasmError) {
    let most: UInt64 = 65_536
    for (index, memory) in memories.enumerated() {
      let limits = memory.limits
      guard limits.minimum <= most, limits.maximum ?? 0 <= most else {
        throw .invalid(
          "memory size must be at most 65536 pages (4GiB), found \(max(limits.minimum, limits.maximum ?? 0))",
          at: memoryOffset(index))
      }
      guard isOrdered(limits) else { throw disorder(limits, at: memoryOffset(index)) }
    }
    if memories.count > 1, !module.limits.allowsSeveralMemories {
      throw .invalid("multiple memories: \(memories.count) found, 1 allowed", at: memoryOffset(1))
    }
  }

  private func checkTags() throws(WasmError) {
    var defined = 0
    for (index, item) in module.imports.enumerated() {
      if case .tag(let type) = item.kind { try checkTag(type, at: module.offsets.imports[index]) }
    }
    for type in module.tags {
      try checkTag(type, at: module.offsets.tags[defined])
      defined += 1
    }
  }

  private func checkTag(_ index: UInt32, at offset: Int) throws(WasmError) {
    guard Int(index) < types.count else { throw .invalid("unknown type \(index)", at: offset) }
    let type = types[Int(index)]
    guard type.results.isEmpty else { throw .invalid("non-empty tag result type: \(type)", at: offset) }
    guard let size = type.exceptionPayload, size <= DecodingLimits.exceptionPayload else {
      throw .overLimit(
        "an exception carries too much, in bytes", found: type.exceptionPayload ?? type.parameters.count * 8,
        allowed: DecodingLimits.exceptionPayload, at: offset)
    }
  }

  private func isOrdered(_ limits: Limits) -> Bool { limits.minimum <= limits.maximum ?? .max }

  private func disorder(_ limits: Limits, at offset: Int) -> WasmError {
    .invalid(
      "size minimum must not be greater than maximum: \(limits.minimum) and \(limits.maximum ?? .max) found",
      at: offset)
  }

  // These two look through all imports, so they are asked for errors only.

  private func tableOffset(_ index: Int) -> Int {
    let imports = module.imports.indices.filter { if case .table = module.imports[$0].kind { true } else { false } }
    return index < imports.count
      ? module.offsets.imports[imports[index]] : module.offsets.tables[index - imports.count]
  }

  private func memoryOffset(_ index: Int) -> Int {
    let imports = module.imports.indices.filter { if case .memory = module.imports[$0].kind { true } else { false } }
    return index < imports.count
      ? module.offsets.imports[imports[index]] : module.offsets.memories[index - imports.count]
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
      try check(global.initializer, is: global.type.value, at: module.offsets.globals[index], seeing: module.importedGlobalCount + index)
    }
  }

  func validateSegments() throws(WasmError) {
    for (index, segment) in module.elements.enumerated() {
      let offset = module.offsets.elements[index]
      guard segment.type != .exnref else { throw .invalid("element segments of exnref are not supported", at: offset) }
      for element in segment.elements { try check(element, is: segment.type, at: offset) }
      guard case .active(let table, let start) = segment.mode else { continue }
      guard Int(table) < tables.count else { throw .invalid("unknown table \(table)", at: offset) }
      let expected = tables[Int(table)].element
      guard segment.type == expected else { throw .mismatch(expected, found: segment.type, at: offset) }
      try check(start, is: .i32, at: offset)
    }
    for (index, segment) in module.data.enumerated() {
      guard case .active(let memory, let start) = segment.mode else { continue }
      let offset = module.offsets.data[index]
      guard Int(memory) < memories.count else { throw .invalid("unknown memory \(memory)", at: offset) }
      try check(start, is: .i32, at: offset)
    }
  }

  /// Constant expressions see only the imported globals (3.4.10), and of those only constant ones (3.3.8.2). With WebAssembly 3.0's they see those
  /// that are defined before them, too.
  /// - Parameter seeing: how many globals come before the expression; nil for all.
  private func check(_ constant: ConstantExpression, is expected: ValueType, at offset: Int, seeing before: Int? = nil) throws(WasmError) {
    let found: ValueType
    switch constant {
    case .i32: found = .i32
    case .i64: found = .i64
    case .f32: found = .f32
    case .f64: found = .f64
    case .v128: found = .v128
    case .refNull(let type): found = type
    case .refFunction(let index):
      guard Int(index) < functions.count else { throw .invalid("unknown function \(index)", at: offset) }
      found = .funcref
    case .global(let index):
      let seen = module.limits.allowsExtendedConstants ? before ?? globals.count : module.importedGlobalCount
      guard Int(index) < seen else { throw .invalid("unknown global \(index)", at: offset) }
      let global = globals[Int(index)]
      guard !global.isMutable else {
        throw .invalid("constant expression required, global \(index) is mutable", at: offset)
      }
      found = global.value
    case .arithmetic(let operation, let left, let right):
      switch operation {
      case .i64Add, .i64Sub, .i64Mul: found = .i64
      default: found = .i32
      }
      try check(left, is: found, at: offset, seeing: before)
      try check(right, is: found, at: offset, seeing: before)
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
      let offset = module.offsets.exports[index]
      let (space, count) =
        switch export.kind {
        case .function: ("function", functions.count)
        case .table: ("table", tables.count)
        case .memory: ("memory", memories.count)
        case .global: ("global", globals.count)
        case .tag: ("tag", module.tagCount)
        }
      guard Int(export.index) < count else { throw .invalid("unknown \(space) \(export.index)", at: offset) }
      guard names.insert(ExactName(text: export.name)).inserted else {
        throw .invalid("duplicate export name \(quoted(export.name))", at: offset)
      }
    }
  }
}

extension FunctionType {
  /// What an exception of this type carries, in bytes; nil where that includes another exception.
  var exceptionPayload: Int? {
    parameters.contains(.exnref) ? nil : parameters.reduce(0) { $0 + ($1 == .v128 ? 16 : 8) }
  }
}

extension WasmError {
  @inline(never)
  static func mismatch(_ expected: ValueType, found: ValueType?, at offset: Int) -> WasmError {
    .invalid("type mismatch: expected \(expected.mnemonic), found \(found?.mnemonic ?? "nothing")", at: offset)
  }
}

/// A name compared by its bytes, where `String` would hold different spellings of one text for equal.
package struct ExactName: Hashable, Sendable {
  package let text: String

  package init(text: String) { self.text = text }

  package static func == (one: ExactName, other: ExactName) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

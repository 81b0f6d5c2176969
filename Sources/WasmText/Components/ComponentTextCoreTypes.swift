/// Core types and module types (Explainer, "Type Definitions").
extension ComponentTextEncoder {
  /// Behind `(core type $name?`.
  mutating func coreType() throws(WatError) -> [UInt8] {
    if cursor.takeOpen("module") {
      let bytes = try moduleType()
      try cursor.expectClose()
      return bytes
    }
    return try coreFunctionType()
  }

  /// `(func ...)`, also as `(sub (func ...))`.
  private mutating func coreFunctionType() throws(WatError) -> [UInt8] {
    guard cursor.takeOpen("sub") else {
      let type = try cursor.functionType()
      return encoded { $0.functionType(type) }
    }
    let type = try cursor.functionType()
    try cursor.expectClose()
    return encoded {
      // A type that may have subtypes, none above it.
      $0.raw([0x00, 0x50, 0x00])
      $0.functionType(type)
    }
  }

  /// The declarations of a module type as a core type of its own.
  mutating func coreModuleType() throws(WatError) -> UInt32 {
    let bytes = try moduleType()
    return try define(.coreType, bytes, .coreType)
  }

  /// A module type's declarations and the types in it.
  private struct ModuleTypeText {
    var declarations = BinaryWriter()
    var count = 0
    var types = IndexSpace("type")

    mutating func emit(_ bytes: [UInt8]) {
      declarations.raw(bytes)
      count += 1
    }
  }

  private mutating func moduleType() throws(WatError) -> [UInt8] {
    var module = ModuleTypeText()
    while cursor.token.kind == .open {
      if cursor.takeOpen("type") {
        let name = try cursor.identifier()
        try define(try coreFunctionType(), name, in: &module)
      } else if cursor.takeOpen("alias") {
        try moduleTypeAlias(in: &module)
      } else if cursor.takeOpen("import") {
        let (outer, name) = (try cursor.name(), try cursor.name())
        let type = try coreEntity(in: &module)
        module.emit(encoded {
          $0.byte(0x00)
          $0.sized(outer)
          $0.sized(name)
          $0.raw(type)
        })
      } else {
        try cursor.expectOpen("export")
        let name = try cursor.name()
        let type = try coreEntity(in: &module)
        module.emit(encoded {
          $0.byte(0x03)
          $0.sized(name)
          $0.raw(type)
        })
      }
      try cursor.expectClose()
    }
    return encoded {
      $0.byte(0x50)
      $0.count(module.count)
      $0.raw(module.declarations.bytes)
    }
  }

  @discardableResult
  private func define(_ type: [UInt8], _ name: Spelling?, in module: inout ModuleTypeText) throws(WatError) -> UInt32 {
    guard let index = module.types.bind(name) else { throw cursor.error("duplicate type identifier $\(name?.excerpt ?? "")") }
    module.emit([0x01] + type)
    return index
  }

  /// `outer scope index (type $name?)`; the module type itself is scope 0.
  private mutating func moduleTypeAlias(in module: inout ModuleTypeText) throws(WatError) {
    guard cursor.take("outer") else { throw cursor.unexpected() }
    let count = cursor.token.kind == .identifier ? try outerCount() + 1 : try cursor.unsigned32()
    let target = cursor.token
    let name = try cursor.identifier()
    var index = name == nil ? try cursor.unsigned32() : 0
    if count > 0 { index = try outerTarget(name, index, .coreType, count - 1, at: target) }
    _ = try cursor.expectOpen("type")
    let alias = try cursor.identifier()
    try cursor.expectClose()
    _ = try self.alias(count, index, alias, in: &module)
  }

  private func alias(
    _ count: UInt32, _ index: UInt32, _ name: Spelling?, in module: inout ModuleTypeText
  ) throws(WatError) -> UInt32 {
    guard let new = module.types.bind(name) else { throw cursor.error("duplicate type identifier $\(name?.excerpt ?? "")") }
    module.emit(encoded {
      $0.raw([0x02, 0x10, 0x01])
      $0.unsigned(count)
      $0.unsigned(index)
    })
    return new
  }

  /// `(sort $name? type)`; the name means nothing.
  private mutating func coreEntity(in module: inout ModuleTypeText) throws(WatError) -> [UInt8] {
    guard cursor.token.kind == .open else { throw cursor.unexpected() }
    cursor.advance()
    let sort = try cursor.sort(isCore: true)
    _ = try cursor.identifier()
    let bytes: [UInt8]
    switch sort {
    case .coreFunction:
      let type = try typeUse(in: &module)
      bytes = encoded {
        $0.byte(0x00)
        $0.unsigned(type)
      }
    case .coreTable:
      let type = try cursor.tableType()
      bytes = encoded {
        $0.byte(0x01)
        $0.tableType(type)
      }
    case .coreMemory:
      let limits = try cursor.limits()
      bytes = encoded {
        $0.byte(0x02)
        $0.limits(limits)
      }
    case .coreGlobal:
      let type = try cursor.globalType()
      bytes = encoded {
        $0.byte(0x03)
        $0.globalType(type)
      }
    case .coreTag:
      let type = try typeUse(in: &module)
      bytes = encoded {
        $0.raw([0x04, 0x00])
        $0.unsigned(type)
      }
    default: throw cursor.unexpected()
    }
    try cursor.expectClose()
    return bytes
  }

  /// `(type x)`, or parameters and results, which become a type of the module type's.
  private mutating func typeUse(in module: inout ModuleTypeText) throws(WatError) -> UInt32 {
    guard cursor.takeOpen("type") else {
      let parameters = try cursor.parameters(named: true).map(\.type)
      let type = FunctionType(parameters: parameters, results: try cursor.results())
      return try define(encoded { $0.functionType(type) }, nil, in: &module)
    }
    let start = cursor.token
    guard let name = try cursor.identifier() else {
      let index = try cursor.unsigned32()
      try cursor.expectClose()
      return index
    }
    try cursor.expectClose()
    if let index = module.types.index(of: name) { return index }
    for (depth, scope) in scopes.reversed().enumerated() {
      guard let index = scope.index(of: name, .coreType) else { continue }
      // Named like what it stands for, so that the next use finds it.
      return try alias(UInt32(truncatingIfNeeded: depth + 1), index, name, in: &module)
    }
    throw cursor.error("unknown type $\(name.excerpt)", at: start)
  }
}

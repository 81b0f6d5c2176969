import WasmFormat

/// Component types, instance types, imports and exports (Binary.md, "Type Definitions", "Import and Export Definitions").
extension ComponentDecoder {
  /// The type of an import or export, before it brings anything in.
  enum Declared {
    case entity(EntityType)
    case typeEqual(TypeID)
    case subResource
  }

  // MARK: Types with a scope

  mutating func scopedType(_ kind: Scope.Kind, at start: Int) throws(WasmError) -> TypeID {
    try enter(kind, range: start..<start, at: start)
    try each { (this: inout ComponentDecoder) throws(WasmError) in try this.declaration() }
    let inner = scope
    scopes.removeLast()
    if kind == .instanceType {
      var type = InstanceType()
      type.exports = inner.exports
      type.definedResources = inner.definedResources
      return try context.define(.instance(type), at: start)
    }
    var type = ComponentType()
    type.imports = inner.imports
    type.exports = inner.exports
    type.importedResources = inner.importedResources
    type.definedResources = inner.definedResources
    return try context.define(.component(type), at: start)
  }

  private mutating func declaration() throws(WasmError) {
    let start = reader.position
    switch try reader.byte() {
    case 0: try coreType()
    case 1: try typeDefinition()
    case 2: try alias()
    case 3 where scope.kind == .componentType:
      let name = try attributedName()
      try declareImport(name, try externType(), at: start)
    case 4:
      let name = try attributedName()
      let type = try introduce(try externType(), as: .export, at: start)
      try addExport(name, type, at: start)
    case let byte: throw .leadingByte(byte, "component or instance type declaration", at: start)
    }
  }

  // MARK: Types of imports and exports

  mutating func externType() throws(WasmError) -> Declared {
    let start = reader.position
    let code = try reader.byte()
    switch code {
    case 0:
      let offset = reader.position
      let sort = try reader.byte()
      guard sort == CoreSort.module.rawValue else { throw .leadingByte(sort, "component external kind", at: offset) }
      let index = try reader.unsigned32()
      guard case .module(let type) = try scope.component.coreType(index, at: offset) else {
        throw .invalid("core type index \(index) is not a module type", at: offset)
      }
      return .entity(.coreModule(type))
    case 1: return .entity(.function(try reference("a function type") { if case .function = $0 { true } else { false } }))
    case 2: throw .invalid("values are not supported as imports and exports", at: start)
    case 3:
      let offset = reader.position
      switch try reader.byte() {
      case 0: return .typeEqual(try reference("a type") { _ in true })
      case 1: return .subResource
      case let byte: throw .leadingByte(byte, "type bound", at: offset)
      }
    case 4: return .entity(.component(try reference("a component type") { if case .component = $0 { true } else { false } }))
    case 5: return .entity(.instance(try reference("an instance type") { if case .instance = $0 { true } else { false } }))
    default: throw .leadingByte(code, "component external kind", at: start)
    }
  }

  private mutating func reference(_ wanted: String, _ isRight: (TypeDefinition) -> Bool) throws(WasmError) -> TypeID {
    let start = reader.position
    let index = try reader.unsigned32()
    let id = try scope.component.type(index, at: start)
    guard isRight(context.table[id]) else {
      throw .invalid("type index \(index) is not \(wanted): \(context.table[id].noun) found", at: start)
    }
    return id
  }

  /// Makes the types that an import or export brings in.
  mutating func introduce(_ declared: Declared, as role: NameScope.Role, at offset: Int) throws(WasmError) -> EntityType {
    switch declared {
    case .typeEqual(let id):
      // Checked before it is copied: the copy would be one more type without a name.
      try checkVisibility(.type(id), as: role, at: offset)
      return .type(try context.copy(id, at: offset))
    case .subResource:
      let resource = context.freshResource()
      scope.keep([resource], as: role)
      return .type(try context.define(.resource(resource), at: offset))
    case .entity(.instance(let id)):
      let (type, resources) = try context.introduce(instance: id, at: offset)
      scope.keep(resources, as: role)
      return .instance(type)
    case .entity(let type): return type
    }
  }

  // MARK: Visibility

  /// Whether an import or export of this type is possible here; types that it names are then named.
  mutating func checkVisibility(_ entity: EntityType, as role: NameScope.Role, at offset: Int) throws(WasmError) {
    // What is in the type of an instance is checked where there is an instance.
    guard scope.kind != .instanceType else { return }
    let named = role == .import ? scope.visibleToImports : scope.visibleToExports
    let isVisible = try context.reading { (table, budget) throws(WasmError) in
      var visibility = Visibility(table: table, named: named, offset: offset)
      return try visibility.isVisible(entity, &budget)
    }
    guard isVisible else {
      throw .invalid(
        "\(entity.noun) not valid to be used as \(role): it uses a type that has no name outside", at: offset)
    }
  }

  /// Gives the types of an import or export, which have been found visible, a name outside.
  private mutating func name(_ entity: EntityType, as role: NameScope.Role, at offset: Int) throws(WasmError) {
    let types = try context.reading { (table, budget) throws(WasmError) in
      var exported = ExportedTypes(table, at: offset)
      try exported.add(entity, &budget)
      return exported.types
    }
    if role == .import { scope.visibleToImports.formUnion(types) }
    scope.visibleToExports.formUnion(types)
  }

  // MARK: Imports

  mutating func importDefinition() throws(WasmError) {
    let start = reader.position
    let name = try attributedName()
    try declareImport(name, try externType(), at: start)
  }

  mutating func declareImport(_ name: AttributedName, _ declared: Declared, at start: Int) throws(WasmError) {
    let type = try introduce(declared, as: .import, at: start)
    if case .type = type {} else { try checkVisibility(type, as: .import, at: start) }
    try checkResources(ofImport: type, name, at: start)
    try self.name(type, as: .import, at: start)
    try scope.importNames.add(name, type, in: context.table)
    scope.imports.append(name.text, type)
    scope.component.add(type, .imported(scope.component.imports.count))
    scope.component.imports.append(
      ComponentImport(name: name.text, kind: name.name, attributes: name.attributes, type: type))
  }

  /// Whoever instantiates the component can know only the resource types that earlier imports have named.
  private mutating func checkResources(ofImport type: EntityType, _ name: AttributedName, at offset: Int) throws(WasmError) {
    let free = try context.reading { (table, budget) throws(WasmError) in
      var resources = FreeResources(table, at: offset)
      try resources.add(type, &budget)
      return resources.free
    }
    // A component type may use what is around it, but its imports cannot use what its exports bring in.
    let isKnown = scope.kind == .component ? free.isSubset(of: scope.importedResourceSet) : free.isDisjoint(with: scope.definedResourceSet)
    guard isKnown else {
      throw .invalid(
        "\(type.noun) not valid to be used as import: \(quoted(name.text)) uses a resource type that is not imported", at: offset)
    }
  }

  // MARK: Exports

  mutating func exportDefinition() throws(WasmError) {
    let start = reader.position
    let name = try attributedName()
    let item = try sortIndex()
    let inferred = try scope.component.entity(item, at: start)
    let offset = reader.position
    let declared = try optional("optional component export type") { (this: inout ComponentDecoder) throws(WasmError) in
      try this.externType()
    }
    let type: EntityType
    if let declared {
      try checkAscription(inferred, declared, at: offset)
      type = try introduce(declared, as: .export, at: offset)
    } else if case .type(let id) = inferred {
      type = try introduce(.typeEqual(id), as: .export, at: start)
    } else {
      type = try introduce(.entity(inferred), as: .export, at: start)
    }
    scope.component.exports.append(
      ComponentExport(name: name.text, kind: name.name, attributes: name.attributes, item: item, type: type))
    try addExport(name, type, at: start)
  }

  private mutating func checkAscription(_ inferred: EntityType, _ declared: Declared, at offset: Int) throws(WasmError) {
    switch declared {
    case .subResource:
      guard case .type(let id) = inferred, case .resource = context.table[id] else {
        throw .invalid("ascribed type of export is not compatible: resource expected, \(inferred.noun) found", at: offset)
      }
    case .typeEqual(let id): try compare(inferred, .type(id), at: offset)
    case .entity(let type): try compare(inferred, type, at: offset)
    }
  }

  private mutating func compare(_ inferred: EntityType, _ wanted: EntityType, at offset: Int) throws(WasmError) {
    do throws(WasmError) {
      try context.reading { (table, budget) throws(WasmError) in
        var comparison = Comparison(table, at: offset)
        try comparison.match(inferred, wanted, &budget)
      }
    } catch {
      var error = error
      if error.kind == .invalid { error.message = "ascribed type of export is not compatible: " + error.message }
      throw error
    }
  }

  mutating func addExport(_ name: AttributedName, _ type: EntityType, at start: Int) throws(WasmError) {
    if case .type = type {} else { try checkVisibility(type, as: .export, at: start) }
    try self.name(type, as: .export, at: start)
    try scope.exportNames.add(name, type, in: context.table)
    scope.exports.append(name.text, type)
    scope.component.add(type, .exported(UInt32(truncatingIfNeeded: scope.exports.entries.count - 1)))
  }
}

import WasmFormat

/// What is known inside of a component, a component type or an instance type while it is decoded.
struct Scope {
  enum Kind { case component, componentType, instanceType }
  let kind: Kind
  /// With the index spaces. Those of types have only some: core types, types, functions and so on without origins of use.
  var component: Component

  var imports = EntityList()
  var exports = EntityList()
  var importNames = NameScope(.import)
  var exportNames = NameScope(.export)
  /// The types that imports have named; and those that imports or exports have.
  var visibleToImports: Set<TypeID> = []
  var visibleToExports: Set<TypeID> = []
  private(set) var importedResources: [ResourceID] = []
  /// In the scope of a type: the resource types that exports introduce.
  private(set) var definedResources: [ResourceID] = []
  /// The same, to be asked for each import.
  private(set) var importedResourceSet: Set<ResourceID> = []
  private(set) var definedResourceSet: Set<ResourceID> = []
  var definitionCount = 0

  init(_ kind: Kind, range: Range<Int>) {
    self.kind = kind
    component = Component(range: range)
  }

  mutating func keep(_ resources: [ResourceID], as role: NameScope.Role) {
    if role == .import {
      importedResources += resources
      importedResourceSet.formUnion(resources)
    } else {
      definedResources += resources
      definedResourceSet.formUnion(resources)
    }
  }
}

extension Component {
  private static func entry<Entry>(_ entries: [Entry], _ index: UInt32, _ noun: String, at offset: Int) throws(WasmError) -> Entry {
    guard Int(index) < entries.count else {
      throw .invalid("unknown \(noun) \(index): \(noun) index out of bounds, \(entries.count) there", at: offset)
    }
    return entries[Int(index)]
  }

  func coreModule(_ index: UInt32, at offset: Int) throws(WasmError) -> CoreModuleType {
    try Self.entry(coreModules, index, "module", at: offset).type
  }

  func coreInstance(_ index: UInt32, at offset: Int) throws(WasmError) -> CoreExports {
    try Self.entry(coreInstances, index, "core instance", at: offset).exports
  }

  func coreType(_ index: UInt32, at offset: Int) throws(WasmError) -> CoreType {
    try Self.entry(coreTypes, index, "type", at: offset)
  }

  func coreFunction(_ index: UInt32, at offset: Int) throws(WasmError) -> FunctionType {
    try Self.entry(coreFunctions, index, "core function", at: offset).type
  }

  func coreTable(_ index: UInt32, at offset: Int) throws(WasmError) -> TableType {
    try Self.entry(coreTables, index, "table", at: offset).type
  }

  func coreMemory(_ index: UInt32, at offset: Int) throws(WasmError) -> MemoryType {
    try Self.entry(coreMemories, index, "memory", at: offset).type
  }

  func coreGlobal(_ index: UInt32, at offset: Int) throws(WasmError) -> GlobalType {
    try Self.entry(coreGlobals, index, "global", at: offset).type
  }

  func coreTag(_ index: UInt32, at offset: Int) throws(WasmError) -> FunctionType {
    try Self.entry(coreTags, index, "tag", at: offset).type
  }

  func type(_ index: UInt32, at offset: Int) throws(WasmError) -> TypeID {
    try Self.entry(types, index, "type", at: offset)
  }

  func function(_ index: UInt32, at offset: Int) throws(WasmError) -> TypeID {
    try Self.entry(functions, index, "function", at: offset).type
  }

  func instance(_ index: UInt32, at offset: Int) throws(WasmError) -> TypeID {
    try Self.entry(instances, index, "instance", at: offset).type
  }

  func component(_ index: UInt32, at offset: Int) throws(WasmError) -> TypeID {
    try Self.entry(components, index, "component", at: offset).type
  }

  /// The type of an item of any sort.
  func entity(_ item: SortIndex, at offset: Int) throws(WasmError) -> EntityType {
    switch item.sort {
    case .coreModule: .coreModule(try coreModule(item.index, at: offset))
    case .function: .function(try function(item.index, at: offset))
    case .type: .type(try type(item.index, at: offset))
    case .component: .component(try component(item.index, at: offset))
    case .instance: .instance(try instance(item.index, at: offset))
    }
  }

  func coreEntity(_ sort: CoreSort, _ index: UInt32, at offset: Int) throws(WasmError) -> CoreEntityType {
    switch sort {
    case .function: .function(try coreFunction(index, at: offset))
    case .table: .table(try coreTable(index, at: offset))
    case .memory: .memory(try coreMemory(index, at: offset))
    case .global: .global(try coreGlobal(index, at: offset))
    case .tag: .tag(try coreTag(index, at: offset))
    case .type, .module, .instance: throw .invalid("a core instance cannot export a \(sort.noun)", at: offset)
    }
  }

  /// Gives an item an index.
  mutating func add(_ type: EntityType, _ origin: ItemOrigin) {
    switch type {
    case .coreModule(let type): coreModules.append(CoreModuleEntry(origin: .item(origin), type: type))
    case .function(let type): functions.append(FunctionEntry(origin: .item(origin), type: type))
    case .type(let type): types.append(type)
    case .component(let type): components.append(ComponentEntry(origin: .item(origin), type: type))
    case .instance(let type): instances.append(InstanceEntry(origin: .item(origin), type: type))
    }
  }
}

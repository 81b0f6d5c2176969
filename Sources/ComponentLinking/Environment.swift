import ComponentFormat
import WasmFormat

/// A component instance while it is made: its index spaces with what their entries turned out to be.
///
/// An entry refers only to entries before it, so each space is filled in order, as far as the steps taken allow: no chain of aliases, however
/// long, is followed by recursion.
final class Environment {
  let component: Component
  let file: ComponentFile
  let parent: Environment?
  let instance: ComponentInstance
  private var imports: [Item]

  private(set) var coreInstances: [CoreInstanceValue] = []
  private var canonicals: [UInt32: CanonicalValue] = [:]
  private(set) var instances: [InstanceValue] = []
  private(set) var functions: [FunctionValue] = []
  private(set) var modules: [ModuleValue] = []
  private(set) var components: [ComponentClosure] = []
  private var resources: [ResourceID: ResourceType] = [:]
  private var boundExports = 0
  /// Types of instances that have been gone through: they are shared, and going through each of its uses could take forever.
  private var boundTypes: Set<TypeID> = []

  init(
    _ closure: ComponentClosure, instance: ComponentInstance, arguments: [String: Item],
    makeResource: (Environment, ResourceDefinition) -> ResourceType
  ) throws(LinkingError) {
    component = closure.component
    parent = closure.parent
    file = closure.file
    self.instance = instance
    var imports: [Item] = []
    for item in component.imports {
      guard let argument = arguments[item.name] else {
        throw LinkingError(.unknownImport, "unknown import: nothing offers \(quoted(item.name))")
      }
      imports.append(argument)
    }
    self.imports = imports
    instance.usesContext = component.coreFunctions.contains {
      switch $0.origin {
      case .canonical(.contextGet), .canonical(.contextSet): true
      default: false
      }
    }
    for (id, definition) in component.resources.sorted(by: { $0.key.index < $1.key.index }) {
      resources[id] = makeResource(self, definition)
    }
    for (item, argument) in zip(component.imports, imports) { bind(item.type, argument) }
  }

  /// Of nothing but types.
  init(of file: ComponentFile, instance: ComponentInstance) {
    self.file = file
    self.instance = instance
    component = Component()
    parent = nil
    imports = []
  }

  var types: TypeTable { file.types }

  /// The component has been linked: what stands here, and knows this in turn, is not needed any more.
  func end() {
    (coreInstances, canonicals, instances, functions) = ([], [:], [], [])
    (modules, components, resources) = ([], [], [:])
    imports = []
  }

  // MARK: Filling the index spaces

  /// Goes as far as the steps taken allow.
  func advance() throws(LinkingError) {
    while instances.count < component.instances.count, case .item(let origin) = component.instances[instances.count].origin,
      let item = try item(origin, .instance)
    {
      guard case .instance(let value) = item else { throw Self.fault }
      instances.append(value)
    }
    while modules.count < component.coreModules.count, let module = try module(component.coreModules[modules.count].origin) {
      modules.append(module)
    }
    while components.count < component.components.count, let closure = try closure(component.components[components.count].origin) {
      components.append(closure)
    }
    while functions.count < component.functions.count, let function = try function(component.functions[functions.count]) {
      functions.append(function)
    }
    try bindExports()
  }

  private func module(_ origin: CoreModuleEntry.Origin) throws(LinkingError) -> ModuleValue? {
    switch origin {
    case .defined(let index): return ModuleValue(module: component.definedModules[index].module)
    case .item(let origin):
      guard let item = try item(origin, .coreModule) else { return nil }
      guard case .module(let module) = item else { throw Self.fault }
      return module
    }
  }

  private func closure(_ origin: ComponentEntry.Origin) throws(LinkingError) -> ComponentClosure? {
    switch origin {
    case .defined(let index): return ComponentClosure(file: file, component: component.definedComponents[index], parent: self)
    case .item(let origin):
      guard let item = try item(origin, .component) else { return nil }
      guard case .component(let closure) = item else { throw Self.fault }
      return closure
    }
  }

  private func function(_ entry: FunctionEntry) throws(LinkingError) -> FunctionValue? {
    switch entry.origin {
    case .lift(let function, let options):
      return FunctionValue(function: function, options: options, type: entry.type, environment: self)
    case .item(let origin):
      guard let item = try item(origin, .function) else { return nil }
      guard case .function(let value) = item else { throw Self.fault }
      return value
    }
  }

  /// Nil while what it needs is not there.
  private func item(_ origin: ItemOrigin, _ sort: SortIndex.Sort) throws(LinkingError) -> Item? {
    switch origin {
    case .imported(let index):
      guard index < imports.count else { throw Self.fault }
      return imports[index]
    case .alias(let instance, let name):
      guard instance < instances.count else { return nil }
      guard let item = instances[Int(instance)].exports[name] else {
        throw LinkingError(.unknownImport, "unknown import: an imported instance has no \(quoted(name))")
      }
      return item
    case .outer(let count, let index):
      var environment = self
      for _ in 0..<count {
        guard let parent = environment.parent else { throw Self.fault }
        environment = parent
      }
      return try environment.item(SortIndex(sort: sort, index: index))
    case .exported(let index):
      guard index < component.exports.count else { throw Self.fault }
      return try item(component.exports[Int(index)].item)
    }
  }

  /// Nil while it is not there.
  func item(_ index: SortIndex) throws(LinkingError) -> Item? {
    let place = Int(index.index)
    switch index.sort {
    case .coreModule: return place < modules.count ? .module(modules[place]) : nil
    case .function: return place < functions.count ? .function(functions[place]) : nil
    case .component: return place < components.count ? .component(components[place]) : nil
    case .instance: return place < instances.count ? .instance(instances[place]) : nil
    case .type:
      guard place < component.types.count else { throw Self.fault }
      guard let id = types.resource(component.types[place]) else { return .type(nil) }
      return .type(resources[id])
    }
  }

  func add(_ value: InstanceValue, at index: UInt32) throws(LinkingError) {
    guard instances.count == index, index < component.instances.count else { throw Self.fault }
    instances.append(value)
    bind(.instance(component.instances[Int(index)].type), .instance(value))
  }

  func add(_ value: CoreInstanceValue) { coreInstances.append(value) }

  /// What validation has ruled out.
  static var fault: LinkingError { LinkingError(.unsupported, "the component's index spaces do not fit together") }

  // MARK: Resource types

  /// Where a type says that a resource type is brought in, the value says which one it is.
  private func bind(_ type: EntityType, _ item: Item) {
    switch (type, item) {
    case (.type(let id), .type(let resource?)):
      if let id = types.resource(id), resources[id] == nil { resources[id] = resource }
    case (.instance(let id), .instance(let value)):
      guard boundTypes.insert(id).inserted else { return }
      for entry in types.instance(id)?.exports.entries ?? [] {
        if let item = value.exports[entry.name] { bind(entry.type, item) }
      }
    default: break
    }
  }

  private func bindExports() throws(LinkingError) {
    while boundExports < component.exports.count, let item = try item(component.exports[boundExports].item) {
      bind(component.exports[boundExports].type, item)
      boundExports += 1
    }
  }

  func resource(_ type: TypeID) throws(LinkingError) -> ResourceType {
    guard let id = types.resource(type), let resource = resources[id] else { throw Self.fault }
    return resource
  }

  // MARK: Core functions

  func coreFunction(_ index: UInt32) throws(LinkingError) -> CoreFunctionValue {
    guard index < component.coreFunctions.count else { throw Self.fault }
    let entry = component.coreFunctions[Int(index)]
    switch entry.origin {
    case .export(let instance, let name):
      guard case .function(let value) = try coreEntity(instance, name) else {
        return .item(try coreItem(instance, name))
      }
      return value
    case .canonical(let function):
      if let known = canonicals[index] { return .canonical(known) }
      let value = CanonicalValue(function, type: entry.type, environment: self)
      canonicals[index] = value
      return .canonical(value)
    }
  }

  func coreEntity(_ instance: UInt32, _ name: String) throws(LinkingError) -> CoreEntity {
    guard instance < coreInstances.count, let entity = coreInstances[Int(instance)][name] else { throw Self.fault }
    return entity
  }

  func coreItem(_ instance: UInt32, _ name: String) throws(LinkingError) -> CoreItem {
    guard case .item(let item) = try coreEntity(instance, name) else { throw Self.fault }
    return item
  }

  func coreMemory(_ index: UInt32) throws(LinkingError) -> CoreItem {
    guard index < component.coreMemories.count else { throw Self.fault }
    let alias = component.coreMemories[Int(index)]
    return try coreItem(alias.instance, alias.name)
  }

  func coreEntity(_ sort: CoreSort, _ index: UInt32) throws(LinkingError) -> CoreEntity {
    func alias<Type>(_ entries: [CoreExportAlias<Type>]) throws(LinkingError) -> CoreEntity {
      guard index < entries.count else { throw Self.fault }
      return try coreEntity(entries[Int(index)].instance, entries[Int(index)].name)
    }
    switch sort {
    case .function: return .function(try coreFunction(index))
    case .table: return try alias(component.coreTables)
    case .memory: return try alias(component.coreMemories)
    case .global: return try alias(component.coreGlobals)
    case .tag: return try alias(component.coreTags)
    case .type, .module, .instance: throw Self.fault
    }
  }
}

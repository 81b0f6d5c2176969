import ComponentFormat
import WasmFormat

/// Instantiates a component while it is built: follows the instantiation's steps, which are known from the file alone, and writes an
/// adapter wherever the Canonical ABI stands between two core instances.
public struct ComponentLinker {
  /// - Parameter providers: components that are trusted with the host: what they export offers what this one, or one of them that stands
  ///   later, imports, under the same name or that of a compatible version. A core module that a provider imports is the host's
  ///   (``ComponentLinker/hostMemory``).
  /// - Parameter driver: a component around this one, which takes this one's exports, and whatever else of the providers it imports; what can
  ///   be called from outside is then the driver's.
  public static func link(
    _ binary: ComponentBinary, providers: [ComponentBinary] = [], driver: ComponentBinary? = nil, missingImports: MissingImportsRule = .refuse,
    limits: LinkingLimits = LinkingLimits()
  ) throws(LinkingError) -> LinkedComponent {
    try StaticInstantiation(limits: limits).run(binary, providers: providers, driver: driver, missingImports: missingImports)
  }

  /// What a provider calls the memory on which the host's functions act; every other export of the host's modules is such a function.
  public static let hostMemory = "memory"
}

final class StaticInstantiation {
  let limits: LinkingLimits
  /// The first is the state that all adapters share, which is written last.
  private var instances: [LinkedComponent.CoreInstance?] = [nil]
  private var componentInstances: [ComponentInstance] = []
  private var environments: [Environment] = []
  private var entryCount = 0
  private var resourceCount = 0
  let state = StateModule()
  /// Where adapters go until a core instance needs one of them.
  private var adapters: AdapterModule?
  private var unsupported: [String] = []
  private var functionCount = 0

  /// Whether a call of what the component's maker wrote can end by an exception. The providers' cannot.
  private(set) var usesExceptions = false

  init(limits: LinkingLimits) { self.limits = limits }

  func run(
    _ root: ComponentBinary, providers: [ComponentBinary], driver: ComponentBinary?, missingImports: MissingImportsRule
  ) throws(LinkingError) -> LinkedComponent {
    // Functions, resource types and components within know the instance that they are of, and it knows them.
    defer { for environment in environments { environment.end() } }
    let missing = missingImports == .trap ? MissingImports(instance: try newInstance(parent: nil)) { self.nextResource() } : nil
    var offers = Offers(missing: missing)
    for provider in providers {
      let file = ComponentFile(provider.types)
      let arguments = try offers.arguments(for: provider.component, in: file, host: state)
      offers.add(try instantiate(ComponentClosure(file: file, component: provider.component), arguments: arguments, parent: nil))
    }
    usesExceptions = root.component.usesExceptions
    let file = ComponentFile(root.types)
    let arguments = try offers.arguments(for: root.component, in: file, host: nil)
    var value = try instantiate(ComponentClosure(file: file, component: root.component), arguments: arguments, parent: nil)
    if let driver {
      // What the providers offer stays theirs, whatever this component calls its exports.
      offers.add(value, replaces: false)
      let file = ComponentFile(driver.types)
      let arguments = try offers.arguments(for: driver.component, in: file, host: nil)
      value = try instantiate(ComponentClosure(file: file, component: driver.component), arguments: arguments, parent: nil)
    }
    var linked = LinkedComponent()
    linked.missing = missing?.names ?? []
    let outside = Outside(self)
    try outside.export(value, path: [])
    try closeAdapters()
    if outside.needsDoor { linked.door = Door(instance: try add(try DoorModule.write(), imports: [], isAdapter: true)) }
    linked.functions = try outside.functions(door: linked.door)
    try closeAdapters()
    instances[0] = LinkedComponent.CoreInstance(module: try state.module(componentInstances), imports: [], isAdapter: true)
    linked.instances = instances.compactMap { $0 }
    linked.unsupported = unsupported
    return linked
  }

  // MARK: Component instances

  private func newInstance(parent: ComponentInstance?) throws(LinkingError) -> ComponentInstance {
    guard componentInstances.count < limits.componentInstances else {
      throw LinkingError(.limit, "more than \(limits.componentInstances) component instances")
    }
    let instance = ComponentInstance(number: componentInstances.count, parent: parent)
    componentInstances.append(instance)
    return instance
  }

  private func nextResource() -> Int {
    resourceCount += 1
    return resourceCount
  }

  private func instantiate(
    _ closure: ComponentClosure, arguments: [String: Item], parent: ComponentInstance?
  ) throws(LinkingError) -> InstanceValue {
    let component = closure.component
    try count(entries: component.entryCount)
    let instance = try newInstance(parent: parent)
    let environment = try Environment(closure, instance: instance, arguments: arguments) {
      ResourceType(number: self.nextResource(), implementation: instance, destructor: $1.destructor, environment: $0)
    }
    environments.append(environment)
    for step in component.steps {
      try environment.advance()
      switch step {
      case .coreInstance(let index): environment.add(try coreInstance(component.coreInstances[Int(index)], environment))
      case .instance(let index): try environment.add(try self.instance(component.instances[Int(index)], environment), at: index)
      }
    }
    try environment.advance()
    var value = InstanceValue()
    for export in component.exports { value.add(export.name, try Self.known(try environment.item(export.item))) }
    return value
  }

  private func count(entries: Int) throws(LinkingError) {
    entryCount += entries
    guard entryCount <= limits.entries else { throw LinkingError(.limit, "more than \(limits.entries) items in all component instances") }
  }

  private func instance(_ entry: InstanceEntry, _ environment: Environment) throws(LinkingError) -> InstanceValue {
    switch entry.origin {
    case .instantiate(let index, let arguments):
      guard index < environment.components.count else { throw Environment.fault }
      var items: [String: Item] = [:]
      for argument in arguments { items[argument.name] = try Self.known(try environment.item(argument.item)) }
      return try instantiate(environment.components[Int(index)], arguments: items, parent: environment.instance)
    case .exports(let exports):
      var value = InstanceValue()
      for export in exports { value.add(export.name, try Self.known(try environment.item(export.item))) }
      return value
    case .item: throw Environment.fault
    }
  }

  private static func known(_ item: Item?) throws(LinkingError) -> Item {
    guard let item else { throw Environment.fault }
    return item
  }

  // MARK: Core instances

  private func coreInstance(_ entry: CoreInstanceEntry, _ environment: Environment) throws(LinkingError) -> CoreInstanceValue {
    switch entry.origin {
    case .exports(let exports):
      var entities: [CoreName: CoreEntity] = [:]
      for export in exports { entities[CoreName(export.name)] = try environment.coreEntity(export.sort, export.index) }
      return .exports(entities)
    case .instantiate(let index, let arguments):
      guard index < environment.modules.count else { throw Environment.fault }
      let (module, bound) = (environment.modules[Int(index)].module, environment.modules[Int(index)].bound)
      if let bound {
        try closeAdapters()
        return .instantiated(try add(module, imports: bound, isAdapter: true))
      }
      var given: [CoreName: CoreInstanceValue] = [:]
      for argument in arguments {
        guard argument.instance < environment.coreInstances.count else { throw Environment.fault }
        given[CoreName(argument.name)] = environment.coreInstances[Int(argument.instance)]
      }
      var imports: [CoreItem] = []
      for item in module.imports {
        switch given[CoreName(item.module)]?[item.name] {
        case .item(let item): imports.append(item)
        case .function(let function): imports.append(try self.item(function))
        case nil: throw Environment.fault
        }
      }
      try closeAdapters()
      return .instantiated(try add(module, imports: imports, isAdapter: false))
    }
  }

  private func add(_ module: Module, imports: [CoreItem], isAdapter: Bool) throws(LinkingError) -> Int {
    guard instances.count < limits.coreInstances else { throw LinkingError(.limit, "more than \(limits.coreInstances) core instances") }
    instances.append(LinkedComponent.CoreInstance(module: module, imports: imports, isAdapter: isAdapter))
    return instances.count - 1
  }

  // MARK: Adapters

  /// The module that is being written; it will be the next core instance.
  func openAdapters() throws(LinkingError) -> AdapterModule {
    if let adapters { return adapters }
    guard instances.count < limits.coreInstances else { throw LinkingError(.limit, "more than \(limits.coreInstances) core instances") }
    let opened = AdapterModule(instance: instances.count, linking: self)
    instances.append(nil)
    adapters = opened
    return opened
  }

  private func closeAdapters() throws(LinkingError) {
    guard let adapters else { return }
    instances[adapters.instance] = LinkedComponent.CoreInstance(
      module: try Self.written(adapters.writer), imports: adapters.writer.importedItems, isAdapter: true)
    self.adapters = nil
  }

  static func written(_ writer: ModuleWriter) throws(LinkingError) -> Module {
    do {
      return try writer.module()
    } catch {
      throw LinkingError(.limit, "an adapter was not accepted: \(error)")
    }
  }

  /// Where a core function can be had; it is written now if it has not been.
  func item(_ value: CoreFunctionValue) throws(LinkingError) -> CoreItem {
    switch value {
    case .item(let item): return item
    case .canonical(let canonical):
      if let item = canonical.item { return item }
      let item = try openAdapters().add(canonical)
      canonical.item = item
      return item
    }
  }

  func countFunction() throws(LinkingError) {
    functionCount += 1
    guard functionCount <= limits.adapterFunctions else {
      throw LinkingError(.limit, "more than \(limits.adapterFunctions) functions in adapters")
    }
  }

  func note(unsupported name: String) { if !unsupported.contains(name) { unsupported.append(name) } }
}

extension Component {
  /// What each instance of it is made of.
  fileprivate var entryCount: Int {
    var count = imports.count + exports.count + resources.count + steps.count + instances.count + functions.count + coreModules.count + components.count
    count += coreFunctions.count + coreInstances.count
    for entry in coreInstances {
      switch entry.origin {
      case .exports(let exports): count += exports.count
      case .instantiate(_, let arguments): count += arguments.count
      }
    }
    for entry in instances {
      switch entry.origin {
      case .exports(let exports): count += exports.count
      case .instantiate(_, let arguments): count += arguments.count
      case .item: break
      }
    }
    return count
  }

  /// Of its own core modules and those of the components in it; bounded by the decoder's limit to how deep they nest.
  fileprivate var usesExceptions: Bool {
    definedModules.contains { $0.module.usesExceptions } || definedComponents.contains { $0.usesExceptions }
  }
}

import ComponentFormat
import WasmFormat

/// Stands for imports that nothing offers: functions that trap, and resource types of which nobody has one.
final class MissingImports {
  private let instance: ComponentInstance
  private let nextResource: () -> Int
  private(set) var names: [String] = []
  /// Where the imports' types are, by file.
  private var environments: [ObjectIdentifier: Environment] = [:]
  /// An instance type may hold another one many times over.
  private var budget = 100_000

  init(instance: ComponentInstance, nextResource: @escaping () -> Int) {
    self.instance = instance
    self.nextResource = nextResource
  }

  func item(_ name: String, _ type: EntityType, _ file: ComponentFile) throws(LinkingError) -> Item {
    names.append(name)
    return try item(type, try environment(file), name)
  }

  private func item(_ type: EntityType, _ environment: Environment, _ name: String) throws(LinkingError) -> Item {
    budget -= 1
    guard budget > 0 else { throw LinkingError(.limit, "more than 100000 items in imports that nothing offers") }
    let types = environment.types
    switch type {
    case .function(let id):
      let function = FunctionValue(function: nil, options: CanonicalOptions(), type: id, environment: environment)
      function.name = name
      return .function(function)
    case .type(let id):
      guard types.resource(id) != nil else { return .type(nil) }
      return .type(ResourceType(number: nextResource(), implementation: instance, destructor: nil, environment: nil))
    case .instance(let id):
      var value = InstanceValue()
      for entry in types.instance(id)?.exports.entries ?? [] { value.add(entry.name, try item(entry.type, environment, name + "#" + entry.name)) }
      return .instance(value)
    case .coreModule, .component:
      throw LinkingError(.unknownImport, "unknown import: nothing offers \(quoted(name)), and it is no function that could trap")
    }
  }

  private func environment(_ file: ComponentFile) throws(LinkingError) -> Environment {
    if let known = environments[ObjectIdentifier(file)] { return known }
    let made = Environment(of: file, instance: instance)
    environments[ObjectIdentifier(file)] = made
    return made
  }
}

import WasmFormat

/// The names of the imports, or of the exports, of one component, component type, instance type or instance.
struct NameScope {
  enum Role: String {
    case `import`, export

    /// Resources of a synthesised instance lend their names to nothing (Binary.md: only components and types are scopes).
    case inlineExport = "inline export"
  }
  let role: Role
  private var keys: [String: String] = [:]
  /// The resource types by the plain names that they have here.
  private var resources: [String: ResourceID] = [:]

  init(_ role: Role) { self.role = role }

  /// Takes a name in, after the rules for names and for what they annotate.
  mutating func add(_ name: AttributedName, _ entity: EntityType, in table: TypeTable) throws(WasmError) {
    let key = name.name.uniqueKey(name.text)
    if let previous = keys.updateValue(name.text, forKey: key) {
      throw .invalid(
        "\(role == .import ? "import" : "export") name \(quoted(name.text)) conflicts with previous name \(quoted(previous))",
        at: name.offset)
    }
    if name.attributes.implements != nil {
      guard case .instance = entity else {
        throw .invalid("only instances can have an `implements`, found \(entity.noun)", at: name.offset)
      }
    }
    do throws(NameFault) {
      try checkAnnotation(name, entity, in: table)
    } catch {
      throw .invalid("\(quoted(name.text)): \(error.message)", at: name.offset)
    }
    if role != .inlineExport, case .plain(let label) = name.name, case .type(let id) = entity, let resource = table.resource(id) {
      resources[label] = resource
    }
  }

  private func checkAnnotation(_ name: AttributedName, _ entity: EntityType, in table: TypeTable) throws(NameFault) {
    switch name.name {
    case .plain, .interface: break
    case .constructor(let resource):
      guard let result = try function(entity, in: table).result else { throw NameFault("function should return one value") }
      guard let made = Self.constructed(result, in: table) else {
        throw NameFault("function should return `(own $T)` or `(result (own $T))`")
      }
      try check(made, is: resource)
    case .method(let resource, _):
      guard let first = try function(entity, in: table).parameters.first else {
        throw NameFault("function should have at least one argument")
      }
      guard first.name == "self" else {
        throw NameFault("function should have a first argument called `self`, found \(quoted(first.name))")
      }
      guard case .defined(let id) = first.type, case .borrow(let type)? = table.value(id), let used = table.resource(type) else {
        throw NameFault("function should take a first argument of `(borrow $T)`")
      }
      try check(used, is: resource)
    case .staticFunction(let resource, _):
      _ = try function(entity, in: table)
      guard resources[resource] != nil else { throw NameFault("static resource name is not known in this context") }
    }
  }

  private func function(_ entity: EntityType, in table: TypeTable) throws(NameFault) -> ComponentFunctionType {
    guard case .function(let id) = entity, let type = table.function(id) else { throw NameFault("item is not a func") }
    return type
  }

  private static func constructed(_ result: ComponentValueType, in table: TypeTable) -> ResourceID? {
    guard case .defined(let id) = result else { return nil }
    switch table.value(id) {
    case .own(let type): return table.resource(type)
    case .result(.defined(let success)?, _):
      guard case .own(let type)? = table.value(success) else { return nil }
      return table.resource(type)
    default: return nil
    }
  }

  private func check(_ used: ResourceID, is name: String) throws(NameFault) {
    guard let known = resources[name] else {
      throw NameFault("resource used in function does not have a name in this context, \(quoted(name)) wanted")
    }
    guard known == used else { throw NameFault("function does not match expected resource name \(quoted(name))") }
  }
}

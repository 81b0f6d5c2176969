import WasmFormat

/// The type of an import or export (`externtype`).
public enum EntityType: Sendable {
  case coreModule(CoreModuleType)
  case function(TypeID)
  /// The type that an import or export of a type introduces.
  case type(TypeID)
  case component(TypeID)
  case instance(TypeID)

  /// The word for it in messages.
  var noun: String {
    switch self {
    case .coreModule: "core module"
    case .function: "func"
    case .type: "type"
    case .component: "component"
    case .instance: "instance"
    }
  }
}

/// Imports or exports, in their order and by name.
public struct EntityList: Sendable {
  public struct Entry: Sendable {
    public var name: String
    public var type: EntityType
  }
  public private(set) var entries: [Entry] = []
  private var indices: [String: Int] = [:]

  public init() {}

  /// Names are compared as they are; they are ASCII.
  public subscript(name: String) -> EntityType? { indices[name].map { entries[$0].type } }

  mutating func append(_ name: String, _ type: EntityType) {
    indices[name] = entries.count
    entries.append(Entry(name: name, type: type))
  }
}

/// What a component wants and shows (Explainer, "Type Definitions", `componenttype`).
public struct ComponentType: Sendable {
  public var imports = EntityList()
  public var exports = EntityList()
  /// The resource types that an instantiation is given by its imports.
  public var importedResources: [ResourceID] = []
  /// The resource types that each instantiation makes anew.
  public var definedResources: [ResourceID] = []

  public init() {}
}

/// What an instance shows (Explainer, "Type Definitions", `instancetype`).
public struct InstanceType: Sendable {
  public var exports = EntityList()
  /// The resource types of which an instance must have some; empty for the type of an instance that is there.
  public var definedResources: [ResourceID] = []

  public init() {}
}

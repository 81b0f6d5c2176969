import WasmFormat

/// A type of a component or of one nested in it; an index into the `TypeTable` of the same file.
///
/// Two may be equal in structure and yet be different: only one of them may have a name outside, as an import or an export.
public struct TypeID: Hashable, Sendable {
  public let index: UInt32
}

/// A resource type's identity. Definitions are generative: no two of them are the same (Explainer, "Type Definitions").
public struct ResourceID: Hashable, Sendable {
  public let index: UInt32
}

/// What a type's number stands for.
public enum TypeDefinition: Sendable {
  case value(DefinedValueType)
  case function(ComponentFunctionType)
  case component(ComponentType)
  case instance(InstanceType)
  case resource(ResourceID)

  /// The word for it in messages.
  var noun: String {
    switch self {
    case .value: "defined type"
    case .function: "function type"
    case .component: "component type"
    case .instance: "instance type"
    case .resource: "resource"
    }
  }
}

/// All types of a file, each made of earlier ones only.
public struct TypeTable: Sendable {
  private struct Entry {
    var definition: TypeDefinition
    /// Of a value type.
    var layout: ValueLayout?
    /// How many types lie one within the other.
    var depth: Int
  }
  private var entries: [Entry] = []

  /// One without types.
  public init() {}

  public var count: Int { entries.count }

  /// - Precondition: The index is one of this table.
  public subscript(id: TypeID) -> TypeDefinition { entries[Int(id.index)].definition }

  func depth(of id: TypeID) -> Int { entries[Int(id.index)].depth }

  mutating func append(_ definition: TypeDefinition, layout: ValueLayout?, depth: Int) -> TypeID {
    entries.append(Entry(definition: definition, layout: layout, depth: depth))
    return TypeID(index: UInt32(truncatingIfNeeded: entries.count - 1))
  }
}

extension TypeTable {
  /// Nil for a type that is no value type; likewise below.
  public func value(_ id: TypeID) -> DefinedValueType? {
    if case .value(let type) = self[id] { type } else { nil }
  }

  public func function(_ id: TypeID) -> ComponentFunctionType? {
    if case .function(let type) = self[id] { type } else { nil }
  }

  public func component(_ id: TypeID) -> ComponentType? {
    if case .component(let type) = self[id] { type } else { nil }
  }

  public func instance(_ id: TypeID) -> InstanceType? {
    if case .instance(let type) = self[id] { type } else { nil }
  }

  public func resource(_ id: TypeID) -> ResourceID? {
    if case .resource(let resource) = self[id] { resource } else { nil }
  }

  /// How a value lies in linear memory and in core values.
  public func layout(of type: ComponentValueType) -> ValueLayout {
    switch type {
    case .primitive(let type): ValueLayout(type)
    // A reference to a value type is made only where there is one.
    case .defined(let id): entries[Int(id.index)].layout ?? ValueLayout(.bool)
    }
  }
}

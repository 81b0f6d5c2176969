import ComponentFormat
import WasmFormat

/// What items are once a component is instantiated. All of it is known before anything runs.
enum Item {
  case module(ModuleValue)
  case function(FunctionValue)
  /// The resource type; nil for a type of values.
  case type(ResourceType?)
  case component(ComponentClosure)
  case instance(InstanceValue)
}

/// Where components come from: types of two files have nothing to do with each other.
final class ComponentFile {
  let types: TypeTable

  init(_ types: TypeTable) { self.types = types }
}

struct ModuleValue {
  var module: Module
  /// What the imports are, where that does not depend on who instantiates it.
  var bound: [CoreItem]?
}

struct ComponentClosure {
  var file: ComponentFile
  var component: Component
  /// The instance within which it was defined, for outer aliases.
  var parent: Environment?
}

/// Component names are ASCII, so that `String` compares them rightly.
struct InstanceValue {
  var exports: [String: Item] = [:]
  /// As the exports are ordered.
  var names: [String] = []

  mutating func add(_ name: String, _ item: Item) {
    if exports.updateValue(item, forKey: name) == nil { names.append(name) }
  }
}

/// A lifted function of a component instance, or one that is missing.
final class FunctionValue {
  /// Of the core function index space; nil for one that nothing offers, which traps when it is called.
  let function: UInt32?
  /// Of one that nothing offers.
  var name: String?
  let options: CanonicalOptions
  let type: TypeID
  let environment: Environment

  init(function: UInt32?, options: CanonicalOptions, type: TypeID, environment: Environment) {
    self.function = function
    self.options = options
    self.type = type
    self.environment = environment
  }
}

/// A resource type of one component instance.
final class ResourceType {
  /// Among all of the image, from 1.
  let number: Int
  let implementation: ComponentInstance
  let destructor: UInt32?
  /// Where the destructor is.
  let environment: Environment?

  init(number: Int, implementation: ComponentInstance, destructor: UInt32?, environment: Environment?) {
    self.number = number
    self.implementation = implementation
    self.destructor = destructor
    self.environment = environment
  }
}

/// A component instance as its state has it (Canonical ABI, "Component Instance State").
final class ComponentInstance {
  /// Among all of the image; nil for the outside.
  let number: Int?
  /// Which instantiated this one.
  let parent: ComponentInstance?
  /// Whether its code has built-ins that keep a thread's context.
  var usesContext = false

  init(number: Int?, parent: ComponentInstance?) {
    self.number = number
    self.parent = parent
  }

  /// Whose code may not be running when `caller` calls into this one (`entering_set`), the innermost first.
  func entering(from caller: ComponentInstance) -> [ComponentInstance] {
    var outside: Set<ObjectIdentifier> = []
    var next: ComponentInstance? = caller
    while let instance = next {
      outside.insert(ObjectIdentifier(instance))
      next = instance.parent
    }
    var result: [ComponentInstance] = []
    next = self
    while let instance = next, !outside.contains(ObjectIdentifier(instance)) {
      result.append(instance)
      next = instance.parent
    }
    return result
  }
}

// MARK: Core

enum CoreEntity {
  case function(CoreFunctionValue)
  case item(CoreItem)
}

enum CoreFunctionValue {
  case item(CoreItem)
  /// One that is written when something first needs it.
  case canonical(CanonicalValue)
}

final class CanonicalValue {
  let function: CanonicalFunction
  let type: FunctionType
  let environment: Environment
  var item: CoreItem?

  init(_ function: CanonicalFunction, type: FunctionType, environment: Environment) {
    self.function = function
    self.type = type
    self.environment = environment
  }
}

enum CoreInstanceValue {
  case instantiated(Int)
  case exports([CoreName: CoreEntity])

  subscript(name: String) -> CoreEntity? {
    switch self {
    case .instantiated(let number): .item(.export(instance: number, name: CoreName(name)))
    case .exports(let exports): exports[CoreName(name)]
    }
  }
}

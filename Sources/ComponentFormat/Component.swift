import WasmFormat

/// A component file: sound in every byte, and keeping the rules of validation.
public struct ComponentBinary: Sendable {
  /// The whole file.
  public var bytes: [UInt8]
  /// Of the component and of all that are nested in it.
  public var types: TypeTable
  public var component: Component
  /// From the "component-name" custom section, where it is there and well formed.
  public var names: ComponentNames
}

/// A component: its index spaces, in which each entry says where it comes from (Explainer, "Index Spaces").
///
/// Exports, too, make an entry of the space of what they export, as aliases do.
public struct Component: Sendable {
  /// Where it lies in the file, with its preamble.
  public var range: Range<Int>
  /// Its type in the file's table.
  public var type = TypeID(index: 0)
  public var imports: [ComponentImport] = []
  public var exports: [ComponentExport] = []
  /// What happens at an instantiation, in this order.
  public var steps: [InstantiationStep] = []
  /// The core modules and components that are defined here.
  public var definedModules: [DefinedModule] = []
  public var definedComponents: [Component] = []
  /// The resource types that are defined here.
  public var resources: [ResourceID: ResourceDefinition] = [:]

  public var coreModules: [CoreModuleEntry] = []
  public var coreInstances: [CoreInstanceEntry] = []
  public var coreTypes: [CoreType] = []
  public var coreFunctions: [CoreFunctionEntry] = []
  public var coreTables: [CoreExportAlias<TableType>] = []
  public var coreMemories: [CoreExportAlias<MemoryType>] = []
  public var coreGlobals: [CoreExportAlias<GlobalType>] = []
  public var coreTags: [CoreExportAlias<FunctionType>] = []
  public var types: [TypeID] = []
  public var functions: [FunctionEntry] = []
  public var instances: [InstanceEntry] = []
  public var components: [ComponentEntry] = []

  init(range: Range<Int>) { self.range = range }

  /// One without anything.
  public init() { range = 0..<0 }
}

/// Which of the index spaces of components, and the index in it (`sortidx`).
public struct SortIndex: Sendable, Hashable {
  /// Which index space.
  public enum Sort: Sendable, Hashable {
    case coreModule, function, type, component, instance

    /// The word for it in messages.
    var noun: String {
      switch self {
      case .coreModule: "module"
      case .function: "function"
      case .type: "type"
      case .component: "component"
      case .instance: "instance"
      }
    }
  }
  public var sort: Sort
  public var index: UInt32

  public init(sort: Sort, index: UInt32) {
    self.sort = sort
    self.index = index
  }
}

/// What a component wants from outside.
public struct ComponentImport: Sendable {
  public var name: String
  public var kind: ExternName
  public var attributes: NameAttributes
  public var type: EntityType
}

/// What a component shows to the outside.
public struct ComponentExport: Sendable {
  public var name: String
  public var kind: ExternName
  public var attributes: NameAttributes
  public var item: SortIndex
  /// By the export's own type where it has one, else by the item's.
  public var type: EntityType
}

/// A definition that has to be carried out, in the order of the file: an index into `coreInstances` or `instances`.
public enum InstantiationStep: Sendable, Hashable {
  case coreInstance(UInt32)
  case instance(UInt32)
}

/// A core module in the file.
public struct DefinedModule: Sendable {
  /// Where it lies in the file; offsets in the module count from there.
  public var range: Range<Int>
  public var module: Module
}

/// A resource type that the component defines: what represents one, and what is called when its last owner drops it.
public struct ResourceDefinition: Sendable {
  public var representation: ValueType
  /// Of the core function index space.
  public var destructor: UInt32?
}

// MARK: Where the entries of index spaces come from

/// Where an item that may be imported, aliased or exported again comes from. Indices are those of its own index space.
public enum ItemOrigin: Sendable, Hashable {
  /// An index into the component's imports.
  case imported(Int)
  case alias(instance: UInt32, name: String)
  /// `count` components or types outwards, 0 being this one.
  case outer(count: UInt32, index: UInt32)
  /// The item of an export, under the export's type.
  case exported(UInt32)
}

/// An entry of the core module index space.
public struct CoreModuleEntry: Sendable {
  public enum Origin: Sendable, Hashable {
    /// An index into `definedModules`.
    case defined(Int)
    case item(ItemOrigin)
  }
  public var origin: Origin
  public var type: CoreModuleType
}

/// An entry of the component index space.
public struct ComponentEntry: Sendable {
  public enum Origin: Sendable, Hashable {
    /// An index into `definedComponents`.
    case defined(Int)
    case item(ItemOrigin)
  }
  public var origin: Origin
  public var type: TypeID
}

/// An entry of the function index space.
public struct FunctionEntry: Sendable {
  public enum Origin: Sendable {
    case lift(function: UInt32, CanonicalOptions)
    case item(ItemOrigin)
  }
  public var origin: Origin
  public var type: TypeID
}

/// An entry of the instance index space.
public struct InstanceEntry: Sendable {
  public enum Origin: Sendable {
    case instantiate(component: UInt32, arguments: [(name: String, item: SortIndex)])
    case exports([(name: String, item: SortIndex)])
    case item(ItemOrigin)
  }
  public var origin: Origin
  public var type: TypeID
}

/// An entry of the core instance index space.
public struct CoreInstanceEntry: Sendable {
  public enum Origin: Sendable {
    case instantiate(module: UInt32, arguments: [(name: String, instance: UInt32)])
    case exports([(name: String, sort: CoreSort, index: UInt32)])
  }
  public var origin: Origin
  public var exports: CoreExports
}

/// An entry of the core function index space.
public struct CoreFunctionEntry: Sendable {
  public enum Origin: Sendable {
    case export(instance: UInt32, name: String)
    case canonical(CanonicalFunction)
  }
  public var origin: Origin
  public var type: FunctionType
}

/// An export of a core instance under an index of its own.
public struct CoreExportAlias<Type: Sendable>: Sendable {
  public var instance: UInt32
  public var name: String
  public var type: Type
}

import ComponentFormat
import WasmFormat

/// A component made static: core instances in the order of their creation, each import bound to what an earlier one exports.
/// Nothing of components is left in them but the adapters, which are core modules too.
public struct LinkedComponent: Sendable {
  /// A core module to instantiate, with what each of its imports is bound to.
  public struct CoreInstance: Sendable {
    public var module: Module
    /// For each of the module's imports.
    public var imports: [CoreItem]
    /// Whether the module was written here and not by the component's maker.
    public var isAdapter: Bool
  }

  public internal(set) var instances: [CoreInstance] = []
  /// Functions that can be called from outside.
  public internal(set) var functions: [ExportedFunction] = []
  /// Where arguments and results that do not fit into core values are left; nil where no function has such.
  public internal(set) var door: Door?
  /// Definitions that are there, but trap when they are called: those of asynchronous components.
  public internal(set) var unsupported: [String] = []
  /// Imports that nothing offers, where they are not refused: their functions trap.
  public internal(set) var missing: [String] = []
}

/// What a core instance exports, or a core function that the host offers.
public enum CoreItem: Hashable, Sendable {
  /// An index into `LinkedComponent.instances`.
  case export(instance: Int, name: CoreName)
  /// A function that the host offers to core modules.
  case host(module: CoreName, name: CoreName)
}

/// A name of core WebAssembly: the same when its bytes are.
public struct CoreName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ name: String) { description = name }

  public static func == (one: CoreName, other: CoreName) -> Bool { one.description.utf8.elementsEqual(other.description.utf8) }

  public func hash(into hasher: inout Hasher) {
    for byte in description.utf8 { hasher.combine(byte) }
  }
}

/// A function of the component's exports, to be called as a core function: parameters and results as `canon lower` flattens them, strings
/// in UTF-8, everything that lies in memory in the door's.
public struct ExportedFunction: Sendable {
  /// The export's name, or those of instances within which it is exported.
  public var path: [String]
  public var type: ComponentFunctionType
  /// What the type refers to.
  public var types: TypeTable
  public var lowering: FunctionLowering
  /// Which core instance, and its export's name.
  public var instance: Int
  public var name: String
}

/// A core instance with a memory for arguments and results, which only the outside and the adapters touch. The outside reads and writes it by
/// ways of its own, which are no functions of the instance; who runs the component makes them (``put``, ``get``).
public struct Door: Sendable {
  /// An index into `LinkedComponent.instances`.
  public var instance: Int
  /// The name of its memory among its exports.
  public static let memory = "memory"
  /// The image's entry point that writes: address and count of bytes in the first slot, the bytes in the following ones, or beside the slots
  /// (`EdgeCalls/Command/beside`).
  public static let put = "door put"
  /// ... and that reads: address and count in the first slot; the bytes come in the slots, from the first on, or beside them.
  public static let get = "door get"
  /// `(address)`, a function of the instance: makes room for what is below and a little more. Only needed beyond ``roomAtFirst``.
  public static let reset = "door reset"
  /// Where the address stands, in 4 bytes, behind which results are put: it is the outside's to set before each call, and says afterwards how far
  /// results go.
  public static let top: UInt32 = 8
  /// What the host may use begins here: no pointer is null.
  public static let start: UInt32 = 64
  /// Bytes that are there from the beginning.
  public static let roomAtFirst = 65536
  /// Most bytes that are written or read at once in slots.
  public static let pieceLimit = 16_000
}

/// Why a component was not linked.
public struct LinkingError: Error, Sendable, CustomStringConvertible {
  /// What kind of refusal it is.
  public enum Kind: Sendable, Hashable {
    /// Nothing offers an import.
    case unknownImport
    /// Something that this room cannot do, named in the message.
    case unsupported
    case limit
  }
  public var kind: Kind
  public var description: String

  init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

/// What a component may become at most: a few hundred bytes can ask for 2^30 instances.
public struct LinkingLimits: Sendable {
  public var componentInstances = 10_000
  /// Adapters are among them.
  public var coreInstances = 10_000
  /// Entries of the index spaces of all component instances, with what they are given and export: each instance has its own.
  public var entries = 4_000_000
  /// Exports of functions, looked for through instances.
  public var functions = 100_000
  /// Functions within adapters: one for each type that passes between two components.
  public var adapterFunctions = 1_000_000
  /// Steps of writing adapters.
  public var cases = 65_000

  public init() {}
}

/// What is made of imports that nothing offers.
public enum MissingImportsRule: Sendable {
  case refuse
  /// Functions trap when they are called: a component may import much that it never uses.
  case trap
}

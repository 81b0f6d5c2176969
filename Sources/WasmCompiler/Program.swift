import WasmFormat

/// The instances that make up one trustlet, in the order of their creation, linked statically: what an import means is known
/// before any code is generated, so that a call between instances is a direct call.
public struct Program: Sendable {
  public var instances: [Instance]
  /// What can be called from outside, by index in ``EdgeCalls/Command``.
  public var entryPoints: [EntryPoint]
  /// Whether an instance can be called as soon as it is initialised itself, as a specification script's; otherwise nothing can be called before all
  /// are: a host that leaves one out would else meet a program without its data.
  public var hasSeparateInstances: Bool

  public init(instances: [Instance] = [], entryPoints: [EntryPoint] = [], hasSeparateInstances: Bool = false) {
    self.instances = instances
    self.entryPoints = entryPoints
    self.hasSeparateInstances = hasSeparateInstances
  }
}

/// An exported function to call, or an exported global to read.
public struct EntryPoint: Sendable, Hashable {
  /// What is called, or accessed, by the entry point's number.
  public enum Kind: Sendable, Hashable {
    case function(symbol: String, type: FunctionType)
    case global(GlobalSymbol)
    /// Writes bytes of a memory: address and count are the two words of the first slot, the bytes stand in the following ones, or beside the
    /// slots (``EdgeCalls/Command/beside``).
    case memoryWrite(MemorySymbol)
    /// Reads bytes of a memory: address and count as above; the bytes come in the slots, from the first on, or beside them.
    case memoryRead(MemorySymbol)
  }
  public var instance: Int
  public var name: String
  public var kind: Kind

  public init(instance: Int, name: String, kind: Kind) {
    self.instance = instance
    self.name = name
    self.kind = kind
  }

  public var type: FunctionType {
    switch kind {
    case .function(_, let type): type
    case .global(let global): FunctionType(results: [global.type.value])
    case .memoryWrite, .memoryRead: FunctionType()
    }
  }
}

/// A module with every import bound to a symbol.
public struct Instance: Sendable {
  public var module: Module
  /// Keeps the symbols of instances apart: "i0", "i1", ...
  public var prefix: String
  /// Index spaces with imports first, as in the module.
  public var functions: [FunctionSymbol]
  public var tables: [TableSymbol]
  public var memories: [MemorySymbol]
  public var globals: [GlobalSymbol]
  /// A tag is the address of its symbol.
  public var tags: [TagSymbol] = []
}

/// How generated code names a function.
public struct FunctionSymbol: Sendable, Hashable {
  /// Of the code.
  public var code: String
  /// Of the descriptor that a function reference points to.
  public var reference: String
  public var type: FunctionType

  public init(code: String, reference: String, type: FunctionType) {
    self.code = code
    self.reference = reference
    self.type = type
  }
}

/// How generated code names a table.
public struct TableSymbol: Sendable, Hashable {
  public var state: String
  public var type: TableType
  /// The array itself, when the table can never change its size or be seen by another instance.
  public var fixedElements: String?
  /// Indices of functions, when no code changes what is in the table: calls then go through a constant copy of it.
  var constantContents: [UInt32?]?

  /// The constant copy: the type and the code of each element.
  var callTargets: String { state + ".calls" }
}

/// How generated code names a linear memory.
public struct MemorySymbol: Sendable, Hashable {
  public var state: String
  public var type: MemoryType
  /// Which linear memory of the image this is. Number 0 lies at an address that generated code has as a constant.
  public var index: UInt32
}

/// How generated code names the tag of an exception: its address is what a handler compares.
public struct TagSymbol: Sendable, Hashable {
  public var symbol: String
  public var type: FunctionType
}

/// How generated code names a global.
public struct GlobalSymbol: Sendable, Hashable {
  public var symbol: String
  public var type: GlobalType
}

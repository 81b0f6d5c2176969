/// A decoded module (specification 2.5). Index spaces put imports first, as the specification has them.
public struct Module: Sendable {
  /// The whole binary; ranges below index into it.
  public var bytes: [UInt8]
  public var types: [FunctionType] = []
  public var imports: [Import] = [] { didSet { imported = ImportedIndexSpaces(imports) } }
  /// The type indices of the functions defined here (imports not included).
  public var functions: [UInt32] = []
  /// Tables, memories and globals defined here (imports not included).
  public var tables: [TableType] = []
  public var memories: [MemoryType] = []
  public var globals: [Global] = []
  /// The type indices of the tags defined here (imports not included).
  public var tags: [UInt32] = []
  public var exports: [Export] = [] { didSet { exportedFunctionNames = Self.functionNames(in: exports) } }
  public var start: UInt32?
  public var elements: [ElementSegment] = []
  public var dataCount: UInt32?
  public var data: [DataSegment] = []
  /// One for each entry of `functions`.
  public var code: [FunctionBody] = []
  public var customSections: [CustomSection] = []
  /// From the "name" custom section, where it is there and well formed.
  public var names = NameSection()
  /// Whether something here throws, catches or names a tag.
  public internal(set) var usesExceptions = false
  /// Those that decoding kept to; validation keeps to its part of them.
  public var limits = DecodingLimits.default

  // Kept beside what they are derived from, because compilers ask for the type of a function at every call.
  private(set) var imported = ImportedIndexSpaces([])
  private(set) var exportedFunctionNames: [UInt32: String] = [:]
  /// Where the items lie, for the errors of validation.
  var offsets = ItemOffsets()

  public init(bytes: [UInt8]) { self.bytes = bytes }
}

/// What a module wants from outside (specification 2.5.11).
public struct Import: Sendable, Hashable {
  /// What is wanted, with its type.
  public enum Kind: Sendable, Hashable {
    /// An index into the module's types.
    case function(type: UInt32)
    case table(TableType)
    case memory(MemoryType)
    case global(GlobalType)
    /// An index into the module's types.
    case tag(type: UInt32)
  }
  public var module: String
  public var name: String
  public var kind: Kind

  public init(module: String, name: String, kind: Kind) {
    self.module = module
    self.name = name
    self.kind = kind
  }
}

/// What a module shows to the outside (specification 2.5.10): an entry of an index space, under a name that no other export has.
public struct Export: Sendable, Hashable {
  /// Whose index space it is of. Raw values as in the binary format (specification 5.5.10).
  public enum Kind: UInt8, Sendable, Hashable {
    case function = 0
    case table = 1
    case memory = 2
    case global = 3
    case tag = 4
  }
  public var name: String
  public var kind: Kind
  public var index: UInt32

  public init(name: String, kind: Kind, index: UInt32) {
    self.name = name
    self.kind = kind
    self.index = index
  }
}

/// A global that the module defines (specification 2.5.6), with what its value is at first.
public struct Global: Sendable {
  public var type: GlobalType
  public var initializer: ConstantExpression

  public init(type: GlobalType, initializer: ConstantExpression) {
    self.type = type
    self.initializer = initializer
  }
}

/// A constant expression: of WebAssembly 2.0 always a single instruction (specification 3.3.8.2); with
/// `DecodingLimits.allowsExtendedConstants` also sums, differences and products.
public enum ConstantExpression: Sendable, Hashable {
  case i32(Int32)
  case i64(Int64)
  /// Bit patterns, so that every NaN survives.
  case f32(UInt32)
  case f64(UInt64)
  case v128(VectorConstant)
  case refNull(ValueType)
  case refFunction(UInt32)
  case global(UInt32)
  /// Addition, subtraction or multiplication of `i32`s or of `i64`s.
  indirect case arithmetic(NumericOperator, ConstantExpression, ConstantExpression)
}

/// References to put into a table (specification 2.5.7).
public struct ElementSegment: Sendable {
  /// When they are put there: by an instruction, at the instantiation, or never, since the segment only declares what `ref.func` may name.
  public enum Mode: Sendable {
    case passive
    case active(table: UInt32, offset: ConstantExpression)
    case declarative
  }
  public var type: ValueType
  public var mode: Mode
  public var elements: [ConstantExpression]

  public init(type: ValueType, mode: Mode, elements: [ConstantExpression]) {
    self.type = type
    self.mode = mode
    self.elements = elements
  }
}

/// Bytes to put into a memory (specification 2.5.8).
public struct DataSegment: Sendable {
  /// When they are put there: by an instruction, or at the instantiation.
  public enum Mode: Sendable {
    case passive
    case active(memory: UInt32, offset: ConstantExpression)
  }
  public var mode: Mode
  /// Where the contents lie in the module's bytes.
  public var range: Range<Int>

  public init(mode: Mode, range: Range<Int>) {
    self.mode = mode
    self.range = range
  }
}

/// The code of a function that the module defines (specification 5.5.13).
public struct FunctionBody: Sendable {
  /// The declared locals, parameters not included, run-length encoded as in the binary: a hostile module may
  /// declare 2^32 - 1 of them in five bytes, so they are never expanded before a limit has been checked.
  public var locals: [(count: UInt32, type: ValueType)]
  /// The instructions with their final `end`, in the module's bytes.
  public var range: Range<Int>
  /// Whether there is a `try_table` in it that catches something.
  public var catchesExceptions = false

  public init(locals: [(count: UInt32, type: ValueType)], range: Range<Int>) {
    self.locals = locals
    self.range = range
  }
}

/// Bytes that mean nothing to the specification (5.5.3).
public struct CustomSection: Sendable {
  public var name: String
  /// The contents after the name, in the module's bytes.
  public var range: Range<Int>

  public init(name: String, range: Range<Int>) {
    self.name = name
    self.range = range
  }
}

/// Names for people, never trusted for meaning (specification, appendix 7.4).
public struct NameSection: Sendable {
  public var module: String?
  public var functions: [UInt32: String] = [:]

  public init() {}
}

extension Module {
  public var importedFunctions: [Import] { imports.filter { if case .function = $0.kind { true } else { false } } }
}

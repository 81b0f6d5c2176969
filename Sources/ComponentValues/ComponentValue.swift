import ComponentFormat

/// A value of a component type. Names are the type's: a value means something only together with the type it is of.
public indirect enum ComponentValue: Equatable, Sendable {
  case bool(Bool)
  /// `s8` to `s64`.
  case signed(Int64)
  /// `u8` to `u64`.
  case unsigned(UInt64)
  /// As bits: every NaN is what it is.
  case f32(UInt32)
  case f64(UInt64)
  case char(Unicode.Scalar)
  case string(String)
  /// A `list<u8>`, of fixed length or not: the only list that is worth a form of its own.
  case bytes([UInt8])
  /// Any other list; of a map its entries, each a tuple of key and value.
  case list([ComponentValue])
  /// A record's fields or a tuple's parts, in the type's order.
  case fields([ComponentValue])
  /// Of a variant, an enum, an option (`none` is 0, `some` 1) or a result (`ok` is 0, `err` 1): which case, and what it carries.
  case choice(Int, ComponentValue?)
  /// The flags that are set, as bits, the type's first flag being the lowest.
  case flags(UInt32)
}

/// How much a text or a memory may be made into: both come from people and programs nobody trusts.
public struct ValueLimits: Sendable {
  /// Bytes of a text.
  public var textBytes = 256 << 20
  /// Values within each other and beside each other. Three characters can stand for a record of a thousand fields.
  public var values = 1 << 22
  /// Bytes that arguments, or a result, take in memory; of a result also all of its strings and bytes together.
  public var memoryBytes = 256 << 20

  public init() {}
}

/// Why a text or a memory is no value of the type that was wanted.
public struct ValueError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of refusal it is.
  public enum Kind: Sendable, Hashable {
    /// The text does not follow the grammar, or is of another type.
    case syntax
    /// A number that the type does not have.
    case range
    /// A field, case, flag or function that is not there.
    case unknownName
    /// A field or an argument that is not there, is there twice, or is one too many.
    case count
    /// More than ``ValueLimits``.
    case limit
    /// A resource, or something of asynchronous components: it has no text.
    case unsupported
    /// A guest's memory holds something that the Canonical ABI does not allow.
    case memory
  }
  public var kind: Kind
  public var description: String

  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }
}

extension TypeTable {
  /// What a value type is, primitive or not.
  func definition(of type: ComponentValueType) -> DefinedValueType {
    switch type {
    case .primitive(let type): .primitive(type)
    // A reference to a value type is made only where there is one.
    case .defined(let id): value(id) ?? .tuple([])
    }
  }
}

extension DefinedValueType {
  /// Of what can be one of several: each case's name and what it carries.
  var cases: [Case]? {
    switch self {
    case .variant(let cases): cases
    case .enumeration(let names): names.map { Case(name: $0, type: nil) }
    case .option(let type): [Case(name: "none", type: nil), Case(name: "some", type: type)]
    case .result(let success, let failure): [Case(name: "ok", type: success), Case(name: "err", type: failure)]
    default: nil
    }
  }

  var isOption: Bool {
    if case .option = self { true } else { false }
  }

  var isOptionOrResult: Bool {
    switch self {
    case .option, .result: true
    default: false
    }
  }
}

extension ComponentValueType {
  var isByte: Bool { self == .primitive(.u8) }
}

/// How many values are left.
struct ValueBudget {
  private let total: Int
  private var left: Int

  init(_ total: Int) {
    self.total = total
    left = total
  }

  mutating func spend(_ count: Int = 1) throws(ValueError) {
    guard count <= left else { throw ValueError(.limit, "more than \(total) values") }
    left -= count
  }
}

/// Value types (Explainer, "Type Definitions"; `primvaltype`, `valtype` and `defvaltype` of the binary format).

/// By its byte in the binary format.
public enum PrimitiveType: UInt8, Sendable, Hashable, CaseIterable {
  case bool = 0x7F
  case s8 = 0x7E
  case u8 = 0x7D
  case s16 = 0x7C
  case u16 = 0x7B
  case s32 = 0x7A
  case u32 = 0x79
  case s64 = 0x78
  case u64 = 0x77
  case f32 = 0x76
  case f64 = 0x75
  case char = 0x74
  case string = 0x73
  case errorContext = 0x64

  /// Whether keys of a map may be of it.
  var isKey: Bool {
    switch self {
    case .f32, .f64, .errorContext: false
    default: true
    }
  }
}

/// The type of a parameter, a result, or a part of either (Explainer, `valtype`).
public enum ComponentValueType: Sendable, Hashable {
  case primitive(PrimitiveType)
  /// A value type that is not a primitive one.
  case defined(TypeID)
}

/// A value type that is made of others (Explainer, `defvaltype`).
public enum DefinedValueType: Sendable {
  /// A part with a name: of a record, or of a parameter list.
  public struct Field: Sendable {
    public var name: String
    public var type: ComponentValueType

    public init(name: String, type: ComponentValueType) {
      self.name = name
      self.type = type
    }
  }

  /// A case of a variant, with the type of what it carries; nil for nothing.
  public struct Case: Sendable {
    public var name: String
    public var type: ComponentValueType?

    public init(name: String, type: ComponentValueType?) {
      self.name = name
      self.type = type
    }
  }

  case primitive(PrimitiveType)
  case record([Field])
  case variant([Case])
  case list(ComponentValueType)
  case fixedLengthList(ComponentValueType, count: UInt32)
  case map(key: ComponentValueType, value: ComponentValueType)
  case tuple([ComponentValueType])
  case flags([String])
  case enumeration([String])
  case option(ComponentValueType)
  case result(success: ComponentValueType?, failure: ComponentValueType?)
  /// Of a resource type, as is `borrow`.
  case own(TypeID)
  case borrow(TypeID)
  case stream(ComponentValueType?)
  case future(ComponentValueType?)

  /// The word for it in messages.
  var noun: String {
    switch self {
    case .primitive(let type): "\(type)"
    case .record: "record"
    case .variant: "variant"
    case .list: "list"
    case .fixedLengthList(_, let count): "list of \(count)"
    case .map: "map"
    case .tuple: "tuple"
    case .flags: "flags"
    case .enumeration: "enum"
    case .option: "option"
    case .result: "result"
    case .own: "own"
    case .borrow: "borrow"
    case .stream: "stream"
    case .future: "future"
    }
  }

  /// The value types that it is made of; resources are not among them.
  public var parts: [ComponentValueType] {
    switch self {
    case .primitive, .flags, .enumeration, .own, .borrow: []
    case .record(let fields): fields.map(\.type)
    case .variant(let cases): cases.compactMap(\.type)
    case .list(let type), .fixedLengthList(let type, _), .option(let type): [type]
    case .map(let key, let value): [key, value]
    case .tuple(let types): types
    case .result(let success, let failure): [success, failure].compactMap { $0 }
    case .stream(let type), .future(let type): type.map { [$0] } ?? []
    }
  }
}

/// What a component function takes and gives (Explainer, `functype`).
public struct ComponentFunctionType: Sendable {
  public var isAsync: Bool
  public var parameters: [DefinedValueType.Field]
  public var result: ComponentValueType?

  public init(isAsync: Bool = false, parameters: [DefinedValueType.Field], result: ComponentValueType?) {
    self.isAsync = isAsync
    self.parameters = parameters
    self.result = result
  }
}

/// The value types of WebAssembly 2.0 (specification 2.3.4), and that of caught exceptions.
enum ValueType: Hashable, Sendable {
  case i32, i64, f32, f64, v128
  case reference(ReferenceType)

  /// The keyword of one; nil for other words.
  init?(_ keyword: Spelling) {
    guard let type = Self.keywords[keyword] else { return nil }
    self = type
  }

  private static let keywords: [Spelling: ValueType] = [
    Spelling("i32"): .i32, Spelling("i64"): .i64, Spelling("f32"): .f32, Spelling("f64"): .f64, Spelling("v128"): .v128,
    Spelling("funcref"): .reference(.function), Spelling("externref"): .reference(.external), Spelling("exnref"): .reference(.exception),
  ]

  var code: UInt8 {
    switch self {
    case .i32: 0x7F
    case .i64: 0x7E
    case .f32: 0x7D
    case .f64: 0x7C
    case .v128: 0x7B
    case .reference(let type): type.code
    }
  }
}

enum ReferenceType: UInt8, Hashable, Sendable {
  case function = 0x70
  case external = 0x6F
  case exception = 0x69

  var code: UInt8 { rawValue }
}

struct FunctionType: Hashable, Sendable {
  var parameters: [ValueType] = []
  var results: [ValueType] = []

  var isEmpty: Bool { parameters.isEmpty && results.isEmpty }
}

extension BinaryWriter {
  mutating func types(_ types: [ValueType]) {
    count(types.count)
    for type in types { byte(type.code) }
  }

  mutating func functionType(_ type: FunctionType) {
    byte(0x60)
    types(type.parameters)
    types(type.results)
  }
}

extension Cursor {
  mutating func valueType() throws(WatError) -> ValueType {
    guard let keyword, let type = ValueType(keyword) else { throw unexpected() }
    advance()
    return type
  }

  mutating func referenceType() throws(WatError) -> ReferenceType {
    guard let type = nextReferenceType else { throw unexpected() }
    advance()
    return type
  }

  /// The reference type that stands here, if one does.
  var nextReferenceType: ReferenceType? {
    if let keyword, case .reference(let type)? = ValueType(keyword) { type } else { nil }
  }

  /// `func`, `extern` or `exn`, as behind `ref.null`.
  mutating func heapType() throws(WatError) -> ReferenceType {
    if take("func") { return .function }
    if take("extern") { return .external }
    if take("exn") { return .exception }
    throw unexpected()
  }

  /// `(param ...)*`, with the name of each where names are allowed.
  mutating func parameters(named: Bool) throws(WatError) -> [(name: Spelling?, type: ValueType)] {
    var parameters: [(name: Spelling?, type: ValueType)] = []
    while takeOpen("param") {
      if named, let name = try identifier() {
        parameters.append((name, try valueType()))
      } else {
        while token.kind != .close { parameters.append((nil, try valueType())) }
      }
      try expectClose()
    }
    return parameters
  }

  /// `(result ...)*`
  mutating func results() throws(WatError) -> [ValueType] {
    var results: [ValueType] = []
    while takeOpen("result") {
      while token.kind != .close { results.append(try valueType()) }
      try expectClose()
    }
    return results
  }

  /// `(func (param ...)* (result ...)*)`
  mutating func functionType() throws(WatError) -> FunctionType {
    try expectOpen("func")
    let parameters = try parameters(named: true).map(\.type)
    let type = FunctionType(parameters: parameters, results: try results())
    try expectClose()
    return type
  }
}

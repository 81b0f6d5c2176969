/// A module's types: those it defines, and behind them those that its type uses imply (specification 6.6.3).
struct TypeSpace: Sendable {
  var space = IndexSpace("type")
  private(set) var definitions: [FunctionType] = []
  private var firstIndices: [FunctionType: UInt32] = [:]

  mutating func define(_ type: FunctionType) {
    if firstIndices[type] == nil { firstIndices[type] = UInt32(definitions.count) }
    definitions.append(type)
  }

  /// The first type that equals this one, added when there is none.
  mutating func index(of type: FunctionType) -> UInt32 {
    if let index = firstIndices[type] { return index }
    define(type)
    return UInt32(definitions.count - 1)
  }

  subscript(index: UInt32) -> FunctionType? {
    index < definitions.count ? definitions[Int(index)] : nil
  }
}

/// `(type x)? (param ...)* (result ...)*`
struct TypeUse {
  /// Where it starts.
  var token: Token
  var index: UInt32?
  var parameters: [(name: Spelling?, type: ValueType)]
  var results: [ValueType]

  var inlineType: FunctionType { FunctionType(parameters: parameters.map(\.type), results: results) }
}

extension ModuleParser {
  mutating func typeUse(named: Bool) throws(WatError) -> TypeUse {
    let start = cursor.token
    var index: UInt32?
    if cursor.takeOpen("type") {
      index = try cursor.index(in: types.space)
      try cursor.expectClose()
    }
    let parameters = try cursor.parameters(named: named)
    let results = try cursor.results()
    if cursor.isOpen("type") || cursor.isOpen("param") {
      cursor.advance()
      throw cursor.unexpected()
    }
    return TypeUse(token: start, index: index, parameters: parameters, results: results)
  }

  /// The index of the type that is meant, which may become a new type.
  mutating func resolve(_ use: TypeUse) throws(WatError) -> UInt32 {
    let inlineType = use.inlineType
    guard let index = use.index else { return types.index(of: inlineType) }
    guard !inlineType.isEmpty else { return index }
    guard let definition = types[index] else { throw cursor.error("unknown type \(index)", at: use.token) }
    guard definition == inlineType else { throw cursor.error("inline function type", at: use.token) }
    return index
  }
}

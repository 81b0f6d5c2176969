/// Locals and code of a function (specification 6.6.5 and 5.5.13).
extension ModuleParser {
  /// Behind the type use, up to the field's end.
  mutating func functionBody(_ use: TypeUse, type: UInt32) throws(WatError) -> [UInt8] {
    expression = ExpressionState()
    let parameterCount = use.inlineType.isEmpty ? types[type]?.parameters.count : use.parameters.count
    for (index, parameter) in use.parameters.enumerated() {
      try bindLocal(parameter.name, UInt32(index), at: use.token)
    }
    let locals = try localDeclarations(after: parameterCount)
    var body = BinaryWriter()
    body.localRuns(locals)
    try instructions()
    expression.code.byte(0x0B)
    body.raw(expression.code.bytes)
    return body.bytes
  }

  /// `(local ...)*`. The count of parameters is nil when the type is unknown, which matters to names only.
  private mutating func localDeclarations(after parameterCount: Int?) throws(WatError) -> [ValueType] {
    var locals: [ValueType] = []
    while cursor.takeOpen("local") {
      let start = cursor.token
      if let name = try cursor.identifier() {
        guard let parameterCount else { throw cursor.error("unknown type", at: start) }
        try bindLocal(name, UInt32(parameterCount + locals.count), at: start)
        locals.append(try cursor.valueType())
      } else {
        while cursor.token.kind != .close { locals.append(try cursor.valueType()) }
      }
      try cursor.expectClose()
    }
    return locals
  }

  private mutating func bindLocal(_ name: Spelling?, _ index: UInt32, at token: Token) throws(WatError) {
    guard let name else { return }
    guard expression.locals.updateValue(index, forKey: name) == nil else {
      throw cursor.error("duplicate local $\(name.excerpt)", at: token)
    }
  }
}

extension BinaryWriter {
  fileprivate mutating func localRuns(_ locals: [ValueType]) {
    var runs: [(count: UInt32, type: ValueType)] = []
    for type in locals {
      if let last = runs.last, last.type == type {
        runs[runs.count - 1].count = last.count + 1
      } else {
        runs.append((1, type))
      }
    }
    count(runs.count)
    for run in runs {
      unsigned(run.count)
      byte(run.type.code)
    }
  }
}

/// Arguments and expected results of actions.
extension Cursor {
  /// `(t.const c)`, `(ref.null t)`, `(ref.extern n)`
  mutating func scriptValue() throws(WatError) -> Script.Value {
    guard token.kind == .open else { throw unexpected() }
    if let value = try componentValue() { return .component(value) }
    advance()
    let value: Script.Value
    if take("i32.const") {
      value = .i32(UInt32(truncatingIfNeeded: try integer(bits: 32)))
    } else if take("i64.const") {
      value = .i64(try integer(bits: 64))
    } else if take("f32.const") {
      value = .f32(try float32())
    } else if take("f64.const") {
      value = .f64(try float64())
    } else if take("v128.const") {
      value = .v128(try vector())
    } else if take("ref.null") {
      value = .refNull(try heapTypeName())
    } else if take("ref.extern") {
      value = .refExtern(try unsigned32())
    } else if take("ref.func") {
      value = .refFunc
    } else {
      throw unexpected()
    }
    try expectClose()
    return value
  }

  private mutating func heapTypeName() throws(WatError) -> String {
    switch try heapType() {
    case .function: "func"
    case .external: "extern"
    case .exception: "exn"
    }
  }

  /// Besides values: NaN patterns, references left open, alternatives.
  mutating func scriptExpectation() throws(WatError) -> Script.Expected {
    guard isOpen("either") else { return try singleExpectation() }
    try expectOpen("either")
    var alternatives: [Script.Expected] = []
    while token.kind == .open { alternatives.append(try singleExpectation()) }
    try expectClose()
    return .either(alternatives)
  }

  private mutating func singleExpectation() throws(WatError) -> Script.Expected {
    if takeOpen("v128.const") { return try vectorExpectation() }
    guard token.kind == .open, let open = openExpectation else { return .value(try scriptValue()) }
    advance()
    advance()
    if open.hasOperand { advance() }
    try expectClose()
    return open.expected
  }

  /// Behind `(v128.const`.
  private mutating func vectorExpectation() throws(WatError) -> Script.Expected {
    let shape = try vectorShape()
    let lanes = try lanes(shape) { (cursor: inout Cursor) throws(WatError) -> Script.ExpectedLane in
      if cursor.take("nan:canonical") { return .canonicalNaN }
      if cursor.take("nan:arithmetic") { return .arithmeticNaN }
      return .bits(try cursor.lane(shape))
    }
    try expectClose()
    var numbers: [UInt64] = []
    for lane in lanes {
      guard case .bits(let number) = lane else { return .v128(shape, lanes) }
      numbers.append(number)
    }
    return .value(.v128(shape.bytes(numbers)))
  }

  /// The expectation that starts here if it leaves something open.
  private var openExpectation: (expected: Script.Expected, hasOperand: Bool)? {
    let (keyword, operand) = (peek(1), peek(2))
    let isEmpty = operand.kind == .close
    if spells(keyword, "ref.func"), isEmpty { return (.refFuncAny, false) }
    if spells(keyword, "ref.extern"), isEmpty { return (.refExternAny, false) }
    if spells(keyword, "ref.null"), isEmpty { return (.refNullAny, false) }
    let (canonical, arithmetic) = (spells(operand, "nan:canonical"), spells(operand, "nan:arithmetic"))
    guard canonical || arithmetic else { return nil }
    if spells(keyword, "f32.const") { return (canonical ? .f32CanonicalNaN : .f32ArithmeticNaN, true) }
    if spells(keyword, "f64.const") { return (canonical ? .f64CanonicalNaN : .f64ArithmeticNaN, true) }
    return nil
  }
}

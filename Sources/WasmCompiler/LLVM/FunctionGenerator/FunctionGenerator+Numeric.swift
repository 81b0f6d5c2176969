import WasmFormat

extension FunctionGenerator {
  mutating func numeric(_ operation: NumericOperator) {
    // What is computed from constants is a constant to LLVM: see `constant`.
    let isConstant = stack.suffix(operation.shape.isBinary ? 2 : 1).allSatisfy(\.isConstant)
    write(operation)
    guard isConstant, let result = stack.popLast() else { return }
    if result.type == .f32 || result.type == .f64 {
      opaque(result.text, result.type)
    } else {
      push(result.text, result.type, isConstant: true)
    }
  }

  private mutating func write(_ operation: NumericOperator) {
    switch operation {
    case .i32Eqz: compare("eq i32", with: "0")
    case .i64Eqz: compare("eq i64", with: "0")
    case .i32Eq: compare("eq i32")
    case .i32Ne: compare("ne i32")
    case .i32LtS: compare("slt i32")
    case .i32LtU: compare("ult i32")
    case .i32GtS: compare("sgt i32")
    case .i32GtU: compare("ugt i32")
    case .i32LeS: compare("sle i32")
    case .i32LeU: compare("ule i32")
    case .i32GeS: compare("sge i32")
    case .i32GeU: compare("uge i32")
    case .i64Eq: compare("eq i64")
    case .i64Ne: compare("ne i64")
    case .i64LtS: compare("slt i64")
    case .i64LtU: compare("ult i64")
    case .i64GtS: compare("sgt i64")
    case .i64GtU: compare("ugt i64")
    case .i64LeS: compare("sle i64")
    case .i64LeU: compare("ule i64")
    case .i64GeS: compare("sge i64")
    case .i64GeU: compare("uge i64")
    case .f32Eq: compareFloat("oeq float")
    case .f32Ne: compareFloat("une float")
    case .f32Lt: compareFloat("olt float")
    case .f32Gt: compareFloat("ogt float")
    case .f32Le: compareFloat("ole float")
    case .f32Ge: compareFloat("oge float")
    case .f64Eq: compareFloat("oeq double")
    case .f64Ne: compareFloat("une double")
    case .f64Lt: compareFloat("olt double")
    case .f64Gt: compareFloat("ogt double")
    case .f64Le: compareFloat("ole double")
    case .f64Ge: compareFloat("oge double")

    case .i32Clz: unary("ctlz", .i32, suffix: ", i1 false")
    case .i32Ctz: unary("cttz", .i32, suffix: ", i1 false")
    case .i32Popcnt: unary("ctpop", .i32)
    case .i64Clz: unary("ctlz", .i64, suffix: ", i1 false")
    case .i64Ctz: unary("cttz", .i64, suffix: ", i1 false")
    case .i64Popcnt: unary("ctpop", .i64)
    case .i32Add: binary("add", .i32)
    case .i32Sub: binary("sub", .i32)
    case .i32Mul: binary("mul", .i32)
    case .i32And: binary("and", .i32)
    case .i32Or: binary("or", .i32)
    case .i32Xor: binary("xor", .i32)
    case .i64Add: binary("add", .i64)
    case .i64Sub: binary("sub", .i64)
    case .i64Mul: binary("mul", .i64)
    case .i64And: binary("and", .i64)
    case .i64Or: binary("or", .i64)
    case .i64Xor: binary("xor", .i64)
    case .i32DivS: divide("sdiv", .i32)
    case .i32DivU: divide("udiv", .i32)
    case .i32RemS: divide("srem", .i32)
    case .i32RemU: divide("urem", .i32)
    case .i64DivS: divide("sdiv", .i64)
    case .i64DivU: divide("udiv", .i64)
    case .i64RemS: divide("srem", .i64)
    case .i64RemU: divide("urem", .i64)
    case .i32Shl: shift("shl", .i32)
    case .i32ShrS: shift("ashr", .i32)
    case .i32ShrU: shift("lshr", .i32)
    case .i64Shl: shift("shl", .i64)
    case .i64ShrS: shift("ashr", .i64)
    case .i64ShrU: shift("lshr", .i64)
    case .i32Rotl: rotate("fshl", .i32)
    case .i32Rotr: rotate("fshr", .i32)
    case .i64Rotl: rotate("fshl", .i64)
    case .i64Rotr: rotate("fshr", .i64)

    case .f32Abs: unary("fabs", .f32)
    case .f32Neg: emit("fneg float \(pop().text)", .f32)
    case .f32Ceil: rounding("ceil", .f32)
    case .f32Floor: rounding("floor", .f32)
    case .f32Trunc: rounding("trunc", .f32)
    case .f32Nearest: rounding("roundeven", .f32)
    case .f32Sqrt: unary("sqrt", .f32)
    case .f32Add: binary("fadd", .f32)
    case .f32Sub: binary("fsub", .f32)
    case .f32Mul: binary("fmul", .f32)
    case .f32Div: binary("fdiv", .f32)
    case .f32Min: extremum("minimum", .f32)
    case .f32Max: extremum("maximum", .f32)
    case .f32Copysign: binaryIntrinsic("copysign", .f32)
    case .f64Abs: unary("fabs", .f64)
    case .f64Neg: emit("fneg double \(pop().text)", .f64)
    case .f64Ceil: rounding("ceil", .f64)
    case .f64Floor: rounding("floor", .f64)
    case .f64Trunc: rounding("trunc", .f64)
    case .f64Nearest: rounding("roundeven", .f64)
    case .f64Sqrt: unary("sqrt", .f64)
    case .f64Add: binary("fadd", .f64)
    case .f64Sub: binary("fsub", .f64)
    case .f64Mul: binary("fmul", .f64)
    case .f64Div: binary("fdiv", .f64)
    case .f64Min: extremum("minimum", .f64)
    case .f64Max: extremum("maximum", .f64)
    case .f64Copysign: binaryIntrinsic("copysign", .f64)

    case .i32WrapI64: convert("trunc", to: .i32)
    case .i64ExtendI32S: convert("sext", to: .i64)
    case .i64ExtendI32U: convert("zext", to: .i64)
    case .i32TruncF32S, .i32TruncF64S: truncate("fptosi", to: .i32, low: -0x1p31, high: 0x1p31)
    case .i32TruncF32U, .i32TruncF64U: truncate("fptoui", to: .i32, low: 0, high: 0x1p32)
    case .i64TruncF32S, .i64TruncF64S: truncate("fptosi", to: .i64, low: -0x1p63, high: 0x1p63)
    case .i64TruncF32U, .i64TruncF64U: truncate("fptoui", to: .i64, low: 0, high: 0x1p64)
    case .f32ConvertI32S, .f32ConvertI64S: convertToFloat("sitofp", .f32)
    case .f32ConvertI32U, .f32ConvertI64U: convertToFloat("uitofp", .f32)
    case .f64ConvertI32S, .f64ConvertI64S: convertToFloat("sitofp", .f64)
    case .f64ConvertI32U, .f64ConvertI64U: convertToFloat("uitofp", .f64)
    case .f32DemoteF64: convert("fptrunc", to: .f32)
    case .f64PromoteF32:
      // Hidden, or demoting it again would be taken for doing nothing, which a signalling NaN would see.
      convert("fpext", to: .f64)
      opaque(pop().text, .f64)
    case .i32ReinterpretF32: convert("bitcast", to: .i32)
    case .i64ReinterpretF64: convert("bitcast", to: .i64)
    case .f32ReinterpretI32: convertToFloat("bitcast", .f32)
    case .f64ReinterpretI64: convertToFloat("bitcast", .f64)
    case .i32Extend8S: extend("i8", .i32)
    case .i32Extend16S: extend("i16", .i32)
    case .i64Extend8S: extend("i8", .i64)
    case .i64Extend16S: extend("i16", .i64)
    case .i64Extend32S: extend("i32", .i64)
    case .i32TruncSatF32S, .i32TruncSatF64S: saturate("fptosi", to: .i32)
    case .i32TruncSatF32U, .i32TruncSatF64U: saturate("fptoui", to: .i32)
    case .i64TruncSatF32S, .i64TruncSatF64S: saturate("fptosi", to: .i64)
    case .i64TruncSatF32U, .i64TruncSatF64U: saturate("fptoui", to: .i64)
    }
  }

  // MARK: Shapes

  private mutating func compare(_ predicate: String, with constant: String? = nil) {
    let right = constant ?? pop().text
    let left = pop().text
    let result = define("icmp \(predicate) \(left), \(right)")
    emit("zext i1 \(result) to i32", .i32)
  }

  private mutating func compareFloat(_ predicate: String) {
    let right = pop().text
    let left = pop().text
    let result = define("fcmp \(predicate) \(left), \(right)")
    emit("zext i1 \(result) to i32", .i32)
  }

  private mutating func intrinsic(_ name: String, _ type: ValueType) -> String {
    "@llvm.\(name).\(type.intrinsicSuffix)"
  }

  private mutating func unary(_ name: String, _ type: ValueType, suffix: String = "") {
    let operand = pop().text
    let callee = intrinsic(name, type)
    unit.runtime(
      String(callee.dropFirst()), "\(type.ir) (\(type.ir)\(suffix.isEmpty ? "" : ", i1"))", attributes: "")
    emit("call \(type.ir) \(callee)(\(type.ir) \(operand)\(suffix))", type)
  }

  /// Rounding what is whole already is not nothing for a signalling NaN, but LLVM thinks so.
  private mutating func rounding(_ name: String, _ type: ValueType) {
    unary(name, type)
    opaque(pop().text, type)
  }

  private mutating func binary(_ operation: String, _ type: ValueType) {
    let right = pop().text
    let left = pop().text
    emit("\(operation) \(type.ir) \(left), \(right)", type)
  }

  private mutating func binaryIntrinsic(_ name: String, _ type: ValueType, flags: String = "") {
    let right = pop().text
    let left = pop().text
    let callee = intrinsic(name, type)
    unit.runtime(String(callee.dropFirst()), "\(type.ir) (\(type.ir), \(type.ir))", attributes: "")
    emit("call \(flags)\(type.ir) \(callee)(\(type.ir) \(left), \(type.ir) \(right))", type)
  }

  /// LLVM's minimum and maximum hand a signalling NaN on as it is; an addition makes it quiet (specification 4.3.3).
  private mutating func extremum(_ name: String, _ type: ValueType) {
    let operands = stack.suffix(2).map(\.text)
    binaryIntrinsic(name, type, flags: "nnan ")
    let extremum = pop().text
    let isNaN = define("fcmp uno \(type.ir) \(operands[0]), \(operands[1])")
    let sum = define("fadd \(type.ir) \(operands[0]), \(operands[1])")
    emit("select i1 \(isNaN), \(type.ir) \(sum), \(type.ir) \(extremum)", type)
  }

  private mutating func shift(_ operation: String, _ type: ValueType) {
    let count = define("and \(type.ir) \(pop().text), \(type == .i32 ? 31 : 63)")
    emit("\(operation) \(type.ir) \(pop().text), \(count)", type)
  }

  private mutating func rotate(_ name: String, _ type: ValueType) {
    let count = pop().text
    let value = pop().text
    let callee = intrinsic(name, type)
    unit.runtime(
      String(callee.dropFirst()), "\(type.ir) (\(type.ir), \(type.ir), \(type.ir))", attributes: "")
    emit("call \(type.ir) \(callee)(\(type.ir) \(value), \(type.ir) \(value), \(type.ir) \(count))", type)
  }

  private mutating func divide(_ operation: String, _ type: ValueType) {
    var divisor = pop().text
    let dividend = pop().text
    trap(if: define("icmp eq \(type.ir) \(divisor), 0"), .integerDivideByZero)
    if operation == "sdiv" {
      let smallest = type == .i32 ? "\(Int32.min)" : "\(Int64.min)"
      let isSmallest = define("icmp eq \(type.ir) \(dividend), \(smallest)")
      let isMinusOne = define("icmp eq \(type.ir) \(divisor), -1")
      trap(if: define("and i1 \(isSmallest), \(isMinusOne)"), .integerOverflow)
    }
    if operation == "srem" {
      // The remainder by -1 is 0; the division that yields it may overflow.
      let isMinusOne = define("icmp eq \(type.ir) \(divisor), -1")
      divisor = define("select i1 \(isMinusOne), \(type.ir) 1, \(type.ir) \(divisor)")
    }
    emit("\(operation) \(type.ir) \(dividend), \(divisor)", type)
  }

  private mutating func convert(_ operation: String, to type: ValueType) {
    let operand = pop()
    emit("\(operation) \(operand.type.ir) \(operand.text) to \(type.ir)", type)
  }

  /// Hidden, since a number that LLVM comes to know, in an unrolled loop say, would be a floating-point constant to it: see `constant`.
  private mutating func convertToFloat(_ operation: String, _ type: ValueType) {
    convert(operation, to: type)
    opaque(pop().text, type)
  }

  private mutating func extend(_ narrow: String, _ type: ValueType) {
    let low = define("trunc \(type.ir) \(pop().text) to \(narrow)")
    emit("sext \(narrow) \(low) to \(type.ir)", type)
  }

  /// Traps unless the value, rounded to zero, lies within low ..< high: that is, unless low - 1 < value < high.
  private mutating func truncate(_ operation: String, to type: ValueType, low: Double, high: Double) {
    let operand = pop()
    let float = operand.type.ir
    trap(if: define("fcmp uno \(float) \(operand.text), \(operand.text)"), .invalidConversionToInteger)
    // low - 1 where the type can tell it from low, otherwise low itself belongs to the range.
    let below = low - 1
    let isExact = below != low && (operand.type == .f64 || Double(Float(below)) == below)
    let tooLow = define(
      isExact
        ? "fcmp ole \(float) \(operand.text), \(irDouble(below))"
        : "fcmp olt \(float) \(operand.text), \(irDouble(low))")
    let tooHigh = define("fcmp oge \(float) \(operand.text), \(irDouble(high))")
    trap(if: define("or i1 \(tooLow), \(tooHigh)"), .integerOverflow)
    emit("\(operation) \(float) \(operand.text) to \(type.ir)", type)
  }

  private mutating func saturate(_ operation: String, to type: ValueType) {
    let operand = pop()
    let name = "llvm.\(operation).sat.\(type.intrinsicSuffix).\(operand.type.intrinsicSuffix)"
    unit.runtime(name, "\(type.ir) (\(operand.type.ir))", attributes: "")
    emit("call \(type.ir) @\(name)(\(operand.type.ir) \(operand.text))", type)
  }

  /// LLVM writes both widths as the bits of a double.
  private func irDouble(_ value: Double) -> String { "0x" + String(value.bitPattern, radix: 16, uppercase: true) }
}

extension ValueType {
  fileprivate var intrinsicSuffix: String {
    switch self {
    case .i32: "i32"
    case .i64: "i64"
    case .f32: "f32"
    default: "f64"
    }
  }
}

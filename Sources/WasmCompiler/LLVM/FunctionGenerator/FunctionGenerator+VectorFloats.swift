import WasmFormat

/// Floating-point arithmetic on lanes, and conversions.
extension FunctionGenerator {
  mutating func writeFloat(_ operation: VectorOperator) {
    switch operation {
    case .f32x4Abs: unary("fabs", .f32x4)
    case .f64x2Abs: unary("fabs", .f64x2)
    case .f32x4Neg: emit("fneg <4 x float> \(popVector(.f32x4))", .f32x4)
    case .f64x2Neg: emit("fneg <2 x double> \(popVector(.f64x2))", .f64x2)
    case .f32x4Sqrt: unary("sqrt", .f32x4)
    case .f64x2Sqrt: unary("sqrt", .f64x2)
    case .f32x4Ceil: rounding("ceil", .f32x4)
    case .f32x4Floor: rounding("floor", .f32x4)
    case .f32x4Trunc: rounding("trunc", .f32x4)
    case .f32x4Nearest: rounding("roundeven", .f32x4)
    case .f64x2Ceil: rounding("ceil", .f64x2)
    case .f64x2Floor: rounding("floor", .f64x2)
    case .f64x2Trunc: rounding("trunc", .f64x2)
    case .f64x2Nearest: rounding("roundeven", .f64x2)
    case .f32x4Add: binary("fadd", .f32x4)
    case .f32x4Sub: binary("fsub", .f32x4)
    case .f32x4Mul: binary("fmul", .f32x4)
    case .f32x4Div: binary("fdiv", .f32x4)
    case .f64x2Add: binary("fadd", .f64x2)
    case .f64x2Sub: binary("fsub", .f64x2)
    case .f64x2Mul: binary("fmul", .f64x2)
    case .f64x2Div: binary("fdiv", .f64x2)
    case .f32x4Min: extremum("minimum", .f32x4)
    case .f32x4Max: extremum("maximum", .f32x4)
    case .f64x2Min: extremum("minimum", .f64x2)
    case .f64x2Max: extremum("maximum", .f64x2)
    case .f32x4Pmin: pseudoExtremum(.f32x4, isMinimum: true)
    case .f32x4Pmax: pseudoExtremum(.f32x4, isMinimum: false)
    case .f64x2Pmin: pseudoExtremum(.f64x2, isMinimum: true)
    case .f64x2Pmax: pseudoExtremum(.f64x2, isMinimum: false)

    case .i32x4TruncSatF32x4S: saturate("fptosi", "<4 x i32>", popVector(.f32x4), "<4 x float>", "v4i32.v4f32")
    case .i32x4TruncSatF32x4U: saturate("fptoui", "<4 x i32>", popVector(.f32x4), "<4 x float>", "v4i32.v4f32")
    case .i32x4TruncSatF64x2SZero: saturate("fptosi", "<2 x i32>", popVector(.f64x2), "<2 x double>", "v2i32.v2f64")
    case .i32x4TruncSatF64x2UZero: saturate("fptoui", "<2 x i32>", popVector(.f64x2), "<2 x double>", "v2i32.v2f64")
    case .f32x4ConvertI32x4S: convert("sitofp", "<4 x i32>", popVector(.i32x4), .f32x4)
    case .f32x4ConvertI32x4U: convert("uitofp", "<4 x i32>", popVector(.i32x4), .f32x4)
    case .f64x2ConvertLowI32x4S: convert("sitofp", "<2 x i32>", lowHalf("<4 x i32>", popVector(.i32x4)), .f64x2)
    case .f64x2ConvertLowI32x4U: convert("uitofp", "<2 x i32>", lowHalf("<4 x i32>", popVector(.i32x4)), .f64x2)
    case .f64x2PromoteLowF32x4: convert("fpext", "<2 x float>", lowHalf("<4 x float>", popVector(.f32x4)), .f64x2)
    default:
      // f32x4.demote_f64x2_zero: the last that is left.
      let low = define("fptrunc <2 x double> \(popVector(.f64x2)) to <2 x float>")
      emit("shufflevector <2 x float> \(low), <2 x float> zeroinitializer, <4 x i32> <i32 0, i32 1, i32 2, i32 3>", .f32x4)
    }
  }

  private mutating func unary(_ name: String, _ type: VectorType) {
    push(intrinsic(name, type, [popVector(type)]), type)
  }

  /// Hidden, as for numbers: to LLVM rounding twice is rounding once, to a signalling NaN it is not.
  private mutating func rounding(_ name: String, _ type: VectorType) {
    let rounded = intrinsic(name, type, [popVector(type)])
    push(hidden(rounded, type), type)
  }

  /// As for numbers: an addition makes signalling NaNs quiet.
  private mutating func extremum(_ name: String, _ type: VectorType) {
    let (right, left) = (popVector(type), popVector(type))
    let symbol = "llvm.\(name).\(type.suffix)"
    unit.intrinsic(symbol, type.ir, "\(type.ir), \(type.ir)")
    let extremum = define("call nnan \(type.ir) @\(symbol)(\(type.ir) \(left), \(type.ir) \(right))")
    let isNaN = define("fcmp uno \(type.ir) \(left), \(right)")
    let sum = define("fadd \(type.ir) \(left), \(right)")
    emit("select <\(type.lanes) x i1> \(isNaN), \(type.ir) \(sum), \(type.ir) \(extremum)", type)
  }

  /// The second operand where it is smaller (or larger), the first otherwise; chosen as bits, so that no NaN changes.
  private mutating func pseudoExtremum(_ type: VectorType, isMinimum: Bool) {
    let (right, left) = (popVector(type), popVector(type))
    let isBetter = define("fcmp olt \(type.ir) \(isMinimum ? right : left), \(isMinimum ? left : right)")
    let second = define("bitcast \(type.ir) \(right) to \(type.integer)")
    let first = define("bitcast \(type.ir) \(left) to \(type.integer)")
    let chosen = define("select <\(type.lanes) x i1> \(isBetter), \(type.integer) \(second), \(type.integer) \(first)")
    emit("bitcast \(type.integer) \(chosen) to <16 x i8>", ValueType.v128)
  }

  private mutating func convert(_ operation: String, _ source: String, _ value: String, _ type: VectorType) {
    let converted = define("\(operation) \(source) \(value) to \(type.ir)")
    push(hidden(converted, type), type)
  }

  private mutating func lowHalf(_ type: String, _ value: String) -> String {
    define("shufflevector \(type) \(value), \(type) poison, <2 x i32> <i32 0, i32 1>")
  }

  private mutating func saturate(_ operation: String, _ result: String, _ value: String, _ source: String, _ suffix: String) {
    let name = "llvm.\(operation).sat.\(suffix)"
    unit.intrinsic(name, result, source)
    let integers = define("call \(result) @\(name)(\(source) \(value))")
    guard result == "<2 x i32>" else {
      push(integers, .i32x4)
      return
    }
    emit("shufflevector <2 x i32> \(integers), <2 x i32> zeroinitializer, <4 x i32> <i32 0, i32 1, i32 2, i32 3>", .i32x4)
  }
}

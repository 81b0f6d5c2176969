import WasmFormat

/// Comparisons and integer arithmetic on lanes.
extension FunctionGenerator {
  /// - Returns: false when it is none.
  mutating func writeComparison(_ operation: VectorOperator) -> Bool {
    switch operation {
    case .i8x16Eq: compare("eq", .i8x16)
    case .i8x16Ne: compare("ne", .i8x16)
    case .i8x16LtS: compare("slt", .i8x16)
    case .i8x16LtU: compare("ult", .i8x16)
    case .i8x16GtS: compare("sgt", .i8x16)
    case .i8x16GtU: compare("ugt", .i8x16)
    case .i8x16LeS: compare("sle", .i8x16)
    case .i8x16LeU: compare("ule", .i8x16)
    case .i8x16GeS: compare("sge", .i8x16)
    case .i8x16GeU: compare("uge", .i8x16)
    case .i16x8Eq: compare("eq", .i16x8)
    case .i16x8Ne: compare("ne", .i16x8)
    case .i16x8LtS: compare("slt", .i16x8)
    case .i16x8LtU: compare("ult", .i16x8)
    case .i16x8GtS: compare("sgt", .i16x8)
    case .i16x8GtU: compare("ugt", .i16x8)
    case .i16x8LeS: compare("sle", .i16x8)
    case .i16x8LeU: compare("ule", .i16x8)
    case .i16x8GeS: compare("sge", .i16x8)
    case .i16x8GeU: compare("uge", .i16x8)
    case .i32x4Eq: compare("eq", .i32x4)
    case .i32x4Ne: compare("ne", .i32x4)
    case .i32x4LtS: compare("slt", .i32x4)
    case .i32x4LtU: compare("ult", .i32x4)
    case .i32x4GtS: compare("sgt", .i32x4)
    case .i32x4GtU: compare("ugt", .i32x4)
    case .i32x4LeS: compare("sle", .i32x4)
    case .i32x4LeU: compare("ule", .i32x4)
    case .i32x4GeS: compare("sge", .i32x4)
    case .i32x4GeU: compare("uge", .i32x4)
    case .i64x2Eq: compare("eq", .i64x2)
    case .i64x2Ne: compare("ne", .i64x2)
    case .i64x2LtS: compare("slt", .i64x2)
    case .i64x2GtS: compare("sgt", .i64x2)
    case .i64x2LeS: compare("sle", .i64x2)
    case .i64x2GeS: compare("sge", .i64x2)
    case .f32x4Eq: compare("oeq", .f32x4)
    case .f32x4Ne: compare("une", .f32x4)
    case .f32x4Lt: compare("olt", .f32x4)
    case .f32x4Gt: compare("ogt", .f32x4)
    case .f32x4Le: compare("ole", .f32x4)
    case .f32x4Ge: compare("oge", .f32x4)
    case .f64x2Eq: compare("oeq", .f64x2)
    case .f64x2Ne: compare("une", .f64x2)
    case .f64x2Lt: compare("olt", .f64x2)
    case .f64x2Gt: compare("ogt", .f64x2)
    case .f64x2Le: compare("ole", .f64x2)
    case .f64x2Ge: compare("oge", .f64x2)
    default: return false
    }
    return true
  }

  mutating func writeInteger(_ operation: VectorOperator) -> Bool {
    switch operation {
    case .i8x16Abs: absolute(.i8x16)
    case .i16x8Abs: absolute(.i16x8)
    case .i32x4Abs: absolute(.i32x4)
    case .i64x2Abs: absolute(.i64x2)
    case .i8x16Neg: negate(.i8x16)
    case .i16x8Neg: negate(.i16x8)
    case .i32x4Neg: negate(.i32x4)
    case .i64x2Neg: negate(.i64x2)
    case .i8x16Popcnt: push(intrinsic("ctpop", .i8x16, [popVector(.i8x16)]), .i8x16)
    case .i8x16AllTrue: allTrue(.i8x16)
    case .i16x8AllTrue: allTrue(.i16x8)
    case .i32x4AllTrue: allTrue(.i32x4)
    case .i64x2AllTrue: allTrue(.i64x2)
    case .i8x16Bitmask: bitmask(.i8x16)
    case .i16x8Bitmask: bitmask(.i16x8)
    case .i32x4Bitmask: bitmask(.i32x4)
    case .i64x2Bitmask: bitmask(.i64x2)
    case .i8x16Shl: shift("shl", .i8x16)
    case .i8x16ShrS: shift("ashr", .i8x16)
    case .i8x16ShrU: shift("lshr", .i8x16)
    case .i16x8Shl: shift("shl", .i16x8)
    case .i16x8ShrS: shift("ashr", .i16x8)
    case .i16x8ShrU: shift("lshr", .i16x8)
    case .i32x4Shl: shift("shl", .i32x4)
    case .i32x4ShrS: shift("ashr", .i32x4)
    case .i32x4ShrU: shift("lshr", .i32x4)
    case .i64x2Shl: shift("shl", .i64x2)
    case .i64x2ShrS: shift("ashr", .i64x2)
    case .i64x2ShrU: shift("lshr", .i64x2)
    case .i8x16Add: binary("add", .i8x16)
    case .i16x8Add: binary("add", .i16x8)
    case .i32x4Add: binary("add", .i32x4)
    case .i64x2Add: binary("add", .i64x2)
    case .i8x16Sub: binary("sub", .i8x16)
    case .i16x8Sub: binary("sub", .i16x8)
    case .i32x4Sub: binary("sub", .i32x4)
    case .i64x2Sub: binary("sub", .i64x2)
    case .i16x8Mul: binary("mul", .i16x8)
    case .i32x4Mul: binary("mul", .i32x4)
    case .i64x2Mul: binary("mul", .i64x2)
    case .i8x16AddSatS: binaryIntrinsic("sadd.sat", .i8x16)
    case .i8x16AddSatU: binaryIntrinsic("uadd.sat", .i8x16)
    case .i8x16SubSatS: binaryIntrinsic("ssub.sat", .i8x16)
    case .i8x16SubSatU: binaryIntrinsic("usub.sat", .i8x16)
    case .i16x8AddSatS: binaryIntrinsic("sadd.sat", .i16x8)
    case .i16x8AddSatU: binaryIntrinsic("uadd.sat", .i16x8)
    case .i16x8SubSatS: binaryIntrinsic("ssub.sat", .i16x8)
    case .i16x8SubSatU: binaryIntrinsic("usub.sat", .i16x8)
    case .i8x16MinS: binaryIntrinsic("smin", .i8x16)
    case .i8x16MinU: binaryIntrinsic("umin", .i8x16)
    case .i8x16MaxS: binaryIntrinsic("smax", .i8x16)
    case .i8x16MaxU: binaryIntrinsic("umax", .i8x16)
    case .i16x8MinS: binaryIntrinsic("smin", .i16x8)
    case .i16x8MinU: binaryIntrinsic("umin", .i16x8)
    case .i16x8MaxS: binaryIntrinsic("smax", .i16x8)
    case .i16x8MaxU: binaryIntrinsic("umax", .i16x8)
    case .i32x4MinS: binaryIntrinsic("smin", .i32x4)
    case .i32x4MinU: binaryIntrinsic("umin", .i32x4)
    case .i32x4MaxS: binaryIntrinsic("smax", .i32x4)
    case .i32x4MaxU: binaryIntrinsic("umax", .i32x4)
    default: return false
    }
    return true
  }

  // MARK: Shapes

  private mutating func compare(_ predicate: String, _ type: VectorType) {
    let (right, left) = (popVector(type), popVector(type))
    let bits = define("\(type.isFloat ? "fcmp" : "icmp") \(predicate) \(type.ir) \(left), \(right)")
    let lanes = define("sext <\(type.lanes) x i1> \(bits) to \(type.integer)")
    emit("bitcast \(type.integer) \(lanes) to <16 x i8>", ValueType.v128)
  }

  mutating func binary(_ operation: String, _ type: VectorType) {
    let (right, left) = (popVector(type), popVector(type))
    emit("\(operation) \(type.ir) \(left), \(right)", type)
  }

  private mutating func binaryIntrinsic(_ name: String, _ type: VectorType) {
    let (right, left) = (popVector(type), popVector(type))
    push(intrinsic(name, type, [left, right]), type)
  }

  private mutating func absolute(_ type: VectorType) {
    push(intrinsic("abs", type, [popVector(type)], suffix: ("i1", "false")), type)
  }

  private mutating func negate(_ type: VectorType) {
    emit("sub \(type.ir) zeroinitializer, \(popVector(type))", type)
  }

  private mutating func allTrue(_ type: VectorType) {
    let bits = laneBits("icmp ne \(type.ir) \(popVector(type)), zeroinitializer", type)
    emit("zext i1 \(define("icmp eq i\(type.lanes) \(bits), -1")) to i32", ValueType.i32)
  }

  private mutating func bitmask(_ type: VectorType) {
    let bits = laneBits("icmp slt \(type.ir) \(popVector(type)), zeroinitializer", type)
    emit("zext i\(type.lanes) \(bits) to i32", ValueType.i32)
  }

  /// A comparison of lanes as a number, the first lane lowest.
  private mutating func laneBits(_ comparison: String, _ type: VectorType) -> String {
    let lanes = define(comparison)
    return define("bitcast <\(type.lanes) x i1> \(lanes) to i\(type.lanes)")
  }

  /// By as many bits as the count says modulo the lane's width.
  private mutating func shift(_ operation: String, _ type: VectorType) {
    var count = define("and i32 \(pop().text), \(type.width - 1)")
    if type.width < 32 { count = define("trunc i32 \(count) to \(type.lane)") }
    if type.width > 32 { count = define("zext i32 \(count) to \(type.lane)") }
    let counts = splat(count, type)
    emit("\(operation) \(type.ir) \(popVector(type)), \(counts)", type)
  }
}

import WasmFormat

/// Vector instructions (specification 4.3 and 4.4.3). Between instructions a vector is `<16 x i8>`.
extension FunctionGenerator {
  mutating func vector(_ operation: VectorOperator) {
    switch operation {
    case .v128Not, .v128And, .v128Andnot, .v128Or, .v128Xor, .v128Bitselect, .v128AnyTrue: writeBitwise(operation)
    case .i8x16Swizzle: swizzle()
    case .i8x16Splat: splat(.i8x16)
    case .i16x8Splat: splat(.i16x8)
    case .i32x4Splat: splat(.i32x4)
    case .i64x2Splat: splat(.i64x2)
    case .f32x4Splat: splat(.f32x4)
    case .f64x2Splat: splat(.f64x2)
    default:
      if !writeComparison(operation) && !writeInteger(operation) && !writeWidening(operation) { writeFloat(operation) }
    }
  }

  // MARK: Operands

  /// The vector on top, with its lanes. What is read as floating point is hidden from LLVM, which would find constants in it behind locals and
  /// take `x * 1` for `x`: see `constant`.
  mutating func popVector(_ type: VectorType) -> String {
    let operand = pop()
    guard type != .i8x16 else { return operand.text }
    let value = define("bitcast <16 x i8> \(operand.text) to \(type.ir)")
    return type.isFloat ? hidden(value, type) : value
  }

  mutating func push(_ value: String, _ type: VectorType) {
    if type == .i8x16 { push(value, ValueType.v128) } else { emit("bitcast \(type.ir) \(value) to <16 x i8>", .v128) }
  }

  mutating func emit(_ expression: String, _ type: VectorType) { push(define(expression), type) }

  /// As `opaque`, for a vector of floating-point numbers.
  mutating func hidden(_ value: String, _ type: VectorType) -> String {
    guard target.hasVectorRegisters else {
      // Two halves in integer registers: the compiler holds such vectors in pieces anyway.
      let halves = define("bitcast \(type.ir) \(value) to <2 x i64>")
      var result = "zeroinitializer"
      for index in 0..<2 {
        let half = define("extractelement <2 x i64> \(halves), i32 \(index)")
        let opaque = define("call i64 asm \"\", \"=r,0\"(i64 \(half)) #3")
        result = define("insertelement <2 x i64> \(result), i64 \(opaque), i32 \(index)")
      }
      return define("bitcast <2 x i64> \(result) to \(type.ir)")
    }
    return define("call \(type.ir) asm \"\", \"=\(target.floatRegisterConstraint),0\"(\(type.ir) \(value)) #3")
  }

  /// Calls an intrinsic on vectors of one type; `suffix` is a last parameter that is a constant.
  mutating func intrinsic(_ name: String, _ type: VectorType, _ operands: [String], suffix: (type: String, value: String)? = nil) -> String {
    let symbol = "llvm.\(name).\(type.suffix)"
    let types = operands.map { _ in type.ir } + (suffix.map { [$0.type] } ?? [])
    unit.intrinsic(symbol, type.ir, types.joined(separator: ", "))
    let arguments = operands.map { "\(type.ir) \($0)" } + (suffix.map { ["\($0.type) \($0.value)"] } ?? [])
    return define("call \(type.ir) @\(symbol)(\(arguments.joined(separator: ", ")))")
  }

  // MARK: Bits and bytes

  private mutating func writeBitwise(_ operation: VectorOperator) {
    let type = "<16 x i8>"
    let ones = VectorType.i8x16.splat(-1)
    switch operation {
    case .v128Not: emit("xor \(type) \(pop().text), \(ones)", .i8x16)
    case .v128AnyTrue:
      let bits = define("bitcast \(type) \(pop().text) to i128")
      emit("zext i1 \(define("icmp ne i128 \(bits), 0")) to i32", ValueType.i32)
    case .v128Bitselect:
      let (mask, second, first) = (pop().text, pop().text, pop().text)
      let chosen = define("and \(type) \(first), \(mask)")
      let inverse = define("xor \(type) \(mask), \(ones)")
      let other = define("and \(type) \(second), \(inverse)")
      emit("or \(type) \(chosen), \(other)", .i8x16)
    default:
      var (right, left) = (pop().text, pop().text)
      if operation == .v128Andnot { right = define("xor \(type) \(right), \(ones)") }
      let name = operation == .v128Or ? "or" : operation == .v128Xor ? "xor" : "and"
      swap(&left, &right)
      emit("\(name) \(type) \(right), \(left)", .i8x16)
    }
  }

  /// Lanes beyond the last are zero. Processors choose by other bits of the index than WebAssembly.
  private mutating func swizzle() {
    let (indices, value) = (pop().text, pop().text)
    let type = VectorType.i8x16
    switch target {
    case .x86_64:
      // PSHUFB gives zero where the highest bit is set: saturation sets it from 16 on.
      let saturated = intrinsic("uadd.sat", type, [indices, type.splat(112)])
      unit.intrinsic("llvm.x86.ssse3.pshuf.b.128", type.ir, "\(type.ir), \(type.ir)")
      emit("call \(type.ir) @llvm.x86.ssse3.pshuf.b.128(\(type.ir) \(value), \(type.ir) \(saturated))", type)
    case .aarch64:
      unit.intrinsic("llvm.aarch64.neon.tbl1.v16i8", type.ir, "\(type.ir), \(type.ir)")
      emit("call \(type.ir) @llvm.aarch64.neon.tbl1.v16i8(\(type.ir) \(value), \(type.ir) \(indices))", type)
    case .riscv64:
      var result = "zeroinitializer"
      for lane in 0..<16 {
        let index = define("extractelement \(type.ir) \(indices), i32 \(lane)")
        let isInside = define("icmp ult i8 \(index), 16")
        let byte = define("extractelement \(type.ir) \(value), i8 \(define("and i8 \(index), 15"))")
        let chosen = define("select i1 \(isInside), i8 \(byte), i8 0")
        result = define("insertelement \(type.ir) \(result), i8 \(chosen), i32 \(lane)")
      }
      push(result, type)
    }
  }

  mutating func shuffle(_ lanes: VectorConstant) {
    let (second, first) = (pop().text, pop().text)
    let mask = lanes.bytes.map { "i32 \($0)" }.joined(separator: ", ")
    emit("shufflevector <16 x i8> \(first), <16 x i8> \(second), <16 x i32> <\(mask)>", .i8x16)
  }

  // MARK: Lanes

  private mutating func splat(_ type: VectorType) {
    var value = pop().text
    if type.width < 32 { value = define("trunc i32 \(value) to \(type.lane)") }
    push(splat(value, type), type)
  }

  mutating func splat(_ value: String, _ type: VectorType) -> String {
    let first = define("insertelement \(type.ir) poison, \(type.lane) \(value), i32 0")
    return define("shufflevector \(type.ir) \(first), \(type.ir) poison, <\(type.lanes) x i32> zeroinitializer")
  }

  mutating func vectorLane(_ operation: VectorLaneOperator, _ lane: UInt8) {
    let type: VectorType =
      switch operation {
      case .i8x16ExtractLaneS, .i8x16ExtractLaneU, .i8x16ReplaceLane: .i8x16
      case .i16x8ExtractLaneS, .i16x8ExtractLaneU, .i16x8ReplaceLane: .i16x8
      case .i32x4ExtractLane, .i32x4ReplaceLane: .i32x4
      case .i64x2ExtractLane, .i64x2ReplaceLane: .i64x2
      case .f32x4ExtractLane, .f32x4ReplaceLane: .f32x4
      case .f64x2ExtractLane, .f64x2ReplaceLane: .f64x2
      }
    if operation.isReplacement {
      var value = pop().text
      if type.width < 32 { value = define("trunc i32 \(value) to \(type.lane)") }
      let vector = popVector(type)
      emit("insertelement \(type.ir) \(vector), \(type.lane) \(value), i32 \(lane)", type)
      return
    }
    let vector = popVector(type)
    let value = "extractelement \(type.ir) \(vector), i32 \(lane)"
    switch operation {
    case .i8x16ExtractLaneS, .i16x8ExtractLaneS: emit("sext \(type.lane) \(define(value)) to i32", ValueType.i32)
    case .i8x16ExtractLaneU, .i16x8ExtractLaneU: emit("zext \(type.lane) \(define(value)) to i32", ValueType.i32)
    default: emit(value, operation.lane)
    }
  }
}

/// What operators take and leave (specification 3.3.1 and 3.3.7).
extension LoadOperator {
  public var result: ValueType {
    switch self {
    case .i32Load, .i32Load8S, .i32Load8U, .i32Load16S, .i32Load16U: .i32
    case .i64Load, .i64Load8S, .i64Load8U, .i64Load16S, .i64Load16U, .i64Load32S, .i64Load32U: .i64
    case .f32Load: .f32
    case .f64Load: .f64
    }
  }

  /// The bytes read from memory.
  public var width: Int {
    switch self {
    case .i32Load8S, .i32Load8U, .i64Load8S, .i64Load8U: 1
    case .i32Load16S, .i32Load16U, .i64Load16S, .i64Load16U: 2
    case .i32Load, .f32Load, .i64Load32S, .i64Load32U: 4
    case .i64Load, .f64Load: 8
    }
  }

  /// The largest alignment that the instruction may claim, as the exponent that `MemoryArgument` holds.
  public var naturalAlignment: UInt32 { UInt32(width.trailingZeroBitCount) }
}

extension StoreOperator {
  public var operand: ValueType {
    switch self {
    case .i32Store, .i32Store8, .i32Store16: .i32
    case .i64Store, .i64Store8, .i64Store16, .i64Store32: .i64
    case .f32Store: .f32
    case .f64Store: .f64
    }
  }

  /// The bytes written to memory.
  public var width: Int {
    switch self {
    case .i32Store8, .i64Store8: 1
    case .i32Store16, .i64Store16: 2
    case .i32Store, .f32Store, .i64Store32: 4
    case .i64Store, .f64Store: 8
    }
  }

  /// The largest alignment that the instruction may claim, as the exponent that `MemoryArgument` holds.
  public var naturalAlignment: UInt32 { UInt32(width.trailingZeroBitCount) }
}

extension NumericOperator {
  /// Operands in the order in which they were pushed. Makes an array: where speed matters, take `shape`.
  public var signature: (operands: [ValueType], result: ValueType) {
    let shape = shape
    return (Array(repeating: shape.operand, count: shape.isBinary ? 2 : 1), shape.result)
  }

  /// The same without an allocation: all operands of a numeric instruction have one type.
  public var shape: (operand: ValueType, isBinary: Bool, result: ValueType) {
    switch self {
    case .i32Eqz, .i32Clz, .i32Ctz, .i32Popcnt, .i32Extend8S, .i32Extend16S: (.i32, false, .i32)
    case .i32Eq, .i32Ne, .i32LtS, .i32LtU, .i32GtS, .i32GtU, .i32LeS, .i32LeU, .i32GeS, .i32GeU,
      .i32Add, .i32Sub, .i32Mul, .i32DivS, .i32DivU, .i32RemS, .i32RemU,
      .i32And, .i32Or, .i32Xor, .i32Shl, .i32ShrS, .i32ShrU, .i32Rotl, .i32Rotr:
      (.i32, true, .i32)
    case .i64Eqz, .i32WrapI64: (.i64, false, .i32)
    case .i64Eq, .i64Ne, .i64LtS, .i64LtU, .i64GtS, .i64GtU, .i64LeS, .i64LeU, .i64GeS, .i64GeU: (.i64, true, .i32)
    case .i64Clz, .i64Ctz, .i64Popcnt, .i64Extend8S, .i64Extend16S, .i64Extend32S: (.i64, false, .i64)
    case .i64Add, .i64Sub, .i64Mul, .i64DivS, .i64DivU, .i64RemS, .i64RemU,
      .i64And, .i64Or, .i64Xor, .i64Shl, .i64ShrS, .i64ShrU, .i64Rotl, .i64Rotr:
      (.i64, true, .i64)
    case .f32Eq, .f32Ne, .f32Lt, .f32Gt, .f32Le, .f32Ge: (.f32, true, .i32)
    case .f32Abs, .f32Neg, .f32Ceil, .f32Floor, .f32Trunc, .f32Nearest, .f32Sqrt: (.f32, false, .f32)
    case .f32Add, .f32Sub, .f32Mul, .f32Div, .f32Min, .f32Max, .f32Copysign: (.f32, true, .f32)
    case .f64Eq, .f64Ne, .f64Lt, .f64Gt, .f64Le, .f64Ge: (.f64, true, .i32)
    case .f64Abs, .f64Neg, .f64Ceil, .f64Floor, .f64Trunc, .f64Nearest, .f64Sqrt: (.f64, false, .f64)
    case .f64Add, .f64Sub, .f64Mul, .f64Div, .f64Min, .f64Max, .f64Copysign: (.f64, true, .f64)
    case .i32TruncF32S, .i32TruncF32U, .i32TruncSatF32S, .i32TruncSatF32U, .i32ReinterpretF32: (.f32, false, .i32)
    case .i32TruncF64S, .i32TruncF64U, .i32TruncSatF64S, .i32TruncSatF64U: (.f64, false, .i32)
    case .i64ExtendI32S, .i64ExtendI32U: (.i32, false, .i64)
    case .i64TruncF32S, .i64TruncF32U, .i64TruncSatF32S, .i64TruncSatF32U: (.f32, false, .i64)
    case .i64TruncF64S, .i64TruncF64U, .i64TruncSatF64S, .i64TruncSatF64U, .i64ReinterpretF64: (.f64, false, .i64)
    case .f32ConvertI32S, .f32ConvertI32U, .f32ReinterpretI32: (.i32, false, .f32)
    case .f32ConvertI64S, .f32ConvertI64U: (.i64, false, .f32)
    case .f32DemoteF64: (.f64, false, .f32)
    case .f64ConvertI32S, .f64ConvertI32U: (.i32, false, .f64)
    case .f64ConvertI64S, .f64ConvertI64U, .f64ReinterpretI64: (.i64, false, .f64)
    case .f64PromoteF32: (.f32, false, .f64)
    }
  }
}

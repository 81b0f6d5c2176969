/// What vector instructions take and leave (specification 3.3.3).
extension VectorOperator {
  /// What an instruction on vectors takes and gives (specification 3.3.3).
  public enum Shape: Sendable, Hashable {
    /// Vectors, as many as that, to a vector.
    case vectors(Int)
    /// A vector and a count of bits to a vector.
    case shift
    /// A vector to an i32.
    case test
    /// A number to a vector.
    case splat(ValueType)
  }

  public var shape: Shape {
    switch self {
    case .v128AnyTrue, .i8x16AllTrue, .i8x16Bitmask, .i16x8AllTrue, .i16x8Bitmask, .i32x4AllTrue, .i32x4Bitmask,
      .i64x2AllTrue, .i64x2Bitmask:
      .test
    case .i8x16Shl, .i8x16ShrS, .i8x16ShrU, .i16x8Shl, .i16x8ShrS, .i16x8ShrU, .i32x4Shl, .i32x4ShrS, .i32x4ShrU,
      .i64x2Shl, .i64x2ShrS, .i64x2ShrU:
      .shift
    case .v128Not, .f32x4DemoteF64x2Zero, .f64x2PromoteLowF32x4, .i8x16Abs, .i8x16Neg, .i8x16Popcnt, .f32x4Ceil,
      .f32x4Floor, .f32x4Trunc, .f32x4Nearest, .f64x2Ceil, .f64x2Floor, .f64x2Trunc, .i16x8ExtaddPairwiseI8x16S,
      .i16x8ExtaddPairwiseI8x16U, .i32x4ExtaddPairwiseI16x8S, .i32x4ExtaddPairwiseI16x8U, .i16x8Abs, .i16x8Neg,
      .i16x8ExtendLowI8x16S, .i16x8ExtendHighI8x16S, .i16x8ExtendLowI8x16U, .i16x8ExtendHighI8x16U, .f64x2Nearest,
      .i32x4Abs, .i32x4Neg, .i32x4ExtendLowI16x8S, .i32x4ExtendHighI16x8S, .i32x4ExtendLowI16x8U,
      .i32x4ExtendHighI16x8U, .i64x2Abs, .i64x2Neg, .i64x2ExtendLowI32x4S, .i64x2ExtendHighI32x4S,
      .i64x2ExtendLowI32x4U, .i64x2ExtendHighI32x4U, .f32x4Abs, .f32x4Neg, .f32x4Sqrt, .f64x2Abs, .f64x2Neg,
      .f64x2Sqrt, .i32x4TruncSatF32x4S, .i32x4TruncSatF32x4U, .f32x4ConvertI32x4S, .f32x4ConvertI32x4U,
      .i32x4TruncSatF64x2SZero, .i32x4TruncSatF64x2UZero, .f64x2ConvertLowI32x4S, .f64x2ConvertLowI32x4U:
      .vectors(1)
    case .v128Bitselect: .vectors(3)
    case .i8x16Splat, .i16x8Splat, .i32x4Splat: .splat(.i32)
    case .i64x2Splat: .splat(.i64)
    case .f32x4Splat: .splat(.f32)
    case .f64x2Splat: .splat(.f64)
    default: .vectors(2)
    }
  }
}

extension VectorLaneOperator {
  public var isReplacement: Bool {
    switch self {
    case .i8x16ReplaceLane, .i16x8ReplaceLane, .i32x4ReplaceLane, .i64x2ReplaceLane, .f32x4ReplaceLane, .f64x2ReplaceLane: true
    default: false
    }
  }

  public var laneCount: UInt8 {
    switch self {
    case .i8x16ExtractLaneS, .i8x16ExtractLaneU, .i8x16ReplaceLane: 16
    case .i16x8ExtractLaneS, .i16x8ExtractLaneU, .i16x8ReplaceLane: 8
    case .i32x4ExtractLane, .i32x4ReplaceLane, .f32x4ExtractLane, .f32x4ReplaceLane: 4
    case .i64x2ExtractLane, .i64x2ReplaceLane, .f64x2ExtractLane, .f64x2ReplaceLane: 2
    }
  }

  /// What a lane is outside of the vector.
  public var lane: ValueType {
    switch self {
    case .i64x2ExtractLane, .i64x2ReplaceLane: .i64
    case .f32x4ExtractLane, .f32x4ReplaceLane: .f32
    case .f64x2ExtractLane, .f64x2ReplaceLane: .f64
    default: .i32
    }
  }
}

extension VectorLoadOperator {
  /// The bytes read from memory.
  public var width: Int {
    switch self {
    case .v128Load: 16
    case .v128Load8x8S, .v128Load8x8U, .v128Load16x4S, .v128Load16x4U, .v128Load32x2S, .v128Load32x2U, .v128Load64Splat, .v128Load64Zero: 8
    case .v128Load32Splat, .v128Load32Zero: 4
    case .v128Load16Splat: 2
    case .v128Load8Splat: 1
    }
  }

  /// The largest alignment that the instruction may claim, as the exponent that `MemoryArgument` holds.
  public var naturalAlignment: UInt32 { UInt32(width.trailingZeroBitCount) }
}

// MARK: Names

extension VectorOperator {
  public var mnemonic: String { vectorMnemonic("\(self)") }
}

extension VectorLaneOperator {
  public var mnemonic: String { vectorMnemonic("\(self)") }
}

extension VectorLoadOperator {
  public var mnemonic: String { vectorMnemonic("\(self)") }
}

/// "i8x16AddSatS" is "i8x16.add_sat_s" in the text format.
private func vectorMnemonic(_ name: String) -> String {
  var text = ""
  var separator = "."
  for character in name {
    if character.isUppercase {
      text += separator + character.lowercased()
      separator = "_"
    } else {
      text.append(character)
    }
  }
  return text
}

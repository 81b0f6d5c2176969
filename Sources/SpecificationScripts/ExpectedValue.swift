import Monitor
import WasmFormat
import WasmText

extension Script.Expected {
  /// Whether a result is what the script wants.
  func matches(_ slot: CommandSlot, _ type: ValueType) -> Bool {
    let low32 = UInt32(truncatingIfNeeded: slot.low)
    switch self {
    case .value(let value): return value.matches(slot, type)
    case .f32CanonicalNaN: return type == .f32 && low32 & 0x7FFF_FFFF == 0x7FC0_0000
    case .f32ArithmeticNaN: return type == .f32 && low32 & 0x7FC0_0000 == 0x7FC0_0000
    case .f64CanonicalNaN: return type == .f64 && slot.low & (.max >> 1) == 0x7FF8_0000_0000_0000
    case .f64ArithmeticNaN: return type == .f64 && slot.low & 0x7FF8_0000_0000_0000 == 0x7FF8_0000_0000_0000
    case .v128(let shape, let lanes):
      return type == .v128 && zip(shape.numbers(slot), lanes).allSatisfy { $1.matches($0, width: shape.laneWidth) }
    case .refFuncAny: return type == .funcref && slot.low != 0
    case .refExternAny: return type == .externref && slot.low != 0
    case .refNullAny: return type.isReference && slot.low == 0
    case .either(let choices): return choices.contains { $0.matches(slot, type) }
    }
  }
}

extension Script.Value {
  fileprivate func matches(_ slot: CommandSlot, _ type: ValueType) -> Bool {
    let low32 = UInt32(truncatingIfNeeded: slot.low)
    switch self {
    case .i32(let value): return type == .i32 && low32 == value
    case .i64(let value): return type == .i64 && slot.low == value
    case .f32(let bits): return type == .f32 && low32 == bits
    case .f64(let bits): return type == .f64 && slot.low == bits
    case .v128: return type == .v128 && slot == self.slot
    case .refNull: return type.isReference && slot.low == 0
    case .refExtern(let number): return type == .externref && slot.low == UInt64(number) + 1
    case .refFunc: return type == .funcref && slot.low != 0
    // No function of a core module has such a result.
    case .component: return false
    }
  }
}

extension Script.VectorShape {
  /// Bits of a lane.
  fileprivate var laneWidth: UInt64 {
    switch self {
    case .i8x16: 8
    case .i16x8: 16
    case .i32x4, .f32x4: 32
    case .i64x2, .f64x2: 64
    }
  }

  /// A vector's lanes, zero-extended, the lowest one first.
  fileprivate func numbers(_ slot: CommandSlot) -> [UInt64] {
    stride(from: UInt64(0), to: 128, by: UInt64.Stride(laneWidth)).map { bit in
      let word = (bit < 64 ? slot.low : slot.high) >> (bit % 64)
      return laneWidth == 64 ? word : word & (1 << laneWidth - 1)
    }
  }
}

extension Script.ExpectedLane {
  fileprivate func matches(_ number: UInt64, width: UInt64) -> Bool {
    let quiet: UInt64 = width == 32 ? 0x7FC0_0000 : 0x7FF8_0000_0000_0000
    let magnitude: UInt64 = width == 32 ? 0x7FFF_FFFF : .max >> 1
    switch self {
    case .bits(let expected): return number == expected
    case .canonicalNaN: return number & magnitude == quiet
    case .arithmeticNaN: return number & quiet == quiet
    }
  }
}

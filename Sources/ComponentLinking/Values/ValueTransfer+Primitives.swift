import ComponentFormat
import WasmFormat

/// Values without parts.
extension ValueTransfer {
  /// What is wrong in a core value that stands on the stack is put right, or is a trap.
  func normalise(_ type: PrimitiveType, _ code: FunctionWriter) throws(LinkingError) {
    switch type {
    case .bool:
      code.i32(0)
      code.op(.i32Ne)
    case .u8: mask(code, 0xFF)
    case .u16: mask(code, 0xFFFF)
    case .s8: code.op(.i32Extend8S)
    case .s16: code.op(.i32Extend16S)
    // NaNs pass as they are, which the Canonical ABI leaves open.
    case .s32, .u32, .s64, .u64, .f32, .f64: break
    case .char: checkCharacter(code)
    case .string, .errorContext: throw LinkingError(.unsupported, "passing values with an error-context in them is not supported")
    }
  }

  func mask(_ code: FunctionWriter, _ bits: Int) {
    code.i32(bits)
    code.op(.i32And)
  }

  /// A Unicode scalar value: below 0x110000 and no surrogate. Moving the surrogates to the top makes it one comparison.
  private func checkCharacter(_ code: FunctionWriter) {
    let character = code.local(.i32)
    code.tee(character)
    code.i32(0xD800)
    code.op(.i32Xor)
    code.i32(0x800)
    code.op(.i32Sub)
    code.i32(0x110000 - 0x800)
    code.op(.i32GeU)
    adapters.trap(code, .invalidCharacter)
    code.get(character)
  }

  /// From an address and offset to another.
  func copy(
    _ type: PrimitiveType, _ code: FunctionWriter, from source: Place, to destination: Place
  ) throws(LinkingError) {
    let (load, store): (LoadOperator, StoreOperator) =
      switch type {
      case .bool, .u8, .s8: (.i32Load8U, .i32Store8)
      case .u16, .s16: (.i32Load16U, .i32Store16)
      // Bits of floating-point numbers are best moved as integers.
      case .u32, .s32, .char, .f32, .errorContext: (.i32Load, .i32Store)
      case .u64, .s64, .f64: (.i64Load, .i64Store)
      case .string: (.i32Load, .i32Store)
      }
    guard type != .string else { return try copyString(code, from: source, to: destination) }
    code.get(destination.address)
    code.get(source.address)
    code.load(load, memory: sourceMemory, offset: source.offset)
    switch type {
    case .bool, .char, .errorContext: try normalise(type, code)
    default: break
    }
    code.store(store, memory: destinationMemory, offset: destination.offset)
  }

  typealias Place = (address: FunctionWriter.Local, offset: Int)

  /// Traps unless the number on the stack is one of a case, and leaves it there.
  func checkCase(_ code: FunctionWriter, _ count: Int) {
    let number = code.local(.i32)
    code.tee(number)
    code.i32(count)
    code.op(.i32GeU)
    adapters.trap(code, .invalidDiscriminant)
    code.get(number)
  }

  /// Flags without a name vanish.
  func maskFlags(_ code: FunctionWriter, _ count: Int) {
    guard count < 32 else { return }
    mask(code, (1 << count) - 1)
  }

  func discriminantAccess(_ count: Int) -> (LoadOperator, StoreOperator) {
    count <= 1 << 8 ? (.i32Load8U, .i32Store8) : count <= 1 << 16 ? (.i32Load16U, .i32Store16) : (.i32Load, .i32Store)
  }
}

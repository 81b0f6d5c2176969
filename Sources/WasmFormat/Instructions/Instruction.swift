/// The instructions of WebAssembly 2.0 (specification 5.4) and those of exceptions (3.0), decoded.
public enum Instruction: Sendable {
  // Control
  case unreachable
  case nop
  case block(BlockType)
  case loop(BlockType)
  case `if`(BlockType)
  case `else`
  case end
  case br(UInt32)
  case brIf(UInt32)
  case brTable([UInt32], default: UInt32)
  case `return`
  case call(UInt32)
  case callIndirect(type: UInt32, table: UInt32)
  // Exceptions
  case `throw`(UInt32)
  case throwReference
  case tryTable(BlockType, [CatchClause])
  // Parametric
  case drop
  case select
  case selectTyped(ValueType)
  // Variables
  case localGet(UInt32)
  case localSet(UInt32)
  case localTee(UInt32)
  case globalGet(UInt32)
  case globalSet(UInt32)
  // Tables and references
  case tableGet(UInt32)
  case tableSet(UInt32)
  case tableInit(element: UInt32, table: UInt32)
  case elementDrop(UInt32)
  case tableCopy(destination: UInt32, source: UInt32)
  case tableGrow(UInt32)
  case tableSize(UInt32)
  case tableFill(UInt32)
  case refNull(ValueType)
  case refIsNull
  case refFunction(UInt32)
  // Memory
  case load(LoadOperator, MemoryArgument)
  case store(StoreOperator, MemoryArgument)
  case memorySize(UInt32)
  case memoryGrow(UInt32)
  case memoryInit(data: UInt32, memory: UInt32)
  case dataDrop(UInt32)
  case memoryCopy(destination: UInt32, source: UInt32)
  case memoryFill(UInt32)
  // Numbers; floating-point constants as bit patterns
  case i32Const(Int32)
  case i64Const(Int64)
  case f32Const(UInt32)
  case f64Const(UInt64)
  case numeric(NumericOperator)
  // Vectors
  case vectorLoad(VectorLoadOperator, MemoryArgument)
  case vectorStore(MemoryArgument)
  /// One lane of so many bytes.
  case vectorLoadLane(width: UInt8, MemoryArgument, lane: UInt8)
  case vectorStoreLane(width: UInt8, MemoryArgument, lane: UInt8)
  case vectorConst(VectorConstant)
  /// Each byte of the result is one of the 32 of both operands.
  case shuffle(VectorConstant)
  case vectorLane(VectorLaneOperator, lane: UInt8)
  case vector(VectorOperator)
}

/// What a `try_table` does with an exception, the first that fits being taken.
public struct CatchClause: Sendable, Hashable {
  /// nil for every exception, whose values are then not passed on.
  public var tag: UInt32?
  /// Whether the label takes the exception itself too, as an `exnref`.
  public var passesReference: Bool
  /// Counted from outside of the `try_table`.
  public var label: UInt32
}

/// Where an access to memory goes, beside the address on the stack (`memarg`, specification 2.4.7).
public struct MemoryArgument: Sendable, Hashable {
  /// The exponent of the alignment; a hint without meaning.
  public var alignment: UInt32
  public var offset: UInt64
  public var memory: UInt32

  public init(alignment: UInt32, offset: UInt64, memory: UInt32 = 0) {
    self.alignment = alignment
    self.offset = offset
    self.memory = memory
  }
}

/// Loads, by their opcodes (specification 5.4.6).
public enum LoadOperator: UInt8, Sendable, CaseIterable {
  case i32Load = 0x28
  case i64Load, f32Load, f64Load
  case i32Load8S, i32Load8U, i32Load16S, i32Load16U
  case i64Load8S, i64Load8U, i64Load16S, i64Load16U, i64Load32S, i64Load32U
}

/// Stores, by their opcodes (specification 5.4.6).
public enum StoreOperator: UInt8, Sendable, CaseIterable {
  case i32Store = 0x36
  case i64Store, f32Store, f64Store
  case i32Store8, i32Store16
  case i64Store8, i64Store16, i64Store32
}

/// Numeric instructions without immediates: the raw value is the opcode, or 0xFC00 plus the second one.
public enum NumericOperator: UInt16, Sendable, CaseIterable {
  case i32Eqz = 0x45
  case i32Eq, i32Ne, i32LtS, i32LtU, i32GtS, i32GtU, i32LeS, i32LeU, i32GeS, i32GeU
  case i64Eqz
  case i64Eq, i64Ne, i64LtS, i64LtU, i64GtS, i64GtU, i64LeS, i64LeU, i64GeS, i64GeU
  case f32Eq, f32Ne, f32Lt, f32Gt, f32Le, f32Ge
  case f64Eq, f64Ne, f64Lt, f64Gt, f64Le, f64Ge
  case i32Clz, i32Ctz, i32Popcnt
  case i32Add, i32Sub, i32Mul, i32DivS, i32DivU, i32RemS, i32RemU
  case i32And, i32Or, i32Xor, i32Shl, i32ShrS, i32ShrU, i32Rotl, i32Rotr
  case i64Clz, i64Ctz, i64Popcnt
  case i64Add, i64Sub, i64Mul, i64DivS, i64DivU, i64RemS, i64RemU
  case i64And, i64Or, i64Xor, i64Shl, i64ShrS, i64ShrU, i64Rotl, i64Rotr
  case f32Abs, f32Neg, f32Ceil, f32Floor, f32Trunc, f32Nearest, f32Sqrt
  case f32Add, f32Sub, f32Mul, f32Div, f32Min, f32Max, f32Copysign
  case f64Abs, f64Neg, f64Ceil, f64Floor, f64Trunc, f64Nearest, f64Sqrt
  case f64Add, f64Sub, f64Mul, f64Div, f64Min, f64Max, f64Copysign
  case i32WrapI64
  case i32TruncF32S, i32TruncF32U, i32TruncF64S, i32TruncF64U
  case i64ExtendI32S, i64ExtendI32U
  case i64TruncF32S, i64TruncF32U, i64TruncF64S, i64TruncF64U
  case f32ConvertI32S, f32ConvertI32U, f32ConvertI64S, f32ConvertI64U
  case f32DemoteF64
  case f64ConvertI32S, f64ConvertI32U, f64ConvertI64S, f64ConvertI64U
  case f64PromoteF32
  case i32ReinterpretF32, i64ReinterpretF64, f32ReinterpretI32, f64ReinterpretI64
  case i32Extend8S, i32Extend16S
  case i64Extend8S, i64Extend16S, i64Extend32S
  case i32TruncSatF32S = 0xFC00
  case i32TruncSatF32U, i32TruncSatF64S, i32TruncSatF64U
  case i64TruncSatF32S, i64TruncSatF32U, i64TruncSatF64S, i64TruncSatF64U
}

/// Reads the instructions of a function body or an expression one by one (specification 5.4).
///
/// This is the only place that knows the opcodes: decoding, validation and compilation all read through it.
public struct InstructionReader: Sendable {
  private(set) var reader: ByteReader
  private let branchTableLimit: Int
  private let allowsSeveralMemories: Bool
  private let allowsExceptions: Bool

  /// The range is that of a `FunctionBody`; whatever of it lies outside the module is cut off.
  public init(module: Module, range: Range<Int>) {
    self.init(ByteReader(bytes: module.bytes, range: range), limits: module.limits)
  }

  init(_ reader: ByteReader, limits: DecodingLimits) {
    self.reader = reader
    self.reader.allowsExceptions = limits.allowsExceptions
    branchTableLimit = limits.branchTableSize
    allowsSeveralMemories = limits.allowsSeveralMemories
    allowsExceptions = limits.allowsExceptions
  }

  /// Where the next instruction begins, in the module's bytes.
  public var offset: Int { reader.position }

  /// The next instruction, or nil at the end of the range. After an error of kind `.invalid` reading may go on.
  public mutating func next() throws(WasmError) -> Instruction? { try read() }

  /// Inlined into the loops of decoding and validation, so that an instruction is told apart once and not twice.
  @inline(__always)
  mutating func read() throws(WasmError) -> Instruction? {
    guard !reader.isAtEnd else { return nil }
    let start = reader.position
    let opcode = try reader.byte()
    switch opcode {
    case 0x00: return .unreachable
    case 0x01: return .nop
    case 0x02: return .block(try reader.blockType())
    case 0x03: return .loop(try reader.blockType())
    case 0x04: return .if(try reader.blockType())
    case 0x05: return .else
    case 0x0B: return .end
    case 0x0C: return .br(try reader.unsigned32())
    case 0x0D: return .brIf(try reader.unsigned32())
    case 0x0E: return try branchTable()
    case 0x0F: return .return
    case 0x10: return .call(try reader.unsigned32())
    case 0x11:
      let type = try reader.unsigned32()
      return .callIndirect(type: type, table: try reader.unsigned32())
    case 0x1A: return .drop
    case 0x1B: return .select
    case 0x1C: return try typedSelect()
    case 0x20: return .localGet(try reader.unsigned32())
    case 0x21: return .localSet(try reader.unsigned32())
    case 0x22: return .localTee(try reader.unsigned32())
    case 0x23: return .globalGet(try reader.unsigned32())
    case 0x24: return .globalSet(try reader.unsigned32())
    case 0x25: return .tableGet(try reader.unsigned32())
    case 0x26: return .tableSet(try reader.unsigned32())
    case 0x28...0x35:
      guard let load = LoadOperator(rawValue: opcode) else { throw illegal(opcode, at: start) }
      return .load(load, try memoryArgument())
    case 0x36...0x3E:
      guard let store = StoreOperator(rawValue: opcode) else { throw illegal(opcode, at: start) }
      return .store(store, try memoryArgument())
    case 0x3F:
      return .memorySize(try memoryIndex())
    case 0x40:
      return .memoryGrow(try memoryIndex())
    case 0x41: return .i32Const(try reader.signed32())
    case 0x42: return .i64Const(try reader.signed64())
    case 0x43: return .f32Const(try reader.littleEndian32())
    case 0x44: return .f64Const(try reader.littleEndian64())
    case 0x45...0xC4:
      guard let numeric = NumericOperator(rawValue: UInt16(opcode)) else { throw illegal(opcode, at: start) }
      return .numeric(numeric)
    case 0xD0: return .refNull(try reader.referenceType())
    case 0xD1: return .refIsNull
    case 0xD2: return .refFunction(try reader.unsigned32())
    case 0xFC: return try prefixed(at: start)
    case 0xFD: return try vector(at: start)
    case 0x08, 0x0A, 0x1F: return try exception(opcode, at: start)
    default: throw illegal(opcode, at: start)
    }
  }

  private mutating func prefixed(at start: Int) throws(WasmError) -> Instruction {
    let opcode = try reader.unsigned32()
    switch opcode {
    case 0...7:
      guard let numeric = NumericOperator(rawValue: 0xFC00 | UInt16(opcode)) else { break }
      return .numeric(numeric)
    case 8:
      let data = try reader.unsigned32()
      return .memoryInit(data: data, memory: try memoryIndex())
    case 9: return .dataDrop(try reader.unsigned32())
    case 10:
      let destination = try memoryIndex()
      return .memoryCopy(destination: destination, source: try memoryIndex())
    case 11:
      return .memoryFill(try memoryIndex())
    case 12:
      let element = try reader.unsigned32()
      return .tableInit(element: element, table: try reader.unsigned32())
    case 13: return .elementDrop(try reader.unsigned32())
    case 14:
      let destination = try reader.unsigned32()
      return .tableCopy(destination: destination, source: try reader.unsigned32())
    case 15: return .tableGrow(try reader.unsigned32())
    case 16: return .tableSize(try reader.unsigned32())
    case 17: return .tableFill(try reader.unsigned32())
    default: break
    }
    throw .malformed("illegal opcode 0xfc \(hexadecimal(opcode))\(UnsupportedFeature.note(numericOpcode: opcode))", at: start)
  }

  @inline(never)
  private mutating func vector(at start: Int) throws(WasmError) -> Instruction {
    let opcode = try reader.unsigned32()
    let code = UInt16(clamping: opcode)
    if let operation = VectorOperator(rawValue: code) { return .vector(operation) }
    if let load = VectorLoadOperator(rawValue: code) { return .vectorLoad(load, try memoryArgument()) }
    if let operation = VectorLaneOperator(rawValue: code) { return .vectorLane(operation, lane: try reader.byte()) }
    switch opcode {
    case 11: return .vectorStore(try memoryArgument())
    case 12: return .vectorConst(try vectorConstant())
    case 13: return .shuffle(try vectorConstant())
    case 84...87:
      let argument = try memoryArgument()
      return .vectorLoadLane(width: 1 << UInt8(opcode - 84), argument, lane: try reader.byte())
    case 88...91:
      let argument = try memoryArgument()
      return .vectorStoreLane(width: 1 << UInt8(opcode - 88), argument, lane: try reader.byte())
    default: throw .malformed("illegal opcode 0xfd \(hexadecimal(opcode))\(UnsupportedFeature.note(vectorOpcode: opcode))", at: start)
    }
  }

  private mutating func vectorConstant() throws(WasmError) -> VectorConstant {
    let low = try reader.littleEndian64()
    return VectorConstant(low: low, high: try reader.littleEndian64())
  }

  @inline(never)
  private mutating func exception(_ opcode: UInt8, at start: Int) throws(WasmError) -> Instruction {
    guard allowsExceptions else { throw illegal(opcode, at: start) }
    if opcode == 0x08 { return .throw(try reader.unsigned32()) }
    if opcode == 0x0A { return .throwReference }
    let type = try reader.blockType()
    var clauses: [CatchClause] = []
    for _ in 0..<(try reader.length()) {
      let position = reader.position
      let form = try reader.byte()
      guard form <= 3 else { throw .malformed("malformed catch clause \(hexadecimal(form))", at: position) }
      let tag = form < 2 ? try reader.unsigned32() : nil
      clauses.append(CatchClause(tag: tag, passesReference: form & 1 == 1, label: try reader.unsigned32()))
    }
    return .tryTable(type, clauses)
  }

  @inline(never)
  private func illegal(_ opcode: UInt8, at offset: Int) -> WasmError {
    .malformed("illegal opcode \(hexadecimal(opcode))\(UnsupportedFeature.note(opcode: opcode))", at: offset)
  }

  @inline(__always)
  private mutating func memoryArgument() throws(WasmError) -> MemoryArgument {
    let start = reader.position
    let alignment = try reader.unsigned32()
    guard alignment < 32 else { return try memoryArgument(flags: alignment, at: start) }
    return MemoryArgument(alignment: alignment, offset: UInt64(try reader.unsigned32()))
  }

  /// With the bit that says that the memory is named (WebAssembly 3.0, 5.4.6).
  @inline(never)
  private mutating func memoryArgument(flags: UInt32, at start: Int) throws(WasmError) -> MemoryArgument {
    let namesMemory: UInt32 = 0x40
    let alignment = flags & ~namesMemory
    guard allowsSeveralMemories, flags & namesMemory != 0, alignment < 32 else {
      throw .malformed("malformed memop flags \(flags)", at: start)
    }
    let memory = try reader.unsigned32()
    return MemoryArgument(alignment: alignment, offset: UInt64(try reader.unsigned32()), memory: memory)
  }

  /// A byte of zero where there is only one memory to name.
  private mutating func memoryIndex() throws(WasmError) -> UInt32 {
    if allowsSeveralMemories { return try reader.unsigned32() }
    try reader.zeroByte()
    return 0
  }

  private mutating func branchTable() throws(WasmError) -> Instruction {
    let start = reader.position
    let count = try reader.length()
    guard count <= branchTableLimit else {
      throw .overLimit("br_table too large", found: count, allowed: branchTableLimit, at: start)
    }
    var targets: [UInt32] = []
    targets.reserveCapacity(count)
    for _ in 0..<count { targets.append(try reader.unsigned32()) }
    return .brTable(targets, default: try reader.unsigned32())
  }

  private mutating func typedSelect() throws(WasmError) -> Instruction {
    let start = reader.position
    let count = try reader.length()
    var type: ValueType?
    for _ in 0..<count { type = try reader.valueType() }
    guard count == 1, let type else {
      throw .invalid("invalid result arity: a select has one type, found \(count)", at: start)
    }
    return .selectTyped(type)
  }
}

/// What a mnemonic stands for in the binary format (specification 5.4), and what follows it.
enum Operation: Sendable {
  case block, loop, `if`, `else`, end, tryTable
  case plain(Opcode, Immediates)
}

struct Opcode: Sendable {
  /// 0xFC, 0xFD, ...; nil for instructions of one byte.
  var prefix: UInt8?
  var code: UInt32
}

/// The immediates of an instruction, in the text and in the binary format.
enum Immediates: Sendable {
  case none
  // Control
  case label, labelTable
  case function, tag
  case functionTypeAndTable
  case resultTypes
  // Variables
  case local, global
  // References and tables
  case heapType
  case table, twoTables
  case element, elementAndTable
  // Memory; the natural alignment as a power of two
  case access(alignment: UInt32)
  case memory, twoMemories
  case data, dataAndMemory
  // Constants
  case i32, i64, f32, f64
  // Vectors
  case vector, shuffle, lane
  case laneAccess(alignment: UInt32)
}

/// The instructions of WebAssembly, all in one table.
enum Mnemonics {
  static let table: [Spelling: Operation] = {
    var table: [Spelling: Operation] = [
      Spelling("block"): .block, Spelling("loop"): .loop, Spelling("if"): .if, Spelling("else"): .else,
      Spelling("end"): .end, Spelling("try_table"): .tryTable,
    ]
    for row in rows {
      for (distance, name) in row.names.split(whereSeparator: \.isWhitespace).enumerated() where name != "-" {
        table[Spelling(name)] = .plain(Opcode(prefix: row.prefix, code: row.first + UInt32(distance)), row.immediates)
      }
    }
    return table
  }()

  /// Mnemonics whose codes follow one another, and whose immediates are alike.
  struct Row {
    var prefix: UInt8?
    var first: UInt32
    var immediates: Immediates
    var names: String

    init(prefix: UInt8? = nil, _ first: UInt32, _ immediates: Immediates, _ names: String) {
      self.prefix = prefix
      self.first = first
      self.immediates = immediates
      self.names = names
    }
  }

  private static let rows: [Row] = control + variablesAndTables + memory + numbers + vectors

  private static let control: [Row] = [
    Row(0x00, .none, "unreachable nop"),
    Row(0x08, .tag, "throw"),
    Row(0x0A, .none, "throw_ref"),
    Row(0x0C, .label, "br br_if"),
    Row(0x0E, .labelTable, "br_table"),
    Row(0x0F, .none, "return"),
    Row(0x10, .function, "call"),
    Row(0x11, .functionTypeAndTable, "call_indirect"),
    Row(0x1A, .none, "drop"),
    Row(0x1B, .resultTypes, "select"),
  ]

  private static let variablesAndTables: [Row] = [
    Row(0x20, .local, "local.get local.set local.tee"),
    Row(0x23, .global, "global.get global.set"),
    Row(0x25, .table, "table.get table.set"),
    Row(0xD0, .heapType, "ref.null"),
    Row(0xD1, .none, "ref.is_null"),
    Row(0xD2, .function, "ref.func"),
    Row(prefix: 0xFC, 12, .elementAndTable, "table.init"),
    Row(prefix: 0xFC, 13, .element, "elem.drop"),
    Row(prefix: 0xFC, 14, .twoTables, "table.copy"),
    Row(prefix: 0xFC, 15, .table, "table.grow table.size table.fill"),
  ]

  private static let memory: [Row] = [
    Row(0x28, .access(alignment: 2), "i32.load"),
    Row(0x29, .access(alignment: 3), "i64.load"),
    Row(0x2A, .access(alignment: 2), "f32.load"),
    Row(0x2B, .access(alignment: 3), "f64.load"),
    Row(0x2C, .access(alignment: 0), "i32.load8_s i32.load8_u"),
    Row(0x2E, .access(alignment: 1), "i32.load16_s i32.load16_u"),
    Row(0x30, .access(alignment: 0), "i64.load8_s i64.load8_u"),
    Row(0x32, .access(alignment: 1), "i64.load16_s i64.load16_u"),
    Row(0x34, .access(alignment: 2), "i64.load32_s i64.load32_u"),
    Row(0x36, .access(alignment: 2), "i32.store"),
    Row(0x37, .access(alignment: 3), "i64.store"),
    Row(0x38, .access(alignment: 2), "f32.store"),
    Row(0x39, .access(alignment: 3), "f64.store"),
    Row(0x3A, .access(alignment: 0), "i32.store8"),
    Row(0x3B, .access(alignment: 1), "i32.store16"),
    Row(0x3C, .access(alignment: 0), "i64.store8"),
    Row(0x3D, .access(alignment: 1), "i64.store16"),
    Row(0x3E, .access(alignment: 2), "i64.store32"),
    Row(0x3F, .memory, "memory.size memory.grow"),
    Row(prefix: 0xFC, 8, .dataAndMemory, "memory.init"),
    Row(prefix: 0xFC, 9, .data, "data.drop"),
    Row(prefix: 0xFC, 10, .twoMemories, "memory.copy"),
    Row(prefix: 0xFC, 11, .memory, "memory.fill"),
  ]

  private static let numbers: [Row] = [
    Row(0x41, .i32, "i32.const"),
    Row(0x42, .i64, "i64.const"),
    Row(0x43, .f32, "f32.const"),
    Row(0x44, .f64, "f64.const"),
    Row(0x45, .none, "i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u"),
    Row(0x50, .none, "i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u"),
    Row(0x5B, .none, "f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge"),
    Row(
      0x67, .none,
      """
      i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u
      i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
      """),
    Row(
      0x79, .none,
      """
      i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u
      i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
      """),
    Row(
      0x8B, .none,
      """
      f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt
      f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign
      f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt
      f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign
      """),
    Row(
      0xA7, .none,
      """
      i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u
      i64.extend_i32_s i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
      f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64
      f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32
      i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
      i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s
      """),
    Row(
      prefix: 0xFC, 0, .none,
      """
      i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u
      i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u
      """),
  ]
}

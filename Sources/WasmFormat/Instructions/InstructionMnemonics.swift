extension Instruction {
  /// The instruction's name in the text format (specification 6.5), without its immediates.
  public var mnemonic: String {
    switch self {
    case .unreachable: "unreachable"
    case .nop: "nop"
    case .block: "block"
    case .loop: "loop"
    case .if: "if"
    case .else: "else"
    case .end: "end"
    case .br: "br"
    case .brIf: "br_if"
    case .brTable: "br_table"
    case .return: "return"
    case .call: "call"
    case .callIndirect: "call_indirect"
    case .throw: "throw"
    case .throwReference: "throw_ref"
    case .tryTable: "try_table"
    case .drop: "drop"
    case .select, .selectTyped: "select"
    case .localGet: "local.get"
    case .localSet: "local.set"
    case .localTee: "local.tee"
    case .globalGet: "global.get"
    case .globalSet: "global.set"
    case .tableGet: "table.get"
    case .tableSet: "table.set"
    case .tableInit: "table.init"
    case .elementDrop: "elem.drop"
    case .tableCopy: "table.copy"
    case .tableGrow: "table.grow"
    case .tableSize: "table.size"
    case .tableFill: "table.fill"
    case .refNull: "ref.null"
    case .refIsNull: "ref.is_null"
    case .refFunction: "ref.func"
    case .load(let load, _): load.mnemonic
    case .store(let store, _): store.mnemonic
    case .memorySize: "memory.size"
    case .memoryGrow: "memory.grow"
    case .memoryInit: "memory.init"
    case .dataDrop: "data.drop"
    case .memoryCopy: "memory.copy"
    case .memoryFill: "memory.fill"
    case .i32Const: "i32.const"
    case .i64Const: "i64.const"
    case .f32Const: "f32.const"
    case .f64Const: "f64.const"
    case .numeric(let numeric): numeric.mnemonic
    case .vectorLoad(let load, _): load.mnemonic
    case .vectorStore: "v128.store"
    case .vectorLoadLane(let width, _, _): "v128.load\(width * 8)_lane"
    case .vectorStoreLane(let width, _, _): "v128.store\(width * 8)_lane"
    case .vectorConst: "v128.const"
    case .shuffle: "i8x16.shuffle"
    case .vectorLane(let operation, _): operation.mnemonic
    case .vector(let operation): operation.mnemonic
    }
  }
}

extension ValueType {
  /// The type's name in the text format.
  public var mnemonic: String {
    switch self {
    case .i32: "i32"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    case .v128: "v128"
    case .funcref: "funcref"
    case .externref: "externref"
    case .exnref: "exnref"
    }
  }
}

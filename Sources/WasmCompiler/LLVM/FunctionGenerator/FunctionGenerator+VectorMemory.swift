import WasmFormat

/// Loads and stores of vectors and of single lanes. Each is one volatile access, as those of numbers are: a store that traps has written nothing. Where
/// no register holds a vector LLVM would make sixteen accesses of it, in an order of its own: there it is two, of which the upper half comes first.
extension FunctionGenerator {
  mutating func vectorLoad(_ operation: VectorLoadOperator, _ argument: MemoryArgument) {
    switch operation {
    case .v128Load: wholeVector(argument)
    case .v128Load8x8S: extended("sext", .i16x8, argument)
    case .v128Load8x8U: extended("zext", .i16x8, argument)
    case .v128Load16x4S: extended("sext", .i32x4, argument)
    case .v128Load16x4U: extended("zext", .i32x4, argument)
    case .v128Load32x2S: extended("sext", .i64x2, argument)
    case .v128Load32x2U: extended("zext", .i64x2, argument)
    case .v128Load8Splat: repeated(.i8x16, argument)
    case .v128Load16Splat: repeated(.i16x8, argument)
    case .v128Load32Splat: repeated(.i32x4, argument)
    case .v128Load64Splat: repeated(.i64x2, argument)
    case .v128Load32Zero: first(.i32x4, argument)
    case .v128Load64Zero: first(.i64x2, argument)
    }
  }

  mutating func vectorStore(_ argument: MemoryArgument) {
    let value = pop().text
    guard !target.hasVectorRegisters else { return store("<16 x i8>", value, argument) }
    let halves = define("bitcast <16 x i8> \(value) to <2 x i64>")
    let pointer = address(argument)
    // Memories have no holes: where the upper half is inside, the lower one is too.
    for (half, place) in [(1, upperHalf(pointer)), (0, pointer)] {
      let part = define("extractelement <2 x i64> \(halves), i32 \(half)")
      body.line("store volatile i64 \(part), ptr \(place), align 1, \(location)")
    }
  }

  private mutating func wholeVector(_ argument: MemoryArgument) {
    guard !target.hasVectorRegisters else { return push(access("<16 x i8>", argument), .i8x16) }
    let pointer = address(argument)
    var vector = "poison"
    for (half, place) in [(0, pointer), (1, upperHalf(pointer))] {
      let part = define("load volatile i64, ptr \(place), align 1, \(location)")
      vector = define("insertelement <2 x i64> \(vector), i64 \(part), i32 \(half)")
    }
    emit("bitcast <2 x i64> \(vector) to <16 x i8>", .i8x16)
  }

  private mutating func upperHalf(_ pointer: String) -> String { define("getelementptr i8, ptr \(pointer), i64 8") }

  mutating func vectorLoadLane(_ width: UInt8, _ argument: MemoryArgument, _ lane: UInt8) {
    let type = Self.type(width)
    let vector = popVector(type)
    let value = access(type.lane, argument)
    emit("insertelement \(type.ir) \(vector), \(type.lane) \(value), i32 \(lane)", type)
  }

  mutating func vectorStoreLane(_ width: UInt8, _ argument: MemoryArgument, _ lane: UInt8) {
    let type = Self.type(width)
    let vector = popVector(type)
    store(type.lane, define("extractelement \(type.ir) \(vector), i32 \(lane)"), argument)
  }

  private static func type(_ width: UInt8) -> VectorType {
    switch width {
    case 1: .i8x16
    case 2: .i16x8
    case 4: .i32x4
    default: .i64x2
    }
  }

  private mutating func access(_ type: String, _ argument: MemoryArgument) -> String {
    let pointer = address(argument)
    return define("load volatile \(type), ptr \(pointer), align 1, \(location)")
  }

  private mutating func store(_ type: String, _ value: String, _ argument: MemoryArgument) {
    let pointer = address(argument)
    body.line("store volatile \(type) \(value), ptr \(pointer), align 1, \(location)")
  }

  /// Eight bytes, read as one number: a vector of them could be read in pieces.
  private mutating func extended(_ extension: String, _ type: VectorType, _ argument: MemoryArgument) {
    let half = "<\(type.lanes) x i\(type.width / 2)>"
    let value = define("bitcast i64 \(access("i64", argument)) to \(half)")
    emit("\(`extension`) \(half) \(value) to \(type.ir)", type)
  }

  private mutating func repeated(_ type: VectorType, _ argument: MemoryArgument) {
    let value = access(type.lane, argument)
    push(splat(value, type), type)
  }

  private mutating func first(_ type: VectorType, _ argument: MemoryArgument) {
    let value = access(type.lane, argument)
    emit("insertelement \(type.ir) zeroinitializer, \(type.lane) \(value), i32 0", type)
  }
}

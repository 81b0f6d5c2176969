import WasmFormat

/// Where a function with blocks that catch keeps what those use: such blocks are functions of their own, and find locals and the slots of blocks
/// by the address of one frame. What is in it stays in memory, which costs functions that catch some of their speed, and no other.
struct SharedPlaces {
  /// By index, those of locals that such a block uses.
  private var locals: [UInt32: Int] = [:]
  /// Whether there is a block that catches.
  private(set) var isUsed = false
  private(set) var size = 0
  /// Where the next place will be. A block's places are free when it ends.
  var end = 0
  /// Those with a name in the function that is being written.
  var named: Set<Int> = []

  init() {}

  init(of code: FunctionBody, in module: Module, _ type: FunctionType) throws(WasmError) {
    isUsed = true
    var reader = InstructionReader(module: module, range: code.range)
    // For each open block, whether it catches.
    var blocks: [Bool] = []
    var depth = 0
    var used: Set<UInt32> = []
    while let instruction = try reader.next() {
      switch instruction {
      case .block, .loop, .if: blocks.append(false)
      case .tryTable(_, let clauses):
        blocks.append(!clauses.isEmpty)
        if !clauses.isEmpty { depth += 1 }
      case .end: if blocks.popLast() == true { depth -= 1 }
      case .localGet(let index), .localSet(let index), .localTee(let index): if depth > 0 { used.insert(index) }
      default: break
      }
    }
    let types = type.parameters + code.locals.flatMap { repeatElement($0.type, count: Int($0.count)) }
    for index in used.sorted() {
      if let type = types[checked: index] { locals[index] = add(type) }
    }
  }

  func hasLocal(_ index: Int) -> Bool { locals[UInt32(index)] != nil }

  func place(ofLocal index: UInt32) -> Int? { locals[index] }

  /// The offset of a new place.
  mutating func add(_ type: ValueType) -> Int {
    defer {
      end += type == .exnref ? 8 * 10 : 16
      size = max(size, end)
    }
    return end
  }
}

/// A function whose writing waits while that of a block within it is written.
struct BlockFunction {
  var body: IRText
  var allocations: IRText
  var hiddenZeros: [ValueType: String]
  var named: Set<Int>
  var exits: [Int]
  var scope: Int
  /// Of the block's function.
  var symbol: String
  var blockScope: Int
}

extension FunctionGenerator {
  mutating func place(ofLocal index: UInt32) -> String {
    shared.place(ofLocal: index).map { sharedPlace($0) } ?? "%l\(index)"
  }

  mutating func place(ofSlot slot: Int) -> String { shared.isUsed ? sharedPlace(slot) : "%s\(slot)" }

  private mutating func sharedPlace(_ offset: Int) -> String {
    let name = "%shared\(offset)"
    if shared.named.insert(offset).inserted { allocations.line("\(name) = getelementptr i8, ptr %frame, i64 \(offset)") }
    return name
  }
}

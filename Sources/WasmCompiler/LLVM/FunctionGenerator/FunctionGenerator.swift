import EdgeCalls
import WasmFormat

/// Writes one function. Operands are SSA values, locals and the results of blocks are stack slots, which LLVM turns into
/// registers: so the text is written in one pass.
///
/// What must happen in order (writes to memory, tables and globals, calls, traps) is volatile or a call, and LLVM keeps the order of
/// those; everything else is arithmetic without effects and free to move.
struct FunctionGenerator {
  struct Operand {
    var text: String
    var type: ValueType
    /// Known when the operand is an integer constant, which can be turned into a floating-point one behind our back.
    var isConstant = false
  }

  struct Frame {
    enum Kind { case function, block, loop, conditional, alternative, attempt }
    var kind: Kind
    var label: Int
    var type: FunctionType
    /// Operands below the block.
    var height: Int
    /// Slots that a branch to this label fills: the results, or for a loop the parameters.
    var slots: [Int] = []
    /// The parameters again, for the branch of an `if` that is taken second.
    var parameters: [Operand] = []
    var isTargeted = false
    /// How many blocks that catch are around the code of this frame.
    var level = 0
    var clauses: [CatchClause] = []
    /// Where shared places end without those of the frame.
    var sharedEnd = 0
  }

  let instance: Instance
  let module: Module
  let target: LLVMTarget
  let function: FunctionSymbol
  var unit: UnitContext
  var body = IRText()
  var allocations = IRText()
  var stack: [Operand] = []
  var frames: [Frame] = []
  var localTypes: [ValueType] = []
  var isReachable = true
  var counter = 0
  var scope = 0
  var hiddenZeros: [ValueType: String] = [:]
  var shared = SharedPlaces()
  /// The functions that are being written around the one of the innermost block that catches.
  var outer: [BlockFunction] = []
  var blockCount = 0
  /// Frames of the functions around to which the code of the innermost block goes.
  var exits: [Int] = []
  /// Blocks that catch, as functions of their own.
  var blocks = IRText()
  /// Where the current instruction begins, for traps.
  var offset = 0

  init(instance: Instance, target: LLVMTarget, function: FunctionSymbol, unit: UnitContext) {
    self.instance = instance
    self.module = instance.module
    self.target = target
    self.function = function
    self.unit = unit
  }

  /// The definition of the function, in LLVM IR.
  mutating func generate(_ code: FunctionBody) throws(WasmError) -> IRText {
    scope = unit.scope(function.code, at: code.range.lowerBound)
    if code.catchesExceptions { shared = try SharedPlaces(of: code, in: module, function.type) }
    declareLocals(code)
    frames.append(Frame(kind: .function, label: fresh(), type: function.type, height: 0))
    if shared.isUsed { frames[0].slots = function.type.results.map { allocate($0) } }
    var reader = InstructionReader(module: module, range: code.range)
    var skipped = 0
    while true {
      offset = reader.offset
      guard let instruction = try reader.next() else { break }
      if isReachable {
        generate(instruction)
      } else {
        // Code that cannot be reached has types but no values: leave it out, following the nesting alone.
        switch instruction {
        case .block, .loop, .if, .tryTable: skipped += 1
        case .else where skipped == 0: beginAlternative()
        case .end where skipped == 0: endBlock()
        case .end: skipped -= 1
        default: break
        }
      }
    }
    var text = IRText()
    let parameters = function.type.parameters.enumerated().map { "\($1.ir) %p\($0)" }.joined(separator: ", ")
    text.line("define dso_local \(function.type.irResult) @\"\(function.code)\"(\(parameters)) #0 !dbg !\(scope) {")
    if shared.isUsed { text.line("%frame = alloca [\(shared.size) x i8], align 16") }
    text.append(allocations)
    text.append(body)
    text.line("}")
    text.append(blocks)
    return text
  }

  private mutating func declareLocals(_ code: FunctionBody) {
    localTypes = function.type.parameters
    for (count, type) in code.locals {
      localTypes.append(contentsOf: repeatElement(type, count: Int(count)))
    }
    for (index, type) in localTypes.enumerated() {
      if !shared.hasLocal(index) { allocations.line("%l\(index) = alloca \(type.ir)") }
    }
    for (index, type) in localTypes.enumerated() {
      let initial = index < function.type.parameters.count ? "%p\(index)" : zero(type)
      body.line("store \(type.ir) \(initial), ptr \(place(ofLocal: UInt32(index)))")
    }
  }

  /// What a local begins with; hidden where it is of floating point, as constants are, and then made once.
  private mutating func zero(_ type: ValueType) -> String {
    guard type == .f32 || type == .f64 else { return type.irZero }
    if let made = hiddenZeros[type] { return made }
    opaque(type.irZero, type)
    let made = pop().text
    hiddenZeros[type] = made
    return made
  }

  // MARK: Values

  mutating func fresh() -> Int {
    counter += 1
    return counter
  }

  mutating func push(_ text: String, _ type: ValueType, isConstant: Bool = false) {
    stack.append(Operand(text: text, type: type, isConstant: isConstant))
  }

  /// The operand on top. Validation has proved that it is there.
  mutating func pop() -> Operand { stack.popLast() ?? Operand(text: "poison", type: .i32) }

  mutating func pop(_ count: Int) -> [Operand] {
    let taken = Array(stack.suffix(count))
    stack.removeLast(taken.count)
    return taken
  }

  /// Writes `%n = expression` and pushes %n.
  mutating func emit(_ expression: String, _ type: ValueType) {
    let name = define(expression)
    push(name, type)
  }

  mutating func define(_ expression: String) -> String {
    let name = "%v\(fresh())"
    body.line("\(name) = \(expression)")
    return name
  }

  /// The location of the current instruction.
  var location: String { "!dbg !DILocation(line: \(offset), scope: !\(scope))" }

  // MARK: Traps

  /// Traps if `condition`, an i1, holds.
  mutating func trap(if condition: String, _ kind: TrapKind) {
    let number = fresh()
    body.line("br i1 \(condition), label %trap\(number), label %ok\(number), !prof !{!\"branch_weights\", i32 1, i32 1048575}")
    body.line("trap\(number):")
    trap(kind)
    body.line("ok\(number):")
  }

  /// The call is never merged with another, so that its return address tells where the trap happened.
  mutating func trap(_ kind: TrapKind) {
    unit.runtime("coffer_trap", "void (i32)", attributes: "#1")
    body.line("call void @coffer_trap(i32 \(kind.rawValue)) #1, \(location)")
    body.line("unreachable")
  }

  // MARK: Calls

  mutating func call(_ callee: String, _ type: FunctionType) {
    let arguments = pop(type.parameters.count)
    let list = arguments.map { "\($0.type.ir) \($0.text)" }.joined(separator: ", ")
    let call = "call \(type.irResult) \(callee)(\(list)) #2, \(location)"
    switch type.results.count {
    case 0: body.line(call)
    case 1: emit(call, type.results[0])
    default:
      let aggregate = define(call)
      for (index, result) in type.results.enumerated() {
        emit("extractvalue \(type.irResult) \(aggregate), \(index)", result)
      }
    }
  }
}

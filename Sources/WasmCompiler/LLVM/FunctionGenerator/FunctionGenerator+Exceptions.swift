import EdgeCalls
import WasmFormat

/// Exceptions (WebAssembly 3.0, 4.6.9). A block that catches becomes a function of its own, which `coffer_exception_try` calls. For LLVM that is an
/// ordinary call which returns once, and a throw one which does not return: nothing that it knows about order and memory has to be taken back, and
/// what was written before an exception has been written.
extension FunctionGenerator {
  // MARK: Throwing

  mutating func `throw`(_ tag: TagSymbol) {
    var word = 1
    for value in pop(tag.type.parameters.count) {
      for part in words(value) {
        body.line("store volatile i64 \(part), ptr \(payload(word))")
        word += 1
      }
    }
    unit.variable(tag.symbol, "i8", isConstant: true)
    send("ptrtoint (ptr @\"\(tag.symbol)\" to i64)")
  }

  mutating func throwReference() {
    let exception = pop()
    let tag = tag(of: exception)
    trap(if: define("icmp eq i64 \(tag), 0"), .nullReference)
    unit.variable(ExceptionRuntime.current, LLVMGenerator.exceptionType)
    body.line("store volatile \(exception.type.ir) \(exception.text), ptr @\(ExceptionRuntime.current)")
    send(tag)
  }

  private mutating func send(_ tag: String) {
    unit.runtime(ExceptionRuntime.find, "ptr (i64)")
    unit.runtime(ExceptionRuntime.resume, "void (ptr)", attributes: "#1")
    let place = define("call ptr @\(ExceptionRuntime.find)(i64 \(tag))")
    trap(if: define("icmp eq ptr \(place), null"), .uncaughtException)
    body.line("call void @\(ExceptionRuntime.resume)(ptr \(place)) #1, \(location)")
    body.line("unreachable")
    isReachable = false
  }

  mutating func tag(of exception: Operand) -> String { define("extractvalue \(exception.type.ir) \(exception.text), 0") }

  private mutating func payload(_ word: Int) -> String {
    unit.variable(ExceptionRuntime.current, LLVMGenerator.exceptionType)
    return "getelementptr (i64, ptr @\(ExceptionRuntime.current), i64 \(word))"
  }

  private mutating func words(_ value: Operand) -> [String] {
    switch value.type {
    case .i32: return [define("zext i32 \(value.text) to i64")]
    case .i64, .externref: return [value.text]
    case .f32: return [define("zext i32 \(define("bitcast float \(value.text) to i32")) to i64")]
    case .f64: return [define("bitcast double \(value.text) to i64")]
    case .funcref: return [define("ptrtoint ptr \(value.text) to i64")]
    case .v128:
      let halves = define("bitcast <16 x i8> \(value.text) to <2 x i64>")
      return (0..<2).map { define("extractelement <2 x i64> \(halves), i32 \($0)") }
    // Validation has it that no exception carries another.
    case .exnref: return []
    }
  }

  /// Pushes a value of the exception that has just been caught.
  /// - Returns: how many words it takes.
  private mutating func pushCaught(_ type: ValueType, at word: Int) -> Int {
    switch type {
    case .i32: emit("trunc i64 \(define("load i64, ptr \(payload(word))")) to i32", type)
    case .f32:
      let bits = define("trunc i64 \(define("load i64, ptr \(payload(word))")) to i32")
      emit("bitcast i32 \(bits) to float", type)
    default: emit("load \(type.ir), ptr \(payload(word)), align 8", type)
    }
    return type == .v128 ? 2 : 1
  }

  // MARK: Catching

  mutating func beginAttempt(_ blockType: BlockType, _ clauses: [CatchClause]) {
    let type = blockType.resolved(in: module)
    var frame = newFrame(.attempt, type)
    frame.label = fresh()
    frame.clauses = clauses
    frame.slots = type.results.map { allocate($0) }
    let parameters = pop(type.parameters.count)
    let places = parameters.map { allocate($0.type) }
    fill(places, parameters)
    blockCount += 1
    let symbol = blockSymbol(blockCount)
    let blockScope = unit.scope(symbol, at: offset)
    outer.append(
      BlockFunction(
        body: body, allocations: allocations, hiddenZeros: hiddenZeros, named: shared.named, exits: exits, scope: scope, symbol: symbol,
        blockScope: blockScope))
    (body, allocations, hiddenZeros, exits) = (IRText(), IRText(), [:], [])
    shared.named = []
    scope = blockScope
    frame.level = outer.count
    frames.append(frame)
    load(places, type.parameters)
  }

  /// "i0.f12.name" has blocks "i0.f12:1.name", so that a trap in one is told to be in the function.
  private func blockSymbol(_ number: Int) -> String {
    var parts = function.code.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    if parts.count > 1 { parts[1] += ":\(number)" }
    return parts.joined(separator: ".")
  }

  /// The number by which the innermost block says that it goes on at that frame.
  mutating func exitNumber(to target: Int) -> Int {
    if let known = exits.firstIndex(of: target) { return known + 1 }
    exits.append(target)
    return exits.count
  }

  mutating func endAttempt() {
    guard let frame = frames.popLast(), let around = outer.popLast() else { return }
    blocks.line("define dso_local i32 @\"\(around.symbol)\"(ptr %frame) #0 !dbg !\(around.blockScope) {")
    blocks.append(allocations)
    blocks.append(body)
    blocks.line("}")
    define(clauses: frame.clauses, around.symbol)
    let taken = exits
    (body, allocations, hiddenZeros, exits, scope) = (around.body, around.allocations, around.hiddenZeros, around.exits, around.scope)
    shared.named = around.named
    stack.removeLast(max(0, stack.count - frame.height))

    unit.runtime(ExceptionRuntime.tryBlock, "i32 (ptr, ptr, ptr)")
    let result = define(
      "call i32 @\(ExceptionRuntime.tryBlock)(ptr @\"\(around.symbol)\", ptr %frame, ptr @\"\(around.symbol).clauses\") #2, \(location)")
    let number = fresh()
    body.line("switch i32 \(result), label %b\(frame.label) [")
    for index in taken.indices { body.line("i32 \(index + 1), label %exit\(number).\(index)") }
    for index in frame.clauses.indices { body.line("i32 \(-1 - index), label %catch\(number).\(index)") }
    body.line("]")
    let saved = stack
    for (index, target) in taken.enumerated() {
      body.line("exit\(number).\(index):")
      stack = saved
      goOnOutside(to: target)
    }
    for (index, clause) in frame.clauses.enumerated() {
      body.line("catch\(number).\(index):")
      stack = saved
      isReachable = true
      receive(clause)
      branch(clause.label)
    }
    stack = saved
    body.line("b\(frame.label):")
    isReachable = frame.isTargeted
    if frame.isTargeted { load(frame.slots, frame.type.results) } else { body.line("unreachable") }
  }

  private mutating func goOnOutside(to target: Int) {
    guard frames[target].kind == .function, outer.isEmpty else { return goOn(to: target) }
    load(frames[target].slots, function.type.results)
    emitReturn()
  }

  private mutating func receive(_ clause: CatchClause) {
    if let index = clause.tag {
      var word = 1
      for type in instance.tags[Int(index)].type.parameters { word += pushCaught(type, at: word) }
    }
    guard clause.passesReference else { return }
    emit("load \(ValueType.exnref.ir), ptr \(payload(0))", .exnref)
  }

  private mutating func define(clauses: [CatchClause], _ symbol: String) {
    let tags = clauses.map { clause in
      guard let index = clause.tag else { return "ptr null" }
      let tag = instance.tags[Int(index)].symbol
      unit.variable(tag, "i8", isConstant: true)
      return "ptr @\"\(tag)\""
    }
    let type = "{ i64, [\(tags.count) x ptr] }"
    blocks.line("@\"\(symbol).clauses\" = internal constant \(type) { i64 \(tags.count), [\(tags.count) x ptr] [\(tags.joined(separator: ", "))] }")
  }
}

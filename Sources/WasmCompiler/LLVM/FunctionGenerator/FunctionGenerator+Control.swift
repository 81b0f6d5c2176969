import WasmFormat

extension FunctionGenerator {
  mutating func begin(_ kind: Frame.Kind, _ blockType: BlockType) {
    let type = blockType.resolved(in: module)
    var frame = newFrame(kind, type)
    frame.label = fresh()
    switch kind {
    case .loop:
      // A loop's label takes the parameters: they live in slots from which each round loads them afresh.
      let parameters = pop(type.parameters.count)
      frame.slots = parameters.map { allocate($0.type) }
      fill(frame.slots, parameters)
      body.line("br label %b\(frame.label)")
      body.line("b\(frame.label):")
      frames.append(frame)
      load(frame.slots, type.parameters)
    default:
      frame.slots = type.results.map { allocate($0) }
      frames.append(frame)
    }
  }

  func newFrame(_ kind: Frame.Kind, _ type: FunctionType) -> Frame {
    var frame = Frame(kind: kind, label: 0, type: type, height: stack.count - type.parameters.count)
    frame.level = outer.count
    frame.sharedEnd = shared.end
    return frame
  }

  mutating func beginConditional(_ blockType: BlockType) {
    let condition = define("icmp ne i32 \(pop().text), 0")
    begin(.conditional, blockType)
    let top = frames.count - 1
    frames[top].parameters = Array(stack.suffix(frames[top].type.parameters.count))
    let label = frames[top].label
    body.line("br i1 \(condition), label %then\(label), label %else\(label)")
    body.line("then\(label):")
  }

  mutating func beginAlternative() {
    let top = frames.count - 1
    if isReachable { leave(top) }
    frames[top].kind = .alternative
    stack.removeLast(stack.count - frames[top].height)
    stack.append(contentsOf: frames[top].parameters)
    body.line("else\(frames[top].label):")
    isReachable = true
  }

  mutating func endBlock() {
    if frames.last?.kind == .conditional {
      // No `else`: the parameters are the results.
      beginAlternative()
    }
    guard let frame = frames.last else { return }
    shared.end = frame.sharedEnd
    if frame.kind == .function {
      if isReachable { emitReturn() }
      frames.removeLast()
      isReachable = false
      return
    }
    if frame.kind == .loop {
      frames.removeLast()
      if !isReachable { stack.removeLast(max(0, stack.count - frame.height)) }
      return
    }
    if isReachable { leave(frames.count - 1) }
    if frame.kind == .attempt { return endAttempt() }
    let isTargeted = frames[frames.count - 1].isTargeted
    frames.removeLast()
    stack.removeLast(max(0, stack.count - frame.height))
    isReachable = isTargeted
    if isTargeted {
      body.line("b\(frame.label):")
      load(frame.slots, frame.type.results)
    }
  }

  mutating func branch(_ depth: UInt32) {
    let target = frames.count - 1 - Int(depth)
    if frames[target].kind == .function { emitReturn() } else { leave(target) }
    isReachable = false
  }

  mutating func branchIf(_ depth: UInt32) {
    let condition = define("icmp ne i32 \(pop().text), 0")
    let number = fresh()
    let target = frames.count - 1 - Int(depth)
    if frames[target].kind != .function && frames[target].slots.isEmpty && isHere(frames[target]) {
      frames[target].isTargeted = true
      body.line("br i1 \(condition), label %b\(frames[target].label), label %next\(number)")
    } else {
      body.line("br i1 \(condition), label %taken\(number), label %next\(number)")
      body.line("taken\(number):")
      let saved = stack
      branch(depth)
      stack = saved
      isReachable = true
    }
    body.line("next\(number):")
  }

  mutating func branchTable(_ labels: [UInt32], default fallback: UInt32) {
    let selector = pop()
    let number = fresh()
    // Each distinct depth once: a hostile table may repeat one label a million times.
    var depths: [UInt32] = []
    var seen: Set<UInt32> = []
    for depth in labels + [fallback] where seen.insert(depth).inserted { depths.append(depth) }
    body.line("switch i32 \(selector.text), label %case\(number).\(fallback) [")
    for (value, depth) in labels.enumerated() where depth != fallback {
      body.line("i32 \(value), label %case\(number).\(depth)")
    }
    body.line("]")
    let saved = stack
    for depth in depths {
      body.line("case\(number).\(depth):")
      stack = saved
      branch(depth)
    }
    isReachable = false
  }

  mutating func emitReturn() {
    let results = Array(stack.suffix(function.type.results.count))
    guard outer.isEmpty else { return leave(0) }
    switch results.count {
    case 0: body.line("ret void")
    case 1: body.line("ret \(results[0].type.ir) \(results[0].text)")
    default:
      var aggregate = "poison"
      for (index, result) in results.enumerated() {
        aggregate = define("insertvalue \(function.type.irResult) \(aggregate), \(result.type.ir) \(result.text), \(index)")
      }
      body.line("ret \(function.type.irResult) \(aggregate)")
    }
    isReachable = false
  }

  /// Jumps to a frame's label with the operands that it takes.
  mutating func leave(_ target: Int) {
    let frame = frames[target]
    let count = frame.kind == .loop ? frame.type.parameters.count : frame.type.results.count
    fill(frame.slots, Array(stack.suffix(count)))
    goOn(to: target)
  }

  /// Whether the frame's label is one of the function that is being written.
  func isHere(_ frame: Frame) -> Bool { frame.level == outer.count && frame.kind != .attempt }

  /// Jumps to a frame's label, whose slots have been filled.
  mutating func goOn(to target: Int) {
    frames[target].isTargeted = true
    isReachable = false
    if isHere(frames[target]) { return body.line("br label %b\(frames[target].label)") }
    body.line("ret i32 \(frames[target].level == outer.count ? 0 : exitNumber(to: target))")
  }

  mutating func allocate(_ type: ValueType) -> Int {
    if shared.isUsed { return shared.add(type) }
    let slot = fresh()
    allocations.line("%s\(slot) = alloca \(type.ir)")
    return slot
  }

  mutating func fill(_ slots: [Int], _ values: [Operand]) {
    for (slot, value) in zip(slots, values) {
      body.line("store \(value.type.ir) \(value.text), ptr \(place(ofSlot: slot))")
    }
  }

  mutating func load(_ slots: [Int], _ types: [ValueType]) {
    for (slot, type) in zip(slots, types) { emit("load \(type.ir), ptr \(place(ofSlot: slot))", type) }
  }
}

extension BlockType {
  func resolved(in module: Module) -> FunctionType {
    switch self {
    case .empty: FunctionType()
    case .value(let type): FunctionType(results: [type])
    case .function(let index): module.types[checked: index] ?? FunctionType()
    }
  }
}

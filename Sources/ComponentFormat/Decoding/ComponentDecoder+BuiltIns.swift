import WasmFormat

/// Built-ins without a type of values, and the options of those with one.
extension ComponentDecoder {
  mutating func builtIn(_ code: UInt8, at start: Int) throws(WasmError) {
    switch code {
    case 0x05: define(.taskCancel, [])
    case 0x06: define(.subtaskCancel(isAsync: try flag()), [.i32], [.i32])
    case 0x0A: define(.contextGet(try contextSlot()), [], [.i32])
    case 0x0B: define(.contextSet(try contextSlot()), [.i32])
    case 0x0C: define(.threadYield(isCancellable: try flag()), [], [.i32])
    case 0x0D: define(.subtaskDrop, [.i32])
    case 0x1C: define(.errorContextNew(try errorContextOptions(reallocate: false, at: start)), [.i32, .i32], [.i32])
    case 0x1D: define(.errorContextDebugMessage(try errorContextOptions(reallocate: true, at: start)), [.i32, .i32])
    case 0x1E: define(.errorContextDrop, [.i32])
    case 0x1F: define(.waitableSetNew, [], [.i32])
    case 0x20: define(.waitableSetWait(isCancellable: try flag(), memory: try memoryIndex()), [.i32, .i32], [.i32])
    case 0x21: define(.waitableSetPoll(isCancellable: try flag(), memory: try memoryIndex()), [.i32, .i32], [.i32])
    case 0x22: define(.waitableSetDrop, [.i32])
    case 0x23: define(.waitableJoin, [.i32, .i32])
    case 0x24: define(.backpressureIncrement, [])
    case 0x25: define(.backpressureDecrement, [])
    case 0x26: define(.threadIndex, [], [.i32])
    case 0x27: try threadNewIndirect(at: start)
    case 0x28: define(.threadResumeLater, [.i32])
    case 0x29: define(.threadSuspend(isCancellable: try flag()), [], [.i32])
    case 0x2A: define(.threadSuspendThenResume(isCancellable: try flag()), [.i32], [.i32])
    case 0x2B: define(.threadYieldThenResume(isCancellable: try flag()), [.i32], [.i32])
    case 0x2C: define(.threadSuspendThenPromote(isCancellable: try flag()), [.i32], [.i32])
    case 0x2D: define(.threadYieldThenPromote(isCancellable: try flag()), [.i32], [.i32])
    case 0x40...0x42: throw .invalid("threads that share memory are not supported: canonical function \(hexadecimal(code))", at: start)
    default: throw .leadingByte(code, "canonical function", at: start)
    }
  }

  mutating func flag() throws(WasmError) -> Bool {
    let start = reader.position
    let byte = try reader.byte()
    guard byte <= 1 else { throw .malformed("invalid boolean value \(hexadecimal(byte)), 0 or 1 expected", at: start) }
    return byte == 1
  }

  private mutating func contextSlot() throws(WasmError) -> UInt32 {
    let start = reader.position
    let type = try reader.valueType()
    guard type == .i32 else { throw .invalid("context values are of type i32, found \(type)", at: start) }
    let slot = try reader.unsigned32()
    let slots = 2
    guard slot < slots else { throw .invalid("immediate of a context function must be below \(slots), found \(slot)", at: start) }
    return slot
  }

  private mutating func memoryIndex() throws(WasmError) -> UInt32 {
    let start = reader.position
    let index = try reader.unsigned32()
    _ = try scope.component.coreMemory(index, at: start)
    return index
  }

  private mutating func threadNewIndirect(at start: Int) throws(WasmError) {
    let offset = reader.position
    let typeIndex = try reader.unsigned32()
    guard case .function(let type) = try scope.component.coreType(typeIndex, at: offset),
      type == FunctionType(parameters: [.i32])
    else { throw .invalid("start function of a thread must take one i32 and return nothing", at: offset) }
    let tableOffset = reader.position
    let index = try reader.unsigned32()
    let table = try scope.component.coreTable(index, at: tableOffset)
    guard table.element == .funcref else {
      throw .invalid("indirect thread table is not of type funcref, found \(table.element)", at: tableOffset)
    }
    define(.threadNewIndirect(type, table: index), [.i32, .i32], [.i32])
  }

  private mutating func errorContextOptions(reallocate: Bool, at start: Int) throws(WasmError) -> CanonicalOptions {
    let options = try canonicalOptions()
    for (isThere, name) in [
      (options.isAsync, "async"), (options.postReturn != nil, "post-return"), (options.callback != nil, "callback"),
    ] where isThere {
      throw .invalid("canonical option `\(name)` cannot be specified for error contexts", at: start)
    }
    try require(options, memory: true, reallocate: reallocate, at: start)
    return options
  }

  // MARK: Options

  /// `opts`, with the rules that hold wherever they stand.
  mutating func canonicalOptions() throws(WasmError) -> CanonicalOptions {
    let start = reader.position
    var options = CanonicalOptions()
    var encoding: CanonicalOptions.StringEncoding?
    for _ in 0..<(try reader.length()) {
      let offset = reader.position
      let code = try reader.byte()
      switch code {
      case 0x00, 0x01, 0x02:
        guard let found = CanonicalOptions.StringEncoding(rawValue: code) else { break }
        if let encoding {
          throw .invalid("canonical encoding option `\(encoding)` conflicts with option `\(found)`", at: offset)
        }
        encoding = found
        options.encoding = found
      case 0x03: try set(&options.memory, "memory", try memoryIndex(), at: offset)
      case 0x04: try set(&options.reallocate, "realloc", try reader.unsigned32(), at: offset)
      case 0x05: try set(&options.postReturn, "post-return", try reader.unsigned32(), at: offset)
      case 0x06:
        guard !options.isAsync else { throw .repeatedOption("async", at: offset) }
        options.isAsync = true
      case 0x07: try set(&options.callback, "callback", try reader.unsigned32(), at: offset)
      default: throw .leadingByte(code, "canonical option", at: offset)
      }
    }
    try check(options, at: start)
    return options
  }

  private func set(_ option: inout UInt32?, _ name: String, _ value: UInt32, at offset: Int) throws(WasmError) {
    guard option == nil else { throw .repeatedOption(name, at: offset) }
    option = value
  }

  private func check(_ options: CanonicalOptions, at offset: Int) throws(WasmError) {
    if let function = options.reallocate {
      try check(function, "realloc", is: FunctionType(parameters: [.i32, .i32, .i32, .i32], results: [.i32]), at: offset)
      guard options.memory != nil else {
        throw .invalid("canonical option `realloc` requires `memory` to also be specified", at: offset)
      }
    }
    if let function = options.callback {
      guard options.isAsync else { throw .invalid("cannot specify `callback` without `async`", at: offset) }
      try check(function, "callback", is: FunctionType(parameters: [.i32, .i32, .i32], results: [.i32]), at: offset)
    }
    if let function = options.postReturn {
      guard !options.isAsync else { throw .invalid("cannot specify `post-return` together with `async`", at: offset) }
      _ = try scope.component.coreFunction(function, at: offset)
    }
  }

  func check(_ function: UInt32, _ option: String, is wanted: FunctionType, at offset: Int) throws(WasmError) {
    let found = try scope.component.coreFunction(function, at: offset)
    guard found == wanted else {
      throw .invalid(
        "canonical option `\(option)` uses a core function with an incorrect signature: \(wanted) expected, \(found) found",
        at: offset)
    }
  }

  func require(_ options: CanonicalOptions, memory: Bool, reallocate: Bool, at offset: Int) throws(WasmError) {
    if memory, options.memory == nil { throw .invalid("canonical option `memory` is required", at: offset) }
    if reallocate, options.reallocate == nil { throw .invalid("canonical option `realloc` is required", at: offset) }
  }
}

extension WasmError {
  fileprivate static func repeatedOption(_ name: String, at offset: Int) -> WasmError {
    .invalid("canonical option `\(name)` is specified more than once", at: offset)
  }
}

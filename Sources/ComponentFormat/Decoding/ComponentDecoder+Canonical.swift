import WasmFormat

/// Canonical definitions (Binary.md and CanonicalABI.md, "Canonical Definitions").
extension ComponentDecoder {
  mutating func canonicalDefinition() throws(WasmError) {
    let start = reader.position
    let code = try reader.byte()
    switch code {
    case 0x00:
      try functionSort("canonical function lift")
      try lift(at: start)
    case 0x01:
      try functionSort("canonical function lower")
      try lower(at: start)
    case 0x09: try taskReturn(at: start)
    case 0x02, 0x03, 0x04: try resourceFunction(code, at: start)
    case 0x0E...0x14: try streamFunction(code, at: start)
    case 0x15...0x1B: try futureFunction(code, at: start)
    default: try builtIn(code, at: start)
    }
  }

  private mutating func functionSort(_ what: String) throws(WasmError) {
    let start = reader.position
    let sort = try reader.byte()
    guard sort == 0 else { throw .leadingByte(sort, what, at: start) }
  }

  mutating func define(_ function: CanonicalFunction, _ parameters: [ValueType], _ results: [ValueType] = []) {
    scope.component.coreFunctions.append(
      CoreFunctionEntry(
        origin: .canonical(function), type: FunctionType(parameters: parameters, results: results)))
  }

  // MARK: Lift and lower

  private mutating func lift(at start: Int) throws(WasmError) {
    let offset = reader.position
    let callee = try reader.unsigned32()
    let core = try scope.component.coreFunction(callee, at: offset)
    let options = try canonicalOptions()
    let typeOffset = reader.position
    let index = try reader.unsigned32()
    let id = try scope.component.type(index, at: typeOffset)
    guard case .function(let type) = context.table[id] else {
      throw .invalid("type index \(index) is not a function type: \(context.table[id].noun) found", at: typeOffset)
    }
    try checkAsync(options, type, at: start)
    let lowering = FunctionLowering(
      type, isAsync: options.isAsync, hasCallback: options.callback != nil, .lift, in: context.table)
    let resultHasLists = type.result.map { context.table.layout(of: $0).hasLists } ?? false
    let parametersHaveLists = type.parameters.contains { context.table.layout(of: $0.type).hasLists }
    // What is lowered into the component is allocated by it.
    let allocates = parametersHaveLists || lowering.parametersInMemory
    try require(options, memory: allocates || resultHasLists || lowering.resultInMemory, reallocate: allocates, at: start)
    guard core.parameters == lowering.core.parameters else {
      throw .invalid(
        "lowered parameter types \(lowering.core.parameters) do not match parameter types \(core.parameters) of core function \(callee)",
        at: start)
    }
    guard core.results == lowering.core.results else {
      throw .invalid(
        "lowered result types \(lowering.core.results) do not match result types \(core.results) of core function \(callee)",
        at: start)
    }
    if let postReturn = options.postReturn {
      let wanted = FunctionType(parameters: lowering.core.results)
      try check(postReturn, "post-return", is: wanted, at: start)
    }
    scope.component.functions.append(FunctionEntry(origin: .lift(function: callee, options), type: id))
  }

  private mutating func lower(at start: Int) throws(WasmError) {
    let offset = reader.position
    let index = try reader.unsigned32()
    let id = try scope.component.function(index, at: offset)
    let options = try canonicalOptions()
    guard case .function(let type) = context.table[id] else { throw .invalid("function \(index) has no function type", at: offset) }
    for (isThere, name) in [(options.postReturn != nil, "post-return"), (options.callback != nil, "callback")] where isThere {
      throw .invalid("canonical option `\(name)` cannot be specified for lowerings", at: start)
    }
    try checkAsync(options, type, at: start)
    let lowering = FunctionLowering(type, isAsync: options.isAsync, hasCallback: false, .lower, in: context.table)
    let resultHasLists = type.result.map { context.table.layout(of: $0).hasLists } ?? false
    let parametersHaveLists = type.parameters.contains { context.table.layout(of: $0.type).hasLists }
    try require(
      options, memory: parametersHaveLists || resultHasLists || lowering.parametersInMemory || lowering.resultInMemory,
      reallocate: resultHasLists, at: start)
    define(.lower(function: index, options), lowering.core.parameters, lowering.core.results)
  }

  private func checkAsync(_ options: CanonicalOptions, _ type: ComponentFunctionType, at offset: Int) throws(WasmError) {
    guard !options.isAsync || type.isAsync else {
      throw .invalid("the `async` canonical option requires an async function type", at: offset)
    }
  }

  private mutating func taskReturn(at start: Int) throws(WasmError) {
    let result = try resultList()
    let options = try canonicalOptions()
    for (isThere, name) in [
      (options.isAsync, "async"), (options.reallocate != nil, "realloc"), (options.postReturn != nil, "post-return"),
      (options.callback != nil, "callback"),
    ] where isThere {
      throw .invalid("canonical option `\(name)` cannot be specified for `task.return`", at: start)
    }
    var parameters: [ValueType] = []
    if let result {
      let layout = context.table.layout(of: result)
      guard !layout.hasBorrow else { throw .invalid("function result cannot contain a `borrow` type", at: start) }
      let isInMemory = layout.flat.count > ValueLayout.flatParameterLimit
      try require(options, memory: layout.hasLists || isInMemory, reallocate: false, at: start)
      parameters = isInMemory ? [.i32] : layout.flat
    }
    define(.taskReturn(result, options), parameters)
  }

  // MARK: Resources

  private mutating func resourceFunction(_ code: UInt8, at start: Int) throws(WasmError) {
    let offset = reader.position
    let id = try resourceReference()
    if code == 0x03 { return define(.resourceDrop(id), [.i32]) }
    guard let resource = context.table.resource(id), scope.component.resources[resource] != nil else {
      throw .invalid("type is not a local resource", at: offset)
    }
    if code == 0x02 {
      define(.resourceNew(id), [.i32], [.i32])
    } else {
      define(.resourceRepresentation(id), [.i32], [.i32])
    }
  }

  // MARK: Streams and futures

  private mutating func streamFunction(_ code: UInt8, at start: Int) throws(WasmError) {
    let offset = reader.position
    let index = try reader.unsigned32()
    let id = try scope.component.type(index, at: offset)
    guard case .value(.stream(let element)) = context.table[id] else {
      throw .invalid("type index \(index) is not a stream type: \(context.table[id].noun) found", at: offset)
    }
    switch code {
    case 0x0E: define(.streamNew(id), [], [.i64])
    case 0x0F: define(.streamRead(id, try copyOptions(element, allocates: true, at: start)), [.i32, .i32, .i32], [.i32])
    case 0x10: define(.streamWrite(id, try copyOptions(element, allocates: false, at: start)), [.i32, .i32, .i32], [.i32])
    case 0x11: define(.streamCancelRead(id, isAsync: try flag()), [.i32], [.i32])
    case 0x12: define(.streamCancelWrite(id, isAsync: try flag()), [.i32], [.i32])
    case 0x13: define(.streamDropReadable(id), [.i32])
    default: define(.streamDropWritable(id), [.i32])
    }
  }

  private mutating func futureFunction(_ code: UInt8, at start: Int) throws(WasmError) {
    let offset = reader.position
    let index = try reader.unsigned32()
    let id = try scope.component.type(index, at: offset)
    guard case .value(.future(let element)) = context.table[id] else {
      throw .invalid("type index \(index) is not a future type: \(context.table[id].noun) found", at: offset)
    }
    switch code {
    case 0x15: define(.futureNew(id), [], [.i64])
    case 0x16: define(.futureRead(id, try copyOptions(element, allocates: true, at: start)), [.i32, .i32], [.i32])
    case 0x17: define(.futureWrite(id, try copyOptions(element, allocates: false, at: start)), [.i32, .i32], [.i32])
    case 0x18: define(.futureCancelRead(id, isAsync: try flag()), [.i32], [.i32])
    case 0x19: define(.futureCancelWrite(id, isAsync: try flag()), [.i32], [.i32])
    case 0x1A: define(.futureDropReadable(id), [.i32])
    default: define(.futureDropWritable(id), [.i32])
    }
  }

  private mutating func copyOptions(
    _ element: ComponentValueType?, allocates: Bool, at start: Int
  ) throws(WasmError) -> CanonicalOptions {
    let options = try canonicalOptions()
    for (isThere, name) in [(options.postReturn != nil, "post-return"), (options.callback != nil, "callback")] where isThere {
      throw .invalid("canonical option `\(name)` cannot be specified for streams and futures", at: start)
    }
    if let element {
      try require(options, memory: true, reallocate: allocates && context.table.layout(of: element).hasLists, at: start)
    }
    return options
  }
}

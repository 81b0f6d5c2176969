import ComponentFormat
import WasmFormat

/// What a component calls another one's function by: `canon lower` of `canon lift`, made one function (Canonical ABI, "canon_lift",
/// "canon_lower"). Values go from one memory to the other without a stop between.
struct CallAdapter {
  struct Caller {
    var instance: ComponentInstance
    var options: ResolvedOptions
  }

  private let adapters: AdapterModule
  private let caller: Caller
  private let callee: FunctionValue
  private let types: TypeTable
  private let type: ComponentFunctionType
  private let lowering: FunctionLowering
  private let lifting: FunctionLowering

  init(_ adapters: AdapterModule, caller: Caller, callee: FunctionValue) throws(LinkingError) {
    self.adapters = adapters
    self.caller = caller
    self.callee = callee
    types = callee.environment.types
    guard let type = types.function(callee.type) else { throw Environment.fault }
    self.type = type
    lowering = FunctionLowering(type, isAsync: caller.options.isAsync, hasCallback: false, .lower, in: types)
    lifting = FunctionLowering(type, isAsync: false, hasCallback: false, .lift, in: types)
  }

  private var state: StateModule { adapters.state }

  func write() throws(LinkingError) -> ModuleWriter.Function {
    let linking = adapters.linking
    guard let function = callee.function else {
      let code = FunctionWriter(lowering.core)
      // The function's name is what the message of the trap will say.
      code.unreachable()
      return try adapters.define(code, name: "missing import " + (callee.name ?? ""))
    }
    let instance = callee.environment.instance
    let options = try ResolvedOptions(callee.options, callee.environment, linking)
    guard !caller.options.isAsync, !options.isAsync else {
      // The others of its component can be called all the same.
      linking.note(unsupported: caller.options.isAsync ? "canon lower async" : "canon lift async")
      let code = FunctionWriter(lowering.core)
      adapters.stop(code, .unsupported)
      return try adapters.define(code, name: "canon lower")
    }
    let target = try linking.item(try callee.environment.coreFunction(function))
    let code = FunctionWriter(lowering.core)
    let outer = TransferEnds.End(caller.options, caller.instance)
    let inner = TransferEnds.End(options, instance)
    let arguments = adapters.transfer(TransferEnds(from: outer, to: inner, callee.environment), callee.environment)
    let results = adapters.transfer(TransferEnds(from: inner, to: outer, callee.environment), callee.environment)

    if caller.instance.number != nil { adapters.checkMayLeave(code, caller.instance) }
    let entering = caller.instance.number == nil ? instance.entering() : instance.entering(from: caller.instance)
    adapters.enter(code, entering)
    let lent = type.parameters.contains { types.layout(of: $0.type).hasBorrow }
    let marks = lent ? beginLending(code, instance) : nil
    let contexts = adapters.saveContext(code, instance)

    // Only `realloc` can run while values are passed.
    let allocates = lifting.parametersInMemory || type.parameters.contains { types.layout(of: $0.type).hasLists }
    if allocates { adapters.set(code, state.mayLeave(instance), 0) }
    let passed = try pass(arguments, type.parameters.map(\.type), code)
    if allocates { adapters.set(code, state.mayLeave(instance), 1) }

    for local in passed { code.get(local) }
    code.call(adapters.guarded(target, lifting.core))
    let returned = lifting.core.results.map { code.local($0) }
    for local in returned.reversed() { code.set(local) }

    let takesRoom = type.result.map { types.layout(of: $0).hasLists } ?? false
    let isGuest = caller.instance.number != nil
    if takesRoom, isGuest { adapters.set(code, state.mayLeave(caller.instance), 0) }
    let given = try giveBack(results, returned, code)
    if takesRoom, isGuest { adapters.set(code, state.mayLeave(caller.instance), 1) }

    if let marks { endLending(code, instance, marks) }
    if let postReturn = options.postReturn {
      adapters.set(code, state.mayLeave(instance), 0)
      for local in returned { code.get(local) }
      code.call(adapters.guarded(postReturn, FunctionType(parameters: lifting.core.results)))
      adapters.set(code, state.mayLeave(instance), 1)
    }
    adapters.restore(contexts, code, instance)
    adapters.leave(code, entering)
    for local in given { code.get(local) }
    return try adapters.define(code, name: "canon lower")
  }

  // MARK: Values

  /// The arguments as the callee takes them.
  private func pass(
    _ transfer: ValueTransfer, _ parameters: [ComponentValueType], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    let places = lowering.core.parameters.indices.map { code.parameter($0) }
    guard lowering.parametersInMemory else {
      var flat: [FunctionWriter.Local] = []
      var rest = places[...]
      for parameter in parameters {
        let count = transfer.layout(parameter).flat.count
        flat += try transfer.flat(parameter, Array(rest.prefix(count)), code)
        rest = rest.dropFirst(count)
      }
      return flat
    }
    let tuple = transfer.tuple(parameters)
    transfer.checkPointer(code, places[0], tuple, in: transfer.ends.source)
    let address = code.local(.i32)
    transfer.allocate(code, alignment: tuple.alignment) { code.i32(tuple.size) }
    code.set(address)
    transfer.checkAllocation(code, address, alignment: tuple.alignment) { code.i64(Int64(tuple.size)) }
    for (parameter, offset) in zip(parameters, tuple.offsets) {
      try transfer.copy(parameter, code, from: (places[0], offset), to: (address, offset))
    }
    return [address]
  }

  /// The results as the caller takes them.
  private func giveBack(
    _ transfer: ValueTransfer, _ returned: [FunctionWriter.Local], _ code: FunctionWriter
  ) throws(LinkingError) -> [FunctionWriter.Local] {
    guard let result = type.result else { return [] }
    guard lifting.resultInMemory else { return try transfer.flat(result, returned, code) }
    let tuple = transfer.tuple([result])
    let place = code.parameter(lowering.core.parameters.count - 1)
    transfer.checkPointer(code, returned[0], tuple, in: transfer.ends.source)
    transfer.checkPointer(code, place, tuple, in: transfer.ends.destination)
    try transfer.copy(result, code, from: (returned[0], 0), to: (place, 0))
    return []
  }

  // MARK: Borrowed handles

  private struct Marks {
    var lent: FunctionWriter.Local
    var borrowed: FunctionWriter.Local
  }

  private func beginLending(_ code: FunctionWriter, _ instance: ComponentInstance) -> Marks {
    let marks = Marks(lent: code.local(.i32), borrowed: code.local(.i32))
    adapters.call(code, .mark)
    code.set(marks.lent)
    code.i32(HandleTables.table(of: instance))
    adapters.call(code, .borrows)
    code.set(marks.borrowed)
    return marks
  }

  private func endLending(_ code: FunctionWriter, _ instance: ComponentInstance, _ marks: Marks) {
    code.i32(HandleTables.table(of: instance))
    adapters.call(code, .borrows)
    code.get(marks.borrowed)
    code.op(.i32Ne)
    adapters.trap(code, .borrowsLeft)
    code.get(marks.lent)
    adapters.call(code, .release)
  }
}

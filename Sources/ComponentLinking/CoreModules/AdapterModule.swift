import ComponentFormat
import WasmFormat

/// The adapters between one core instance and those before it, as a core module of their own.
final class AdapterModule {
  let instance: Int
  let writer = ModuleWriter()
  let linking: StaticInstantiation
  /// What of this module has a name outside.
  private var own: [CoreItem: ModuleWriter.Function] = [:]
  private var guards: [CoreItem: ModuleWriter.Function] = [:]
  private var transfers: [TransferEnds: ValueTransfer] = [:]

  init(instance: Int, linking: StaticInstantiation) {
    self.instance = instance
    self.linking = linking
  }

  var state: StateModule { linking.state }

  // MARK: What adapters use

  func function(_ item: CoreItem, _ type: FunctionType) -> ModuleWriter.Function { own[item] ?? writer.function(item, type) }

  /// The same for what the component's maker wrote: an exception that leaves a component is a trap (Canonical ABI, "canon_lift"). Costs
  /// nothing where no module of the component has exceptions.
  func guarded(_ item: CoreItem, _ type: FunctionType) -> ModuleWriter.Function {
    guard linking.usesExceptions else { return function(item, type) }
    if let known = guards[item] { return known }
    let code = FunctionWriter(type)
    let callee = function(item, type)
    code.block { thrown in
      code.catching(thrown) {
        for index in type.parameters.indices { code.get(code.parameter(index)) }
        code.call(callee)
        code.leave()
      }
    }
    stop(code, .uncaughtException)
    let made = writer.define(code, name: "canon lift")
    guards[item] = made
    return made
  }

  /// Traps if the value on the stack is not 0.
  func trap(_ code: FunctionWriter, _ reason: CanonicalTrap) {
    code.whenTrue { stop(code, reason) }
  }

  func stop(_ code: FunctionWriter, _ reason: CanonicalTrap) {
    code.call(writer.function(state.trap(reason), FunctionType()))
    code.unreachable()
  }

  func call(_ code: FunctionWriter, _ operation: HandleOperation) {
    code.call(writer.function(state.operation(operation), operation.type))
  }

  func transfer(_ ends: TransferEnds, _ environment: Environment) -> ValueTransfer {
    if let known = transfers[ends] { return known }
    let made = ValueTransfer(self, ends, environment)
    transfers[ends] = made
    return made
  }

  func define(_ code: FunctionWriter, name: String) throws(LinkingError) -> ModuleWriter.Function {
    try linking.countFunction()
    return writer.define(code, name: name)
  }

  /// - Parameter name: no number; nil for one that nobody else has.
  func export(_ function: ModuleWriter.Function, as name: String? = nil) -> CoreItem {
    let name = name ?? "\(own.count)"
    let item = CoreItem.export(instance: instance, name: CoreName(name))
    writer.export(name, function)
    own[item] = function
    return item
  }

  // MARK: Canonical definitions

  /// The function that a canonical definition makes.
  func add(_ value: CanonicalValue) throws(LinkingError) -> CoreItem {
    let environment = value.environment
    switch value.function {
    case .lower(let index, let options):
      guard index < environment.functions.count else { throw Environment.fault }
      let callee = environment.functions[Int(index)]
      // One that is missing is of the type that it is wanted with.
      if callee.function != nil {
        try TypeAgreement.check(environment.component.functions[Int(index)].type, environment, callee.type, callee.environment)
      }
      let caller = CallAdapter.Caller(
        instance: environment.instance, options: try ResolvedOptions(options, environment, linking))
      return export(try CallAdapter(self, caller: caller, callee: callee).write())
    default:
      let code = FunctionWriter(value.type)
      try builtIn(value.function, code, environment)
      return export(try define(code, name: value.function.name))
    }
  }

  /// The built-ins may not be called while values are passed or after a return.
  func checkMayLeave(_ code: FunctionWriter, _ instance: ComponentInstance) {
    code.globalGet(writer.global(state.mayLeave(instance)))
    code.op(.i32Eqz)
    trap(code, .cannotLeave)
  }
}

/// Options with what their indices mean.
struct ResolvedOptions {
  var encoding: CanonicalOptions.StringEncoding
  var memory: CoreItem?
  var reallocate: CoreItem?
  var postReturn: CoreItem?
  var isAsync = false

  init(_ options: CanonicalOptions, _ environment: Environment, _ linking: StaticInstantiation) throws(LinkingError) {
    isAsync = options.isAsync
    encoding = options.encoding
    if let memory = options.memory { self.memory = try environment.coreMemory(memory) }
    if let function = options.reallocate { reallocate = try linking.item(try environment.coreFunction(function)) }
    if let function = options.postReturn { postReturn = try linking.item(try environment.coreFunction(function)) }
  }

  /// Of the outside: its door.
  init(memory: CoreItem?, reallocate: CoreItem?) {
    encoding = .utf8
    self.memory = memory
    self.reallocate = reallocate
  }
}

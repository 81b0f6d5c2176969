import ComponentFormat
import WasmFormat

/// The built-ins (Canonical ABI, "Canonical Definitions"), but for `canon lower`.
extension AdapterModule {
  func builtIn(_ function: CanonicalFunction, _ code: FunctionWriter, _ environment: Environment) throws(LinkingError) {
    let instance = environment.instance
    let table = HandleTables.table(of: instance)
    switch function {
    case .resourceNew(let type):
      checkMayLeave(code, instance)
      code.i32(table)
      code.get(code.parameter(0))
      code.i32(try environment.resource(type).number)
      code.i32(1)
      call(code, .add)
    case .resourceRepresentation(let type):
      code.i32(table)
      code.get(code.parameter(0))
      code.i32(try environment.resource(type).number)
      call(code, .representation)
    case .resourceDrop(let type):
      checkMayLeave(code, instance)
      code.i32(table)
      code.get(code.parameter(0))
      try drop(code, try environment.resource(type), from: instance)
    case .contextGet(let slot): code.globalGet(writer.global(state.context(instance, slot)))
    case .contextSet(let slot):
      code.get(code.parameter(0))
      code.globalSet(writer.global(state.context(instance, slot)))
    // Nothing is ever kept waiting: calls are not asynchronous, and one at a time.
    case .backpressureIncrement: addBackpressure(code, instance, 1)
    case .backpressureDecrement: addBackpressure(code, instance, -1)
    default:
      linking.note(unsupported: function.name)
      checkMayLeave(code, instance)
      stop(code, .unsupported)
    }
  }

  private func addBackpressure(_ code: FunctionWriter, _ instance: ComponentInstance, _ difference: Int) {
    let count = writer.global(state.backpressure(instance))
    code.globalGet(count)
    code.i32(difference)
    code.op(.i32Add)
    code.globalSet(count)
    code.globalGet(count)
    code.i32(0xFFFF)
    code.op(.i32GtU)
    trap(code, .unsupported)
  }

  /// The table and the index stand on the stack. The destructor is called as a function of the component that implements the resource.
  private func drop(_ code: FunctionWriter, _ resource: ResourceType, from instance: ComponentInstance) throws(LinkingError) {
    let representation = code.local(.i32)
    code.i32(resource.number)
    call(code, .drop)
    var destructor: ModuleWriter.Function?
    if let index = resource.destructor, let environment = resource.environment {
      let item = try linking.item(try environment.coreFunction(index))
      destructor = guarded(item, FunctionType(parameters: [.i32]))
    }
    // Whether it is owned is on top.
    let isOwn = code.local(.i32)
    code.set(isOwn)
    code.set(representation)
    let entering = resource.implementation.entering(from: instance)
    guard destructor != nil || !entering.isEmpty else { return }
    code.get(isOwn)
    code.whenTrue {
      enter(code, entering)
      if let destructor {
        // Of another component it is called as its functions are: in a thread of its own.
        let contexts = instance === resource.implementation ? [] : saveContext(code, resource.implementation)
        code.get(representation)
        code.call(destructor)
        restore(contexts, code, resource.implementation)
      }
      leave(code, entering)
    }
  }

  // MARK: Entering and leaving component instances

  func enter(_ code: FunctionWriter, _ instances: [ComponentInstance]) {
    for instance in instances {
      code.globalGet(writer.global(state.entered(instance)))
      trap(code, .cannotEnter)
    }
    for instance in instances { set(code, state.entered(instance), 1) }
  }

  func leave(_ code: FunctionWriter, _ instances: [ComponentInstance]) {
    for instance in instances { set(code, state.entered(instance), 0) }
  }

  // MARK: A thread's context, which begins as zero

  func saveContext(_ code: FunctionWriter, _ instance: ComponentInstance) -> [FunctionWriter.Local] {
    guard instance.usesContext else { return [] }
    return (UInt32(0)..<2).map { slot in
      let saved = code.local(.i32)
      code.globalGet(writer.global(state.context(instance, slot)))
      code.set(saved)
      set(code, state.context(instance, slot), 0)
      return saved
    }
  }

  func restore(_ saved: [FunctionWriter.Local], _ code: FunctionWriter, _ instance: ComponentInstance) {
    for (slot, local) in saved.enumerated() {
      code.get(local)
      code.globalSet(writer.global(state.context(instance, UInt32(slot))))
    }
  }

  func set(_ code: FunctionWriter, _ global: CoreItem, _ value: Int) {
    code.i32(value)
    code.globalSet(writer.global(global))
  }
}

extension CanonicalFunction {
  /// As the text format has it.
  var name: String {
    switch self {
    case .lower: "canon lower"
    case .resourceNew: "resource.new"
    case .resourceDrop: "resource.drop"
    case .resourceRepresentation: "resource.rep"
    case .taskReturn: "task.return"
    case .taskCancel: "task.cancel"
    case .contextGet: "context.get"
    case .contextSet: "context.set"
    case .backpressureIncrement: "backpressure.inc"
    case .backpressureDecrement: "backpressure.dec"
    case .subtaskCancel: "subtask.cancel"
    case .subtaskDrop: "subtask.drop"
    case .streamNew: "stream.new"
    case .streamRead: "stream.read"
    case .streamWrite: "stream.write"
    case .streamCancelRead: "stream.cancel-read"
    case .streamCancelWrite: "stream.cancel-write"
    case .streamDropReadable: "stream.drop-readable"
    case .streamDropWritable: "stream.drop-writable"
    case .futureNew: "future.new"
    case .futureRead: "future.read"
    case .futureWrite: "future.write"
    case .futureCancelRead: "future.cancel-read"
    case .futureCancelWrite: "future.cancel-write"
    case .futureDropReadable: "future.drop-readable"
    case .futureDropWritable: "future.drop-writable"
    case .errorContextNew: "error-context.new"
    case .errorContextDebugMessage: "error-context.debug-message"
    case .errorContextDrop: "error-context.drop"
    case .waitableSetNew: "waitable-set.new"
    case .waitableSetWait: "waitable-set.wait"
    case .waitableSetPoll: "waitable-set.poll"
    case .waitableSetDrop: "waitable-set.drop"
    case .waitableJoin: "waitable.join"
    case .threadIndex: "thread.index"
    case .threadNewIndirect: "thread.new-indirect"
    case .threadResumeLater: "thread.resume-later"
    case .threadSuspend: "thread.suspend"
    case .threadYield: "thread.yield"
    case .threadSuspendThenResume: "thread.suspend-then-resume"
    case .threadYieldThenResume: "thread.yield-then-resume"
    case .threadSuspendThenPromote: "thread.suspend-then-promote"
    case .threadYieldThenPromote: "thread.yield-then-promote"
    }
  }
}

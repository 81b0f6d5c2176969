import WasmFormat

/// Why the Canonical ABI stops a program. The name is that of the function in which the trap happens, and so what the message says.
public enum CanonicalTrap: String, CaseIterable, Sendable {
  case cannotLeave = "cannot leave component instance"
  case cannotEnter = "cannot enter component instance"
  case unalignedPointer = "unaligned pointer"
  case pointerOutOfBounds = "pointer out-of-bounds"
  case listOutOfBounds = "list content out-of-bounds"
  case stringOutOfBounds = "string content out-of-bounds"
  case reallocUnaligned = "realloc return: result not aligned"
  case reallocOutOfBounds = "realloc return: beyond end of memory"
  case invalidCharacter = "invalid `char` bit pattern"
  case invalidDiscriminant = "invalid discriminant"
  case invalidEncoding = "invalid string encoding"
  case unknownHandle = "unknown handle index"
  case wrongHandle = "handle used with the wrong type"
  case lentHandle = "cannot remove owned resource while borrowed"
  case notOwned = "cannot give away a borrowed handle"
  case borrowsLeft = "borrow handles still remain at the end of the call"
  case tooManyHandles = "too many handles"
  case uncaughtException = "uncaught exception"
  case unsupported = "asynchronous functions are not supported"
}

/// The core instance that all adapters of a component share: for each component instance whether it may be entered and left, the handle
/// tables, and a function for each reason to trap. It comes before everything else and is written last, with what has been asked for.
final class StateModule {
  static let instance = 0
  private var traps: Set<CanonicalTrap> = []
  private var operations: Set<HandleOperation> = []

  private func export(_ name: String) -> CoreItem { .export(instance: Self.instance, name: CoreName(name)) }

  func entered(_ instance: ComponentInstance) -> CoreItem { export("entered \(instance.number ?? 0)") }
  func mayLeave(_ instance: ComponentInstance) -> CoreItem { export("may leave \(instance.number ?? 0)") }
  func context(_ instance: ComponentInstance, _ slot: UInt32) -> CoreItem { export("context \(slot) \(instance.number ?? 0)") }
  func backpressure(_ instance: ComponentInstance) -> CoreItem { export("backpressure \(instance.number ?? 0)") }

  private var hostMemory: UInt64?

  /// The memory on which the host's functions act, of so many pages at least.
  func hostMemory(_ minimum: UInt64) -> CoreItem {
    hostMemory = max(hostMemory ?? 0, minimum)
    return export("host memory")
  }

  func trap(_ reason: CanonicalTrap) -> CoreItem {
    traps.insert(reason)
    return export(reason.rawValue)
  }

  func operation(_ operation: HandleOperation) -> CoreItem {
    operations.insert(operation)
    return export(operation.rawValue)
  }

  func module(_ instances: [ComponentInstance]) throws(LinkingError) -> Module {
    let writer = ModuleWriter()
    // The library OS looks for the memory of the program in the first memory of its first instance.
    if let hostMemory { _ = writer.defineMemory("host memory", minimum: hostMemory, maximum: 65536) }
    for instance in instances {
      let number = instance.number ?? 0
      _ = writer.defineGlobal("entered \(number)")
      _ = writer.defineGlobal("may leave \(number)", initial: 1)
      _ = writer.defineGlobal("backpressure \(number)")
      guard instance.usesContext else { continue }
      for slot in 0..<2 { _ = writer.defineGlobal("context \(slot) \(number)") }
    }
    if !operations.isEmpty {
      traps.formUnion([.unknownHandle, .wrongHandle, .lentHandle, .notOwned, .tooManyHandles])
    }
    var functions: [CanonicalTrap: ModuleWriter.Function] = [:]
    for trap in CanonicalTrap.allCases where traps.contains(trap) {
      let code = FunctionWriter(FunctionType())
      code.unreachable()
      let function = writer.define(code, name: trap.rawValue)
      writer.export(trap.rawValue, function)
      functions[trap] = function
    }
    // One table more than there are component instances: the outside's.
    if !operations.isEmpty { HandleTables(writer, traps: functions, tables: instances.count + 1).write() }
    return try StaticInstantiation.written(writer)
  }
}

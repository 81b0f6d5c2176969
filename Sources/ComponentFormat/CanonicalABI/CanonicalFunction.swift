import WasmFormat

/// How values pass between a component and its core code (`canonopt`). Indices are those of the core index spaces.
public struct CanonicalOptions: Sendable, Hashable {
  /// How strings lie in the core code's memory. Raw values as in the binary format.
  public enum StringEncoding: UInt8, Sendable, Hashable {
    case utf8 = 0x00
    case utf16 = 0x01
    case latin1OrUTF16 = 0x02
  }
  public var encoding = StringEncoding.utf8
  public var memory: UInt32?
  public var reallocate: UInt32?
  public var postReturn: UInt32?
  public var isAsync = false
  public var callback: UInt32?

  public init() {}
}

/// A core function that the Canonical ABI defines ("Canonical Definitions"). Types are those of the file's table.
public enum CanonicalFunction: Sendable, Hashable {
  /// Calls a function of the component's function index space.
  case lower(function: UInt32, CanonicalOptions)
  case resourceNew(TypeID)
  case resourceDrop(TypeID)
  case resourceRepresentation(TypeID)
  case taskReturn(ComponentValueType?, CanonicalOptions)
  case taskCancel
  case contextGet(UInt32)
  case contextSet(UInt32)
  case backpressureIncrement
  case backpressureDecrement
  case subtaskCancel(isAsync: Bool)
  case subtaskDrop
  /// Of a type that is a stream, in each of these.
  case streamNew(TypeID)
  case streamRead(TypeID, CanonicalOptions)
  case streamWrite(TypeID, CanonicalOptions)
  case streamCancelRead(TypeID, isAsync: Bool)
  case streamCancelWrite(TypeID, isAsync: Bool)
  case streamDropReadable(TypeID)
  case streamDropWritable(TypeID)
  /// Of a type that is a future, in each of these.
  case futureNew(TypeID)
  case futureRead(TypeID, CanonicalOptions)
  case futureWrite(TypeID, CanonicalOptions)
  case futureCancelRead(TypeID, isAsync: Bool)
  case futureCancelWrite(TypeID, isAsync: Bool)
  case futureDropReadable(TypeID)
  case futureDropWritable(TypeID)
  case errorContextNew(CanonicalOptions)
  case errorContextDebugMessage(CanonicalOptions)
  case errorContextDrop
  case waitableSetNew
  case waitableSetWait(isCancellable: Bool, memory: UInt32)
  case waitableSetPoll(isCancellable: Bool, memory: UInt32)
  case waitableSetDrop
  case waitableJoin
  case threadIndex
  /// Functions of this core type, from this core table.
  case threadNewIndirect(FunctionType, table: UInt32)
  case threadResumeLater
  case threadSuspend(isCancellable: Bool)
  case threadYield(isCancellable: Bool)
  case threadSuspendThenResume(isCancellable: Bool)
  case threadYieldThenResume(isCancellable: Bool)
  case threadSuspendThenPromote(isCancellable: Bool)
  case threadYieldThenPromote(isCancellable: Bool)
}

import EdgeCalls

/// What became of one edge call.
public enum Served: Equatable, Sendable {
  /// The answer stands in the window.
  case answered
  /// The program has ended. Never answered.
  ///
  /// `limits`, as in the following: ``EdgeCalls/LimitsReached``, by the word of the image's library OS.
  case exit(status: UInt32, limits: UInt64)
  /// To be answered when there are further commands.
  case trap(TrapReport)
  /// To be answered with the next command.
  ///
  /// `used`: ``EdgeCalls/InitialisationUse``, by the word of the image's library OS.
  case nextCommand(status: CommandStatus, slots: [CommandSlot], used: UInt64, limits: UInt64)
  /// To be answered when the memory has been grown, or was not.
  case grow(memory: UInt32, size: UInt64)
  /// The library OS found itself broken, or spoke nonsense where there is no answering. Never answered.
  case abort(message: String)
}

/// A trap as the guest reports it: its word, save what the machine knows itself.
public struct TrapReport: Equatable, Sendable {
  public var kind: TrapKind
  /// Address of the instruction.
  public var instruction: UInt64
  /// The hardware's vector or cause, and its error code; only with ``EdgeCalls/TrapKind/hardwareFault``.
  public var vector: UInt64
  public var errorCode: UInt64
  public var stackPointer: UInt64
  public var limits: UInt64

  public init(
    kind: TrapKind, instruction: UInt64, vector: UInt64, errorCode: UInt64, stackPointer: UInt64, limits: UInt64 = 0
  ) {
    self.kind = kind
    self.instruction = instruction
    self.vector = vector
    self.errorCode = errorCode
    self.stackPointer = stackPointer
    self.limits = limits
  }
}

/// One argument or result of a call, in its lower bytes.
public struct CommandSlot: Hashable, Sendable {
  public var low: UInt64
  public var high: UInt64

  public init(low: UInt64, high: UInt64 = 0) {
    self.low = low
    self.high = high
  }
}

import Machine

/// What a trustlet has done so far.
public struct TrustletStatistics: Sendable, Equatable {
  public var edgeCalls: EdgeCallStatistics
  public var machine: MachineStatistics
  /// Nanoseconds of wall-clock time in which it had a command.
  public var wallTime: UInt64
  public var traps: UInt64
  /// Bytes of all linear memories.
  public var linearMemory: UInt64
}

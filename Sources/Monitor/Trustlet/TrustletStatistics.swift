import Machine

/// What a trustlet has done so far.
public struct TrustletStatistics: Sendable, Equatable {
  public var edgeCalls: EdgeCallStatistics
  public var machine: MachineStatistics
  /// Nanoseconds of wall-clock time in which it had a command.
  public var wallTime: UInt64
  /// Nanoseconds of processor time that its commands took: the guest's, and that of serving its edge calls. Nil unless a limit or
  /// ``Trustlet/measuresProcessorTime`` asked for it.
  public var processorTime: UInt64?
  public var traps: UInt64
  /// Bytes of all linear memories.
  public var linearMemory: UInt64
  /// What was refused because it was beyond a limit; the program was told, and went on.
  public var refused: RefusedByLimit
  /// Whether the service has waited for the program: for input, for room for output, or for a time that it named.
  public var hasWaited: Bool
}

/// Limits that a program has run into and went on from, as it does when a disk is full.
public struct RefusedByLimit: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Growing a linear memory (``TrustletLimits/memory``).
  public static let memory = RefusedByLimit(rawValue: 1)
  /// Writing (``EdgeServiceConfiguration/Limits/writtenBytes``).
  public static let output = RefusedByLimit(rawValue: 2)
}

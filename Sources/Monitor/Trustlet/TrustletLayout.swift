import EdgeCalls

/// Where in its address space a trustlet has what its life is about.
public struct TrustletLayout: Sendable {
  /// A linear memory: a region of the machine.
  public struct LinearMemory: Sendable {
    public var address: UInt64
    /// Bytes at the start.
    public var size: UInt64
    /// Bytes at most.
    public var sizeLimit: UInt64

    public init(address: UInt64, size: UInt64, sizeLimit: UInt64) {
      self.address = address
      self.size = size
      self.sizeLimit = sizeLimit
    }
  }

  /// By their numbers in the image.
  public var linearMemories: [LinearMemory]
  /// What is mapped of the program's stack.
  public var stack: Range<UInt64>

  public init(linearMemories: [LinearMemory], stack: Range<UInt64>) {
    self.linearMemories = linearMemories
    self.stack = stack
  }

  /// Nothing is mapped here, so that exhausting the stack is noticed.
  var stackGuard: Range<UInt64> {
    MemoryMap.imageLimit..<max(MemoryMap.imageLimit, stack.lowerBound)
  }

  /// Whether a program's access to a linear memory, in bounds or out of them, can come to this address.
  func isReachableThroughLinearMemory(_ address: UInt64) -> Bool {
    linearMemories.contains { $0.address <= address && address - $0.address < MemoryMap.linearMemoryReach }
  }
}

/// What one trustlet may use.
public struct TrustletLimits: Sendable {
  /// Bytes that all linear memories together may have.
  public var memory: UInt64
  /// Nanoseconds of wall-clock time for a run, waiting included; nil for as long as it takes.
  public var time: UInt64?
  /// Nanoseconds of processor time for a run: what the guest computes and what serving its edge calls takes, waiting not included; nil for as
  /// much as it takes.
  public var processorTime: UInt64?

  public init(memory: UInt64 = .max, time: UInt64? = nil, processorTime: UInt64? = nil) {
    self.memory = memory
    self.time = time
    self.processorTime = processorTime
  }
}

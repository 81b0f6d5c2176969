import EdgeCalls

/// The sizes of a trustlet's linear memories, and how far they may grow.
struct LinearMemories {
  private(set) var memories: [TrustletLayout.LinearMemory]
  private let limit: UInt64
  private static let wasmPage: UInt64 = 65536
  /// Bytes of all of them.
  private(set) var total: UInt64
  /// Whether a growth was refused that only the limit forbade, and not the memory's own maximum.
  private(set) var limitWasReached = false

  init(_ memories: [TrustletLayout.LinearMemory], limit: UInt64) throws(TrustletError) {
    var total: UInt64 = 0
    for memory in memories {
      let (sum, overflow) = total.addingReportingOverflow(memory.size)
      total = overflow ? .max : sum
    }
    guard total <= limit else { throw .tooLittleMemory(needed: total, limit: limit) }
    self.memories = memories
    self.limit = limit
    self.total = total
  }

  /// Whether a memory may have a new size; if so, its address.
  mutating func check(growing index: UInt32, to size: UInt64) -> Result<UInt64, CallFailure> {
    guard index < memories.count else { return .failure(.invalid) }
    let memory = memories[Int(index)]
    guard size > memory.size, size.isMultiple(of: MemoryMap.pageSize) else { return .failure(.invalid) }
    guard size <= memory.sizeLimit, size - memory.size <= limit - total else {
      // An image allows each memory its own maximum, or where that is more, whole pages of WebAssembly up to the manifest's limit.
      if size <= memory.sizeLimit || memory.sizeLimit > limit - min(limit, Self.wasmPage) { limitWasReached = true }
      return .failure(CallFailure(EdgeError.outOfMemory))
    }
    return .success(memory.address)
  }

  /// Only after ``check(growing:to:)`` has allowed it.
  mutating func grown(_ index: UInt32, to size: UInt64) {
    total += size - memories[Int(index)].size
    memories[Int(index)].size = size
  }
}

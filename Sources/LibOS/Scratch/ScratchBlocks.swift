#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// The memory of the scratch file system, in blocks of a page that are numbered from 1 on. Block 0 is never written: it is what the
/// holes in files read as.
///
/// The room SealedFiles has blocks of its own, behind which a volume lies.
open class ScratchBlocks {
  package static let size = MemoryMap.pageSize

  private let region: MemoryRegion
  private let capacity: UInt32
  /// How many may be in use at once.
  private var limit: UInt32
  private var used: UInt32 = 0
  /// The lowest that was never in use, and is zero for that.
  private var fresh: UInt32 = 1
  /// The first of those given back, each of which begins with the number of the next.
  private var free: UInt32 = 0
  /// Whether a block was refused.
  public private(set) var hasRunOut = false

  /// - Parameter region: zero, and a page larger than what it is to hold.
  public init(_ region: MemoryRegion, limit bytes: UInt64 = UInt64.max) {
    self.region = region
    let count = region.count / ScratchBlocks.size
    capacity = count == 0 ? 0 : UInt32(truncatingIfNeeded: min(count - 1, UInt64(UInt32.max)))
    limit = UInt32(truncatingIfNeeded: min(bytes / ScratchBlocks.size, UInt64(capacity)))
  }

  /// Lowers the limit, or raises it up to what there is; what is in use stays.
  func setLimit(bytes: UInt64) {
    limit = UInt32(truncatingIfNeeded: min(bytes / ScratchBlocks.size, UInt64(capacity)))
  }

  /// A block to be read.
  open subscript(_ number: UInt32) -> MemoryRegion {
    get throws(SystemError) { try region.slice(UInt64(number) * ScratchBlocks.size, ScratchBlocks.size) }
  }

  /// A block to be changed.
  open func toWrite(_ number: UInt32) throws(SystemError) -> MemoryRegion { try self[number] }

  /// Returns when everything will be there after a crash, as far as anything here ever is.
  open func synchronize() throws(SystemError) {}

  /// A block of zeros.
  open func take() throws(SystemError) -> UInt32 {
    guard used < limit else { throw refusal() }
    let number: UInt32
    if free != 0 {
      number = free
      let block = try self[number]
      free = try block.load32(0)
      block.clear()
    } else {
      number = fresh
      fresh += 1
    }
    used += 1
    return number
  }

  open func giveBack(_ number: UInt32) throws(SystemError) {
    try self[number].store32(free, 0)
    free = number
    used -= 1
  }

  /// The error of whoever asks for more than there is, which the host is told of as well.
  public final func refusal() -> SystemError {
    hasRunOut = true
    return .noSpace
  }
}

import CLinux
import EdgeCalls
import Glibc
import Machine
import Synchronization

/// What processes begin with: a sealed file with the plan and the contents of the regions, and the mould that has mapped it, of which all
/// processes that begin with the same are copies.
package final class ProcessContents: Sendable {
  /// What stands in a region at its start, at most its size.
  typealias Piece = (region: ProcessPlan.Region, contents: [UInt8])

  /// With `filled` and `fileOffset` set.
  let regions: [ProcessPlan.Region]
  /// Of the regions' contents.
  let bytes: UInt64
  private let counts: [Int]
  let entry: UInt64
  let stackPointer: UInt64
  private let file: OwnedDescriptor
  private let view: View

  private struct Kept {
    /// Made when it is first needed, and again when it has been killed.
    var mould: KeptProcess?
    var isUsedAgain = false
  }
  private let kept = Mutex(Kept())

  init(_ pieces: [Piece], entry: UInt64, stackPointer: UInt64) throws(MachineError) {
    let regions = Self.placed(pieces)
    let filled: UInt64 = regions.reduce(0) { $0 + $1.filled }
    let end = Self.planSize(regions.count) + filled
    file = OwnedDescriptor(coffer_memory_file_make(end))
    guard file.number >= 0 else { throw systemCallFailed("making a memory file for a process", -file.number) }
    let plan = ProcessPlan(regions: regions, entry: entry, stackPointer: stackPointer).encoded(parent: getpid())
    let number = file.number
    func write(_ bytes: [UInt8], at offset: UInt64) throws(MachineError) {
      let written: Int32 = bytes.withUnsafeBytes { coffer_file_write(number, $0.baseAddress, $0.count, offset) }
      guard written == 0 else { throw systemCallFailed("writing a process's memory file", -written) }
    }
    try write(plan, at: 0)
    for (region, piece) in zip(regions, pieces) where !piece.contents.isEmpty {
      try write(piece.contents, at: region.fileOffset)
    }
    let sealed = coffer_memory_file_seal(file.number)
    guard sealed == 0 else { throw systemCallFailed("sealing a process's memory file", -sealed) }
    view = try View(file.number, end)
    self.regions = regions
    counts = pieces.map(\.contents.count)
    bytes = filled
    self.entry = entry
    self.stackPointer = stackPointer
  }

  private static func planSize(_ regions: Int) -> UInt64 { roundUpToPage(ProcessPlan.size(regions: regions)) }

  private static func placed(_ pieces: [Piece]) -> [ProcessPlan.Region] {
    var offset = planSize(pieces.count)
    return pieces.map { piece in
      var region = piece.region
      region.filled = roundUpToPage(UInt64(piece.contents.count))
      region.fileOffset = offset
      offset += region.filled
      return region
    }
  }

  /// A process that begins with this, its slot its window.
  func copyMould(_ keeper: ProcessKeeper) throws(MachineError) -> SlotProcess { try mould(keeper).copy() }

  /// At the end of a machine: lets its mould make the next copy while nobody waits for it, unless it was the first machine of this, and
  /// perhaps the only one.
  func copyMouldAhead() {
    let mould = kept.withLock { kept -> KeptProcess? in
      defer { kept.isUsedAgain = true }
      return kept.isUsedAgain ? kept.mould : nil
    }
    mould?.copyAhead()
  }

  /// Somebody has killed or stopped its mould, or it has none yet.
  var hasLostMould: Bool { kept.withLock { $0.mould?.isLost ?? true } }

  package var mouldNumber: Int32? { kept.withLock { $0.mould?.number } }

  /// Of the copy made ahead of time.
  package var aheadNumber: Int32? { kept.withLock { $0.mould }?.aheadNumber }

  private func mould(_ keeper: ProcessKeeper) throws(MachineError) -> KeptProcess {
    let result = kept.withLock { kept -> Result<KeptProcess, MachineError> in
      if let mould = kept.mould, !mould.isLost { return .success(mould) }
      kept.mould = nil
      do throws(MachineError) {
        let fresh = try keeper.makeMould(file.number)
        kept.mould = fresh
        return .success(fresh)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Whether processes that begin with these would begin with this.
  func isMade(of pieces: [Piece], entry: UInt64, stackPointer: UInt64) -> Bool {
    guard self.entry == entry, self.stackPointer == stackPointer, counts == pieces.map(\.contents.count),
      regions == Self.placed(pieces)
    else { return false }
    return zip(regions, pieces).allSatisfy { region, piece in
      piece.contents.withUnsafeBytes {
        guard let first = $0.baseAddress, !$0.isEmpty else { return true }
        return memcmp(first, view.start + Int(region.fileOffset), $0.count) == 0
      }
    }
  }

  /// The whole file, for reading.
  private struct View: ~Copyable, @unchecked Sendable {
    let start: UnsafeRawPointer
    private let size: Int

    init(_ file: Int32, _ size: UInt64) throws(MachineError) {
      var start: UnsafeRawPointer?
      let mapped = coffer_memory_view_file(file, Int(size), &start)
      guard mapped == 0, let start else { throw systemCallFailed("mapping a process's memory file", -mapped) }
      self.start = start
      self.size = Int(size)
    }

    deinit { coffer_memory_release(UnsafeMutableRawPointer(mutating: start), size) }
  }

  /// What a region begins with.
  func bytes(of region: ProcessPlan.Region) throws(MachineError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(region.filled))
    let result = bytes.withUnsafeMutableBytes { coffer_file_read(file.number, $0.baseAddress, $0.count, region.fileOffset) }
    guard result == 0 else { throw systemCallFailed("reading a process's memory file", -result) }
    return bytes
  }
}

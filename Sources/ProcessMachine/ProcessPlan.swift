import CLinux
import EdgeCalls
import Machine

/// What a loader is told: `struct coffer_plan` of Guest/process/plan.h, little-endian.
struct ProcessPlan {
  struct Region {
    var address: UInt64
    var size: UInt64
    var sizeLimit: UInt64
    var rights: MemoryRights
    /// Bytes at its start that come from the file of contents, in whole pages, and where they lie there.
    var filled: UInt64 = 0
    var fileOffset: UInt64 = 0
    /// The edge window: shared with the monitor.
    var isShared = false
  }

  /// Behind this the loader lies, and everything that the kernel puts into a process.
  static let addressLimit: UInt64 = 0x7000_0000_0000
  private static let magic: UInt64 = 0x4E_4C50_4643

  var regions: [Region]
  var entry: UInt64
  var stackPointer: UInt64

  /// - Parameter parent: the monitor's process number.
  func encoded(parent: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    put(Self.magic)
    put(UInt64(regions.count))
    put(entry)
    put(stackPointer)
    put(UInt64(parent))
    for region in regions {
      put(region.address)
      put(region.size)
      put(region.sizeLimit)
      put(region.filled)
      put(region.fileOffset)
      put(UInt32(region.rights.rawValue))
      put(UInt32(region.isShared ? 1 : 0))
    }
    return bytes
  }
}

/// The file from which processes take what they begin with: sealed, and shared by all that begin with the same.
final class ProcessContents: Sendable {
  let file: OwnedDescriptor
  /// With `filled` and `fileOffset` set.
  let regions: [ProcessPlan.Region]
  let bytes: UInt64

  /// - Parameter pieces: what stands in each region at its start, at most its size.
  init(_ pieces: [(region: ProcessPlan.Region, contents: [UInt8])]) throws(MachineError) {
    var regions: [ProcessPlan.Region] = []
    var size: UInt64 = 0
    for (region, contents) in pieces {
      var region = region
      region.filled = roundUpToPage(UInt64(contents.count))
      region.fileOffset = region.isShared ? 0 : size
      size += region.filled
      regions.append(region)
    }
    file = OwnedDescriptor(coffer_memory_file_make(max(size, MemoryMap.pageSize)))
    guard file.number >= 0 else { throw systemCallFailed("making a memory file for a process", -file.number) }
    let number = file.number
    for (region, piece) in zip(regions, pieces) where !piece.contents.isEmpty {
      let written = piece.contents.withUnsafeBytes {
        coffer_file_write(number, $0.baseAddress, $0.count, region.fileOffset)
      }
      guard written == 0 else { throw systemCallFailed("writing a process's memory file", -written) }
    }
    let sealed = coffer_memory_file_seal(file.number)
    guard sealed == 0 else { throw systemCallFailed("sealing a process's memory file", -sealed) }
    self.regions = regions
    bytes = size
  }

  /// What a region begins with.
  func bytes(of region: ProcessPlan.Region) throws(MachineError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(region.filled))
    let result = bytes.withUnsafeMutableBytes { coffer_file_read(file.number, $0.baseAddress, $0.count, region.fileOffset) }
    guard result == 0 else { throw systemCallFailed("reading a process's memory file", -result) }
    return bytes
  }
}

func roundUpToPage(_ value: UInt64) -> UInt64 { (value + MemoryMap.pageSize - 1) / MemoryMap.pageSize * MemoryMap.pageSize }

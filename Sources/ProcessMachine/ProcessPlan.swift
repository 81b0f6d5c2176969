import EdgeCalls
import Machine

/// What a loader is told: `struct coffer_plan` of Guest/process/plan.h, little-endian.
package struct ProcessPlan {
  package struct Region: Equatable, GrowableRegion {
    package var address: UInt64
    package var size: UInt64
    package var sizeLimit: UInt64
    var rights: MemoryRights
    /// Bytes at its start that come from the file of contents, in whole pages, and where they lie there.
    var filled: UInt64 = 0
    var fileOffset: UInt64 = 0
    /// The edge window: shared with the monitor.
    package var isShared = false
  }

  /// Behind this the loader lies, and everything that the kernel puts into a process.
  static let addressLimit: UInt64 = 0x7000_0000_0000
  private static let magic: UInt64 = 0x4E_4C50_4643

  var regions: [Region]
  var entry: UInt64
  var stackPointer: UInt64

  /// Bytes of a plan with so many regions.
  static func size(regions: Int) -> UInt64 { 56 + 48 * UInt64(regions) }

  /// What the kernel counts against a process's RLIMIT_DATA.
  static func data(_ regions: [Region], _ size: (Region) -> UInt64) -> UInt64 {
    regions.reduce(0) { $0 + ($1.rights.contains(.write) && !$1.isShared ? size($1) : 0) }
  }

  /// - Parameter parent: the monitor's process number.
  func encoded(parent: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
    put(Self.magic)
    put(UInt64(regions.count))
    put(entry)
    put(stackPointer)
    put(UInt64(parent))
    put(Self.data(regions) { $0.size })
    put(Self.data(regions) { $0.sizeLimit })
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

func roundUpToPage(_ value: UInt64) -> UInt64 { (value + MemoryMap.pageSize - 1) / MemoryMap.pageSize * MemoryMap.pageSize }

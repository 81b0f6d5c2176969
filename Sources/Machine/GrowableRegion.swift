import EdgeCalls

/// A region of a running machine, as its kind of machine keeps it. In bytes.
package protocol GrowableRegion {
  var address: UInt64 { get }
  var size: UInt64 { get }
  var sizeLimit: UInt64 { get }
}

extension Array where Element: GrowableRegion {
  /// The place of the region that begins at `address`, which may have `size` bytes from now on.
  /// - Throws: ``MachineError/Code/outOfRange`` where none begins there, or where it may not have that size: it never shrinks.
  package func index(growing address: UInt64, to size: UInt64) throws(MachineError) -> Int {
    guard let index = firstIndex(where: { $0.address == address }) else {
      throw MachineError(.outOfRange, "growing the region at \(hexadecimal(address)): there is none: name a region's first address")
    }
    let region = self[index]
    guard size.isMultiple(of: MemoryMap.pageSize), size >= region.size, size <= region.sizeLimit else {
      throw MachineError(
        .outOfRange,
        "growing the region at \(hexadecimal(address)) from \(region.size) to \(size) bytes: "
          + "expected a multiple of \(MemoryMap.pageSize) up to \(region.sizeLimit)")
    }
    return index
  }
}

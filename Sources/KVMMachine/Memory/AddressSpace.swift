import CLinux
import EdgeCalls
import Machine

/// A trustlet's address space: where each region lies in guest-physical memory, and the tables that say so to the processor.
///
/// The first window holds, in this order, page tables, the descriptor page, all regions of fixed size and the first that may
/// grow, so that most trustlets need a single slot. Every further region that may grow has a window of its own.
package struct AddressSpace {
  struct Region: GrowableRegion {
    let address: UInt64
    var size: UInt64
    let sizeLimit: UInt64
    let rights: MemoryRights
    let window: Int
    /// Where it begins in its window.
    let offset: UInt64
    /// Bytes at its start that the configuration filled.
    let filled: UInt64
  }

  /// Tables set aside for the growth of memories before a slot of their own is made.
  private static let spareTables: UInt64 = 16
  /// From this size on a memory that may grow gets huge pages: they make touching much memory 60 times cheaper, but touching a
  /// little of it dearer, and a small trustlet larger.
  private static let hugePageThreshold: UInt64 = 8 << 20

  package let memory: GuestPhysicalMemory
  package private(set) var tables: PageTables
  /// Where tables and descriptors end in the first window: nothing before is the guest's.
  let tablesEnd: UInt64
  /// Where the machine page ends, which follows.
  var machinePageEnd: UInt64 { tablesEnd + PageTables.page }
  /// Sorted by address.
  private(set) var regions: [Region] = []

  /// - Parameter configuration: checked.
  init(_ configuration: MachineConfiguration, memory: GuestPhysicalMemory) throws(MachineError) {
    self.memory = memory
    let machinePage = MachineRegion(
      address: MemoryMap.machinePage, size: MemoryMap.pageSize, rights: [.read, .execute],
      contents: .bytes(configuration.machinePage))
    let ofFixedSize = configuration.regions.filter { $0.size == $0.sizeLimit && $0.size > 0 }
    // What is filled lies in one piece with the tables: all of that gets its memory at once.
    let fixed = [machinePage] + ofFixedSize.filter { $0.contents.count > 0 } + ofFixedSize.filter { $0.contents.count == 0 }
    let growing = configuration.regions.filter { $0.size < $0.sizeLimit }

    let neededTables = PageTables.tableCount(
      [(DescriptorTables.address, PageTables.page), (MemoryMap.doorbell, PageTables.page)] + (fixed + growing).map { ($0.address, $0.size) })
    let tableCount = neededTables + Self.spareTables
    var reserveCount: UInt64 = 0
    for region in growing {
      reserveCount += PageTables.grownTableCountLimit(address: region.address, size: region.sizeLimit)
    }

    let descriptorOffset = tableCount * PageTables.page
    var offset = descriptorOffset + PageTables.page
    tablesEnd = offset
    var placed: [(region: MachineRegion, window: Int, offset: UInt64)] = []
    for region in fixed {
      offset = Self.place(region.address, size: region.size, notBefore: offset)
      placed.append((region, 0, offset))
      offset += region.size
    }
    var backed = offset
    if let first = growing.first {
      offset = Self.place(first.address, size: first.sizeLimit, notBefore: offset)
      placed.append((first, 0, offset))
      backed = offset + first.size
      offset += first.sizeLimit
    }
    let firstWindow = try memory.openWindow(size: offset)
    try memory.back(firstWindow, through: backed, relativeTo: 0)
    for region in growing.dropFirst() {
      let shift = region.address % GuestPhysicalMemory.largePage
      let window = try memory.openWindow(size: shift + region.sizeLimit)
      try memory.back(window, through: shift + region.size, relativeTo: 0)
      placed.append((region, window, shift))
    }

    // The pool gives its last pages first.
    var eager = [(tableCount - neededTables) * PageTables.page..<tablesEnd]
    for (region, window, offset) in placed where window == firstWindow {
      for part in region.touchedEarly(configuration) {
        let range = offset + part.lowerBound..<offset + part.upperBound
        if let last = eager.last, last.upperBound == range.lowerBound {
          eager[eager.count - 1] = last.lowerBound..<range.upperBound
        } else {
          eager.append(range)
        }
      }
    }
    for range in eager { memory.populate(range, of: firstWindow) }

    let base = memory.windows[firstWindow].guestAddress
    tables = try PageTables(memory: memory, pool: TablePool(address: base, count: tableCount, reserve: reserveCount))
    try tables.mapForProcessor(DescriptorTables.address, to: base + descriptorOffset)
    DescriptorTables.write(
      to: UnsafeMutableRawBufferPointer(
        start: memory.windows[firstWindow].host + Int(descriptorOffset), count: Int(PageTables.page)))
    try tables.map(MemoryMap.doorbell, to: GuestPhysicalMemory.doorbell, size: PageTables.page, rights: [.read, .write])

    for (region, window, offset) in placed {
      let place = memory.windows[window]
      try tables.map(region.address, to: place.guestAddress + offset, size: region.size, rights: region.rights)
      try fill(region, at: place.host + Int(offset))
      regions.append(
        Region(
          address: region.address, size: region.size, sizeLimit: region.sizeLimit, rights: region.rights, window: window,
          offset: offset, filled: region.contents.count))
      if region.size < region.sizeLimit, region.size >= Self.hugePageThreshold {
        memory.adviseHuge(window, from: offset, to: place.backed)
      }
    }
    regions.sort { $0.address < $1.address }
  }

  /// The same space in another machine, whose memory holds the same at the same places.
  init(_ other: AddressSpace, memory: GuestPhysicalMemory) {
    self.memory = memory
    tables = PageTables(other.tables, memory: memory)
    tablesEnd = other.tablesEnd
    regions = other.regions
  }

  /// Takes back what a region has grown since the template.
  ///
  /// The entries are cleared first and the pages behind them given back then, which also drops what the processor remembers of
  /// the entries (`Documentation/design/templates.md`). Tables stay linked: an upper entry that changes could not be forgotten so easily.
  mutating func shrink(to template: AddressSpace) throws(MachineError) {
    for (index, region) in regions.enumerated() where region.size > template.regions[index].size {
      let kept = template.regions[index].size
      tables.clear(region.address + kept, size: region.size - kept)
      let host = memory.windows[region.window].host + Int(region.offset + kept)
      try must("giving back memory", coffer_memory_discard(host, Int(region.size - kept)))
      regions[index].size = kept
    }
  }

  /// Where the tables let the guest write: neighbours as one, in the order of their places.
  var writableParts: [MemoryPart] {
    var parts: [MemoryPart] = []
    for region in regions.sorted(by: { ($0.window, $0.offset) < ($1.window, $1.offset) }) where region.rights.contains(.write) && region.size > 0 {
      var offsets = region.offset..<region.offset + region.size
      if let last = parts.last, last.window == region.window, last.offsets.upperBound == offsets.lowerBound {
        offsets = last.offsets.lowerBound..<offsets.upperBound
        parts.removeLast()
      }
      parts.append(MemoryPart(window: region.window, offsets: offsets))
    }
    return parts
  }

  /// The host's view of the code by which the guest leaves.
  var machinePage: UnsafeRawPointer { UnsafeRawPointer(memory.windows[0].host + Int(tablesEnd)) }

  var mappedBytes: UInt64 { regions.reduce(0) { $0 + $1.size } }

  /// The next offset where a region may begin: such that entries of 2 MiB fit it if it is large enough for them.
  private static func place(_ address: UInt64, size: UInt64, notBefore offset: UInt64) -> UInt64 {
    guard size >= GuestPhysicalMemory.largePage else { return offset }
    let large = GuestPhysicalMemory.largePage
    return offset + (address % large + large - offset % large) % large
  }

  mutating func grow(region address: UInt64, to size: UInt64) throws(MachineError) {
    let index = try regions.index(growing: address, to: size)
    let region = regions[index]
    guard size > region.size else { return }
    let backed = memory.windows[region.window].backed
    try memory.back(region.window, through: region.offset + size, relativeTo: region.offset)
    let newlyBacked = memory.windows[region.window].backed
    if size >= Self.hugePageThreshold, newlyBacked > backed {
      memory.adviseHuge(region.window, from: max(backed, region.offset), to: newlyBacked)
    }
    let physical = memory.windows[region.window].guestAddress + region.offset
    try tables.map(
      address + region.size, to: physical + region.size, size: size - region.size, rights: region.rights)
    regions[index].size = size
  }

  /// The host's view of a range, nil unless one region holds all of it.
  func host(_ address: UInt64, count: UInt64) -> UnsafeMutableRawPointer? {
    for region in regions where address >= region.address {
      let offset = address - region.address
      if offset <= region.size, count <= region.size - offset {
        return memory.windows[region.window].host + Int(region.offset + offset)
      }
    }
    return nil
  }

  private func fill(_ region: MachineRegion, at host: UnsafeMutableRawPointer) throws(MachineError) {
    switch region.contents {
    case .zero: break
    case .bytes(let bytes): bytes.withUnsafeBytes { copy($0, to: host) }
    case .kept(let bytes): bytes.withUnsafeBytes { copy($0, to: host) }
    case .file(let descriptor, let offset, let length):
      guard length > 0 else { return }
      let size = coffer_file_size(descriptor)
      guard size >= 0 else { throw systemCallFailed("asking for the size of a region's file", Int32(truncatingIfNeeded: -size)) }
      guard offset + length <= UInt64(size) else {
        throw MachineError(
          .invalidConfiguration,
          "region \(hexadecimal(region.address)) wants bytes \(offset) to \(offset + length) of a file of \(size) bytes: the file is cut short, fetch it again")
      }
      // Whole pages are mapped; the rest is copied, so that nothing of the file shows behind the wanted length.
      let mapped = offset.isMultiple(of: PageTables.page) ? length / PageTables.page * PageTables.page : 0
      if mapped > 0 {
        let result = coffer_memory_map_file(host, Int(mapped), descriptor, offset)
        guard result == 0 else { throw systemCallFailed("mapping \(mapped) bytes of a region's file", -result) }
      }
      if mapped < length {
        let result = coffer_file_read(descriptor, host + Int(mapped), Int(length - mapped), offset + mapped)
        guard result == 0 else { throw systemCallFailed("reading a region's file", -result) }
      }
    }
  }
}

private func copy(_ source: UnsafeRawBufferPointer, to host: UnsafeMutableRawPointer) {
  if let start = source.baseAddress { host.copyMemory(from: start, byteCount: source.count) }
}

extension MachineRegion {
  private static let fewVariables: UInt64 = 32 << 10

  /// Pages, relative to its beginning, that are sure or nearly sure to be written: a fault for each would cost more than giving them memory at once.
  fileprivate func touchedEarly(_ configuration: MachineConfiguration) -> [Range<UInt64>] {
    let few = min(size, 2 * PageTables.page)
    switch contents {
    case .bytes, .kept:
      let filled = roundUp(contents.count, to: PageTables.page)
      // Variables without a value of their own: the first read of such a page would fault, and so would the first write then.
      return [0..<(rights.contains(.write) && size - filled <= Self.fewVariables ? size : filled)]
    case .file: return []
    case .zero: break
    }
    if address == MemoryMap.edgeWindow { return [0..<few] }
    let stack = configuration.stackPointer
    if rights.contains(.write), stack > address, stack - address <= size, stack.isMultiple(of: PageTables.page) {
      return [stack - address - min(few, stack - address)..<stack - address]
    }
    return []
  }
}

extension MachineRegion.Contents {
  fileprivate var count: UInt64 {
    switch self {
    case .zero: 0
    case .bytes(let bytes): UInt64(bytes.count)
    case .kept(let bytes): UInt64(bytes.count)
    case .file(_, _, let length): length
    }
  }
}

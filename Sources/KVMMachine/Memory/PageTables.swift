import Machine

/// The guest's four levels of page tables. They lie in guest-physical memory that no entry of theirs maps, so that the guest
/// cannot reach them.
///
/// Entries are only ever set where none was present: what the processor has seen need not be taken back, and so nothing has
/// to be flushed. Accessed and dirty bits are set from the start, which saves the processor from writing them.
package struct PageTables {
  /// Bits of an entry, as the processor has them.
  enum Entry {
    static let present: UInt64 = 1
    static let writable: UInt64 = 1 << 1
    static let user: UInt64 = 1 << 2
    static let accessed: UInt64 = 1 << 5
    static let dirty: UInt64 = 1 << 6
    static let large: UInt64 = 1 << 7
    static let noExecute: UInt64 = 1 << 63
    static let addressMask: UInt64 = 0x000F_FFFF_FFFF_F000
    /// A table: each right is decided by the entry below it.
    static let table = present | writable | user | accessed
  }

  static let page: UInt64 = 4096
  static let tableSpan: UInt64 = 1 << 21

  private let memory: GuestPhysicalMemory
  private var pool: TablePool
  /// Guest-physical address of the uppermost table.
  let root: UInt64

  init(memory: GuestPhysicalMemory, pool: TablePool) throws(MachineError) {
    self.memory = memory
    self.pool = pool
    root = try self.pool.take(from: memory)
  }

  /// The window that the pool has opened for itself, if it has.
  var poolWindow: Int? { pool.window }

  /// The same tables in another machine.
  init(_ other: PageTables, memory: GuestPhysicalMemory) {
    self.memory = memory
    pool = other.pool
    root = other.root
  }

  /// How many tables regions need while they have these sizes. Those of at least 2 MiB use entries of that size but for both their ends.
  static func tableCount(_ regions: [(address: UInt64, size: UInt64)]) -> UInt64 {
    var (lowest, middle, upper) = (AscendingSpans(size: tableSpan), AscendingSpans(size: 1 << 30), AscendingSpans(size: 1 << 39))
    for (address, size) in regions.sorted(by: { $0.address < $1.address }) where size > 0 {
      let end = address + size
      if !address.isMultiple(of: tableSpan) || size < tableSpan { lowest.add(address..<address + 1) }
      if !end.isMultiple(of: tableSpan) { lowest.add(end - 1..<end) }
      middle.add(address..<end)
      upper.add(address..<end)
    }
    // And the root.
    return 1 + lowest.count + middle.count + upper.count
  }

  /// How many spans of one size ascending ranges touch.
  private struct AscendingSpans {
    let size: UInt64
    private(set) var count: UInt64 = 0
    private var next: UInt64 = 0

    init(size: UInt64) { self.size = size }

    /// - Parameter range: not empty, and no part of it before the range that was added last.
    mutating func add(_ range: Range<UInt64>) {
      let end = (range.upperBound - 1) / size + 1
      let start = max(next, range.lowerBound / size)
      if end > start { count += end - start }
      next = max(next, end)
    }
  }

  /// How many it can need when it has come to this size in steps of any size.
  static func grownTableCountLimit(address: UInt64, size: UInt64) -> UInt64 {
    guard size > 0 else { return 0 }
    func spans(_ span: UInt64) -> UInt64 { (address + size - 1) / span - address / span + 1 }
    return spans(tableSpan) + spans(1 << 30) + spans(1 << 39)
  }

  /// Lets ring 3 use `size` bytes from `address` with the given rights.
  mutating func map(_ address: UInt64, to physical: UInt64, size: UInt64, rights: MemoryRights) throws(MachineError) {
    var flags = Entry.present | Entry.user | Entry.accessed | Entry.dirty
    if rights.contains(.write) { flags |= Entry.writable }
    if !rights.contains(.execute) { flags |= Entry.noExecute }
    try map(address, to: physical, size: size, flags: flags)
  }

  /// Lets only the processor itself read one page.
  mutating func mapForProcessor(_ address: UInt64, to physical: UInt64) throws(MachineError) {
    try map(
      address, to: physical, size: Self.page, flags: Entry.present | Entry.accessed | Entry.dirty | Entry.noExecute)
  }

  private mutating func map(_ address: UInt64, to physical: UInt64, size: UInt64, flags: UInt64) throws(MachineError) {
    let end = address + size
    var address = address
    var physical = physical
    while address < end {
      let directory = try table(for: address, level: 2)
      let slot = directory + index(address, level: 1)
      if slot.pointee & Entry.present == 0, end - address >= Self.tableSpan,
        (address | physical).isMultiple(of: Self.tableSpan)
      {
        slot.pointee = physical | flags | Entry.large
        address += Self.tableSpan
        physical += Self.tableSpan
        continue
      }
      let entries = try table(for: address, level: 1)
      let last = min(end, (address / Self.tableSpan + 1) * Self.tableSpan)
      while address < last {
        let entry = entries + index(address, level: 0)
        guard entry.pointee == 0 else { throw broken("an entry for \(address) is present already") }
        entry.pointee = physical | flags
        address += Self.page
        physical += Self.page
      }
    }
  }

  /// Takes the lowest entries of a range away and leaves the tables that hold them.
  ///
  /// The processor may still know the entries: the caller has to make it forget them.
  func clear(_ address: UInt64, size: UInt64) {
    let end = address + size
    var address = address
    while address < end {
      var table = root
      var level = 3
      var cleared = false
      while let host = memory.host(table, count: Self.page) {
        let entry = host.assumingMemoryBound(to: UInt64.self) + index(address, level: level)
        guard entry.pointee & Entry.present != 0 else { break }
        if level == 0 || entry.pointee & Entry.large != 0 {
          entry.pointee = 0
          cleared = true
          break
        }
        table = entry.pointee & Entry.addressMask
        level -= 1
      }
      // An entry that is not there spans as much as one that is.
      let span = UInt64(1) << UInt64(12 + 9 * (cleared ? level : min(level, 1)))
      address = (address / span + 1) * span
    }
  }

  /// The table whose entries are those of `level` (0: pages, 1: 2 MiB) + 1, made with all above it where missing.
  private mutating func table(for address: UInt64, level: Int) throws(MachineError) -> UnsafeMutablePointer<UInt64> {
    var table = try entries(of: root)
    for upper in stride(from: 3, to: level - 1, by: -1) {
      let entry = table + index(address, level: upper)
      if entry.pointee & Entry.present == 0 {
        entry.pointee = try pool.take(from: memory) | Entry.table
      }
      guard entry.pointee & Entry.large == 0 else { throw broken("a large entry covers \(address) already") }
      table = try entries(of: entry.pointee & Entry.addressMask)
    }
    return table
  }

  private func index(_ address: UInt64, level: Int) -> Int { Int(address >> UInt64(12 + 9 * level) & 511) }

  private func entries(of table: UInt64) throws(MachineError) -> UnsafeMutablePointer<UInt64> {
    guard let host = memory.host(table, count: Self.page) else { throw broken("table \(table) has no memory") }
    return host.assumingMemoryBound(to: UInt64.self)
  }

  /// A table's entries, nil for an address that is none of this machine's.
  func host(_ table: UInt64) -> UnsafeMutablePointer<UInt64>? {
    memory.host(table, count: Self.page)?.assumingMemoryBound(to: UInt64.self)
  }

  private func broken(_ what: String) -> MachineError {
    MachineError(.invalidConfiguration, "the machine's page tables are inconsistent: \(what): this is a defect in Coffer, report it")
  }
}

/// Zeroed pages for page tables: first those set aside beside the regions, then, when memories grow far, a window of their own.
struct TablePool {
  /// Set aside. The last is given first, so that those in use lie beside what follows.
  private var aside: Range<UInt64>
  private var next: UInt64 = 0
  private var end: UInt64 = 0
  /// How many tables may still be needed later.
  private let reserve: UInt64
  private(set) var window: Int?

  init(address: UInt64, count: UInt64, reserve: UInt64) {
    aside = address..<address + count * PageTables.page
    self.reserve = reserve
  }

  mutating func take(from memory: GuestPhysicalMemory) throws(MachineError) -> UInt64 {
    if let last = aside.last {
      aside = aside.lowerBound..<last + 1 - PageTables.page
      return aside.upperBound
    }
    if next == end {
      let window: Int
      if let open = self.window {
        window = open
      } else {
        window = try memory.openWindow(size: reserve * PageTables.page)
        self.window = window
      }
      let backed = memory.windows[window].backed
      try memory.back(window, through: backed + PageTables.page, relativeTo: 0)
      next = memory.windows[window].guestAddress + backed
      end = memory.windows[window].guestAddress + memory.windows[window].backed
    }
    let page = next
    next += PageTables.page
    return page
  }
}

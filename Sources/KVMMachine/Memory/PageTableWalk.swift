import Machine

/// A stretch of the guest's address space as the page tables really have it.
package struct PageMapping: Equatable {
  package var address: UInt64
  package var size: UInt64
  package var physical: UInt64
  package var rights: MemoryRights
  /// Whether ring 3 may use it.
  package var isUserAccessible: Bool
}

extension PageTables {
  /// Reads the tables as the processor does, without regard to how they were made: neighbours with equal rights are joined.
  func walk(_ memory: GuestPhysicalMemory) -> [PageMapping] {
    var found: [PageMapping] = []
    visit(root, level: 3, base: 0, rights: (true, true, true), memory) { mapping in
      if let last = found.last, last.address + last.size == mapping.address, last.physical + last.size == mapping.physical,
        last.rights == mapping.rights, last.isUserAccessible == mapping.isUserAccessible
      {
        found[found.count - 1].size += mapping.size
      } else {
        found.append(mapping)
      }
    }
    return found
  }

  /// The frames of all pages (of 4 KiB) that the processor has used since ``forgetAccesses()``, ascending.
  func accessedPages() -> [UInt64] {
    var pages: [UInt64] = []
    visitLeaves { entry in
      if entry.pointee & (Entry.accessed | Entry.user) == Entry.accessed | Entry.user { pages.append(entry.pointee & Entry.addressMask) }
    }
    return pages.sorted()
  }

  /// Takes the marks away that the processor sets where it uses a page. What it knows already it does not mark again.
  func forgetAccesses() {
    visitLeaves { entry in entry.pointee &= ~(Entry.accessed | Entry.dirty) }
  }

  /// All present entries of the lowest tables.
  private func visitLeaves(_ body: (UnsafeMutablePointer<UInt64>) -> Void) {
    func visit(_ table: UInt64, level: Int) {
      guard let host = host(table) else { return }
      for index in 0..<512 {
        let entry = host + index
        guard entry.pointee & Entry.present != 0 else { continue }
        if level == 0 { body(entry) } else if entry.pointee & Entry.large == 0 { visit(entry.pointee & Entry.addressMask, level: level - 1) }
      }
    }
    visit(root, level: 3)
  }

  /// The guest-physical addresses of all tables that the processor can come upon.
  package func tablePages(_ memory: GuestPhysicalMemory) -> [UInt64] {
    var pages: [UInt64] = []
    func visit(_ table: UInt64, level: Int) {
      pages.append(table)
      guard level > 0, let host = memory.host(table, count: Self.page) else { return }
      for entry in UnsafeRawBufferPointer(start: host, count: Int(Self.page)).bindMemory(to: UInt64.self)
      where entry & Entry.present != 0 && entry & Entry.large == 0 {
        visit(entry & Entry.addressMask, level: level - 1)
      }
    }
    visit(root, level: 3)
    return pages
  }

  private func visit(
    _ table: UInt64, level: Int, base: UInt64, rights: (write: Bool, execute: Bool, user: Bool), _ memory: GuestPhysicalMemory,
    _ report: (PageMapping) -> Void
  ) {
    guard let host = memory.host(table, count: Self.page) else { return }
    for (index, entry) in UnsafeRawBufferPointer(start: host, count: Int(Self.page)).bindMemory(to: UInt64.self).enumerated()
    where entry & Entry.present != 0 {
      let span = UInt64(1) << UInt64(12 + 9 * level)
      let address = base + UInt64(index) * span
      let combined = (
        write: rights.write && entry & Entry.writable != 0, execute: rights.execute && entry & Entry.noExecute == 0,
        user: rights.user && entry & Entry.user != 0
      )
      if level > 0 && entry & Entry.large == 0 {
        visit(entry & Entry.addressMask, level: level - 1, base: address, rights: combined, memory, report)
      } else {
        var mapped: MemoryRights = .read
        if combined.write { mapped.insert(.write) }
        if combined.execute { mapped.insert(.execute) }
        report(
          PageMapping(
            address: address, size: span, physical: entry & Entry.addressMask, rights: mapped, isUserAccessible: combined.user))
      }
    }
  }
}

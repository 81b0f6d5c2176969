import EdgeCalls
import KVMMachine
import Machine
import MachineScenarios
import Testing

/// What the processor would find in the tables, read back from them.
@Suite(
  "Machine kvm, page tables",
  .enabled(if: KVMMachine.availability().isAvailable, "3 tests need KVM: \(KVMMachine.availability().finding)"))
struct PageTableTests {
  private static let further = (1...3).map {
    MachineRegion(address: MemoryMap.linearMemory(UInt32($0)), size: 0x3_0000, sizeLimit: 0x1_0000_0000, rights: [.read, .write])
  }

  private func machine() throws -> (machine: KVMMachine, regions: [MachineRegion]) {
    var guest = TestGuest(TestGuest.endlessLoop)
    guest.memorySize = 0x55_0000
    guest.furtherRegions = Self.further
    return (try KVMMachine(guest.configuration), guest.configuration.regions)
  }

  private func checkRights(_ mappings: [PageMapping]) {
    for mapping in mappings {
      #expect(!mapping.rights.isSuperset(of: [.write, .execute]), "\(mapping) is writable and executable")
      if !mapping.isUserAccessible {
        #expect(mapping.address == DescriptorTables.address && mapping.size == 4096, "\(mapping) is mapped for ring 0")
        #expect(mapping.rights == .read, "\(mapping) could be written or run in ring 0")
      }
    }
    #expect(mappings.count { !$0.isUserAccessible } == 1)
  }

  /// Byte for byte: what ring 3 may use is the regions, the machine page and the doorbell.
  private func checkCoverage(_ mappings: [PageMapping], _ regions: [(UInt64, UInt64, MemoryRights)]) {
    let expected = regions + [
      (MemoryMap.machinePage, 4096, [.read, .execute]), (MemoryMap.doorbell, 4096, [.read, .write]),
    ]
    let user = mappings.filter(\.isUserAccessible)
    for (address, size, rights) in expected where size > 0 {
      let inside = user.filter { $0.address >= address && $0.address + $0.size <= address + size }
      #expect(inside.reduce(0) { $0 + $1.size } == size, "\(address) is mapped partly")
      #expect(inside.allSatisfy { $0.rights == rights }, "\(address) has other rights")
    }
    #expect(user.reduce(0) { $0 + $1.size } == expected.reduce(0) { $0 + $1.1 }, "something is mapped that is no region")
  }

  /// No two addresses share memory, and no page of tables is mapped anywhere.
  private func checkPhysical(_ machine: KVMMachine, _ mappings: [PageMapping]) {
    let sorted = mappings.sorted { $0.physical < $1.physical }
    for (lower, upper) in zip(sorted, sorted.dropFirst()) {
      #expect(lower.physical + lower.size <= upper.physical, "\(lower) and \(upper) share memory")
    }
    let tables = machine.tablePages()
    #expect(!tables.isEmpty)
    for table in tables {
      #expect(!mappings.contains { table >= $0.physical && table - $0.physical < $0.size }, "table \(table) is mapped")
    }
    #expect(!tables.contains { $0 == GuestPhysicalMemory.doorbell })
  }

  @Test func startsWithNothingButItsRegions() throws {
    let (machine, regions) = try machine()
    let mappings = machine.walkPageTables()
    checkRights(mappings)
    checkCoverage(mappings, regions.map { ($0.address, $0.size, $0.rights) })
    checkPhysical(machine, mappings)
  }

  @Test func keepsToItsRegionsWhileTheyGrow() throws {
    let (machine, regions) = try machine()
    var sizes = Dictionary(uniqueKeysWithValues: regions.map { ($0.address, $0.size) })
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      guard let region = regions.filter({ $0.sizeLimit > $0.size }).randomElement(using: &random), let size = sizes[region.address]
      else { continue }
      let step = UInt64.random(in: 1...(Bool.random() ? 16 : 700), using: &random) << 16
      let next = min(size + step, region.sizeLimit)
      try machine.grow(region: region.address, to: next)
      sizes[region.address] = next
    }
    let mappings = machine.walkPageTables()
    checkRights(mappings)
    checkCoverage(mappings, regions.map { ($0.address, sizes[$0.address] ?? 0, $0.rights) })
    checkPhysical(machine, mappings)
    #expect(machine.statistics.mappedBytes == sizes.values.reduce(0, +) + 4096)
  }

  @Test func largeRegionsUseLargeEntriesAndFewSlots() throws {
    var guest = TestGuest(TestGuest.endlessLoop)
    guest.memorySize = 0x1000_0000
    let machine = try KVMMachine(guest.configuration)
    #expect(machine.tablePages().count < 30)
    #expect(machine.space.memory.slotCount == 1)
    try machine.grow(region: MemoryMap.linearMemory, to: 0x1_0000_0000)
    #expect(machine.space.memory.slotCount == 2)
    var small = TestGuest(TestGuest.endlessLoop)
    small.memorySize = 0x1_0000
    let other = try KVMMachine(small.configuration)
    for size in stride(from: UInt64(0x2_0000), through: 0x1_0000_0000, by: 0x10_0000) {
      try other.grow(region: MemoryMap.linearMemory, to: size & ~0xFFFF)
    }
    #expect(other.space.memory.slotCount <= 32, "\(other.space.memory.slotCount) slots")
  }
}

extension KVMMachine {
  /// Every page that the processor reads as a table.
  fileprivate func tablePages() -> [UInt64] { space.tables.tablePages(space.memory) }
}

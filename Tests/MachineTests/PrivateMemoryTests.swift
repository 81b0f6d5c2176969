import EdgeCalls
import Glibc
import KVMMachine
import Machine
import MachineScenarios
import Testing

/// What a guest holds is in no child of the monitor and in no core dump of it: the kernel's marks on the memory say so.
@Suite(
  "Machine kvm, memory of its own",
  .enabled(if: KVMMachine.availability().isAvailable, "2 tests need KVM: \(KVMMachine.availability().finding)"))
struct PrivateMemoryTests {
  private struct Mapping {
    var range: Range<UInt>
    var name: String
    /// As /proc/self/smaps writes them: "dc" for not copied by fork, "dd" for not dumped.
    var flags: Set<Substring> = []
  }

  private static func mappings() throws -> [Mapping] {
    var found: [Mapping] = []
    let file = try #require(fopen("/proc/self/smaps", "re"))
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 4096)
    while fgets(&buffer, Int32(buffer.count), file) != nil {
      let words = String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
      if let first = words.first, first == "VmFlags:" {
        found[found.count - 1].flags = Set(words.dropFirst())
      } else if let ends = words.first?.split(separator: "-"), ends.count == 2, let start = UInt(ends[0], radix: 16),
        let end = UInt(ends[1], radix: 16)
      {
        found.append(Mapping(range: start..<end, name: words.count > 5 ? String(words[5]) : ""))
      }
    }
    return found
  }

  private static func check(_ machine: KVMMachine, _ mappings: [Mapping], _ what: String) {
    var places = machine.space.memory.windows.map { UInt(bitPattern: $0.host)..<UInt(bitPattern: $0.host) + UInt($0.backed) }
    places.append(UInt(bitPattern: machine.processor.run)..<UInt(bitPattern: machine.processor.run) + 1)
    for place in places {
      let parts = mappings.filter { $0.range.overlaps(place) }
      #expect(!parts.isEmpty, "\(what): the kernel does not list its memory")
      #expect(parts.allSatisfy { $0.flags.isSuperset(of: ["dc", "dd"]) }, "\(what): \(parts)")
    }
  }

  private static func guest() -> TestGuest {
    var guest = TestGuest(TestGuest.edgeCall + TestGuest.endlessLoop)
    // Too much to be copied into a clone: it is mapped.
    guest.furtherRegions = [
      MachineRegion(
        address: 0x1000_0000, size: 0x10_0000, rights: [.read, .write], contents: .bytes([UInt8](repeating: 1, count: 0x10_0000))),
      MachineRegion(address: MemoryMap.linearMemory(1), size: 0x3_0000, sizeLimit: 0x1_0000_0000, rights: [.read, .write]),
    ]
    return guest
  }

  @Test func aMachineAndWhatItGrowsBy() throws {
    let machine = try KVMMachine(Self.guest().configuration)
    try machine.grow(region: MemoryMap.linearMemory(1), to: 0x1000_0000)
    Self.check(machine, try Self.mappings(), "a machine")
  }

  @Test func templatesAndTheirClones() throws {
    let machine = try KVMMachine(Self.guest().configuration)
    #expect(try machine.run() == .edgeCall)
    let template = try machine.makeTemplate()
    try template.prepare(1)
    let clones = try (0..<2).map { _ in try #require(try template.clone() as? KVMMachine) }
    let mappings = try Self.mappings()
    let contents = mappings.filter { $0.name.contains("coffer-template") }
    #expect(contents.count > clones.count, "the template's contents are mapped nowhere")
    for mapping in contents { #expect(mapping.flags.isSuperset(of: ["dc", "dd"]), "\(mapping)") }
    for clone in clones { Self.check(clone, mappings, "a clone") }
  }
}

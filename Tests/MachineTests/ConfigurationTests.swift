import EdgeCalls
import Machine
import Testing

/// Configurations that contradict themselves are refused before anything is made of them.
@Suite("Machine configurations")
struct ConfigurationTests {
  private static let sound = MachineConfiguration(
    regions: [
      MachineRegion(address: MemoryMap.trapStack, size: MemoryMap.trapStackSize, rights: [.read, .write]),
      MachineRegion(address: MemoryMap.image, size: 0x1000, rights: [.read, .execute], contents: .bytes([0xC3])),
      MachineRegion(address: MemoryMap.linearMemory, size: 0, sizeLimit: 0x1_0000_0000, rights: [.read, .write]),
    ],
    machinePage: [0xC3], entry: MemoryMap.image, stackPointer: MemoryMap.stackTop)

  struct Defect: Sendable, CustomStringConvertible {
    let description: String
    let make: @Sendable (inout MachineConfiguration) -> Void

    init(_ description: String, _ make: @escaping @Sendable (inout MachineConfiguration) -> Void) {
      self.description = description
      self.make = make
    }

    static func region(
      _ description: String, _ address: UInt64, _ size: UInt64, limit: UInt64? = nil, rights: MemoryRights = [.read],
      contents: MachineRegion.Contents = .zero
    ) -> Defect {
      Defect(description) {
        $0.regions.append(MachineRegion(address: address, size: size, sizeLimit: limit, rights: rights, contents: contents))
      }
    }

    static let all: [Defect] = [
      Defect("no machine page") { $0.machinePage = [] },
      Defect("machine page of two pages") { $0.machinePage = [UInt8](repeating: 0, count: 4097) },
      Defect("entry in data") { $0.entry = MemoryMap.linearMemory },
      Defect("entry behind the code") { $0.entry = MemoryMap.image + 0x1000 },
      Defect("no trap stack") { $0.regions.removeFirst() },
      Defect("trap stack too small") { $0.regions[0].size = 0x1000 },
      Defect("trap stack read-only") { $0.regions[0].rights = .read },
      Defect("too many regions") { configuration in
        configuration.regions += (0..<5000).map {
          MachineRegion(address: 0x10_0000_0000 + $0 << 12, size: 0x1000, rights: .read)
        }
      },
      region("writable and executable", 0x60_0000, 0x1000, rights: [.read, .write, .execute]),
      region("writable and executable, not readable", 0x60_0000, 0x1000, rights: [.write, .execute]),
      region("no rights", 0x60_0000, 0x1000, rights: []),
      region("only writable", 0x60_0000, 0x1000, rights: .write),
      region("only executable", 0x60_0000, 0x1000, rights: .execute),
      region("unknown right", 0x60_0000, 0x1000, rights: [.read, MemoryRights(rawValue: 8)]),
      region("crooked address", 0x60_0001, 0x1000),
      region("crooked size", 0x60_0000, 0x1001),
      region("crooked limit", 0x60_0000, 0x1000, limit: 0x1001),
      region("limit below size", 0x60_0000, 0x2000, limit: 0x1000),
      region("null page", 0, 0x1000),
      region("below the machine page", 0x8_0000, 0x1000),
      region("over the machine page", MemoryMap.machinePage, 0x1000),
      region("into the machine page", MemoryMap.machinePage - 0x1000, 0x2000),
      region("over the doorbell", MemoryMap.doorbell, 0x1000),
      region("growing over the doorbell", MemoryMap.doorbell - 0x10000, 0x1000, limit: 0x20000),
      region("over another region", MemoryMap.image, 0x1000),
      region("growing over another region", MemoryMap.image - 0x1000, 0x1000, limit: 0x2000),
      region("inside what a memory may become", MemoryMap.linearMemory + 0x8000_0000, 0x1000),
      region("upper half", 0xFFFF_8000_0000_0000, 0x1000),
      region("beyond 47 bits", 1 << 47, 0x1000),
      region("across 47 bits", 1 << 47 - 0x1000, 0x2000),
      region("size that overflows", 0x60_0000, .max - 0xFFF),
      region("limit that overflows", 0x60_0000, 0x1000, limit: .max - 0xFFF),
      region("contents larger than the region", 0x60_0000, 0x1000, contents: .bytes([UInt8](repeating: 1, count: 0x1001))),
      region("file larger than the region", 0x60_0000, 0x1000, contents: .file(descriptor: 0, offset: 0, length: 0x1001)),
      region("file offset that overflows", 0x60_0000, 0x1000, contents: .file(descriptor: 0, offset: .max, length: 16)),
    ]
  }

  @Test func acceptsASoundOne() throws { try Self.sound.check() }

  @Test(arguments: Defect.all)
  func refuses(_ defect: Defect) {
    var configuration = Self.sound
    defect.make(&configuration)
    let error = #expect(throws: MachineError.self) { try configuration.check() }
    #expect(error?.code == .invalidConfiguration)
  }

  @Test func acceptsNeighbours() throws {
    var configuration = Self.sound
    configuration.regions.append(MachineRegion(address: MemoryMap.image + 0x1000, size: 0x1000, rights: .read))
    configuration.regions.append(MachineRegion(address: MemoryMap.doorbell + 0x1000, size: 0x1000, rights: .read))
    configuration.regions.append(MachineRegion(address: MemoryMap.doorbell - 0x1000, size: 0x1000, rights: .read))
    try configuration.check()
  }
}

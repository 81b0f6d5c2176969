import CLinux
import EdgeCalls
import Glibc
import KVMMachine
import Machine


extension Scenario {
  static let memory: [Scenario] = [
    Scenario("memory: the exact ends of a linear memory that grows to 4 GiB") {
      let prober = try Prober()
      var size: UInt64 = 0x1_0000
      for next: UInt64 in [
        0x2_0000, 0x3_0000, 0x10_0000, 0x1F_0000, 0x20_0000, 0x21_0000, 0x40_0000, 0x51_0000, 0x400_0000, 0x401_0000, 0x800_0000,
        0x4000_0000, 0x4001_0000, 0xFFFF_0000, 0x1_0000_0000,
      ] {
        try checkEnds(prober, at: linearMemory, size: size)
        try prober.grow(linearMemory, to: next)
        for fresh in [size, (size + next) / 2 & ~7, next - 4] {
          let value = try prober.read(linearMemory + fresh)
          try expect(value == 0, "after growth to \(next), offset \(fresh) reads \(String(describing: value))")
        }
        size = next
      }
      try checkEnds(prober, at: linearMemory, size: size)
      let beyondEnd: [UInt64] = [
        0x1_0000_0000, 0x1_0000_FFFF, 0x1_8000_0000, 0x1_FFFF_FFFC, 0x2_0000_0000, 0x2_0000_FFFC,
      ]
      for beyond in beyondEnd {
        try expect(try prober.read(linearMemory + beyond) == nil, "offset \(beyond) can be read")
        try expect(try !prober.write(linearMemory + beyond), "offset \(beyond) can be written")
      }
      try expect(prober.machine.statistics.growths == 15, "\(prober.machine.statistics)")
    },
    Scenario("memory: 800 growths by one page of 64 KiB keep what was written") {
      let prober = try Prober(memorySize: 0)
      for page: UInt64 in 0..<800 {
        try prober.grow(linearMemory, to: (page + 1) << 16)
        if page % 40 == 0 {
          try expect(try prober.read(linearMemory + page << 16) == 0, "page \(page) is not zero")
          try expect(try prober.write(linearMemory + page << 16 + 8), "page \(page) cannot be written")
        }
      }
      for page: UInt64 in 0..<800 where page % 40 == 0 {
        let value = try prober.read(linearMemory + page << 16 + 8)
        try expect(value == Prober.written, "page \(page) holds \(String(describing: value))")
      }
      try checkEnds(prober, at: linearMemory, size: 800 << 16)
    },
    Scenario("memory: an empty memory has no byte until it grows") {
      let prober = try Prober(memorySize: 0)
      try expect(try prober.read(linearMemory) == nil, "the first byte can be read")
      try prober.grow(linearMemory, to: 0x1_0000)
      try checkEnds(prober, at: linearMemory, size: 0x1_0000)
    },
    Scenario("memory: several memories grow apart from each other") {
      let addresses = (1...5).map { MemoryMap.linearMemory(UInt32($0)) }
      let prober = try Prober(
        furtherRegions: addresses.map {
          MachineRegion(address: $0, size: 0x1_0000, sizeLimit: 0x1_0000_0000, rights: [.read, .write])
        })
      for (index, address) in addresses.enumerated() {
        try prober.grow(address, to: UInt64(index + 2) * 0x21_0000)
      }
      for (index, address) in addresses.enumerated() {
        try checkEnds(prober, at: address, size: UInt64(index + 2) * 0x21_0000)
      }
      try checkEnds(prober, at: linearMemory, size: 0x1_0000)
    },
    Scenario("memory: regions of fixed size end where they end") {
      let prober = try Prober()
      try checkEnds(prober, at: MemoryMap.heap, size: MemoryMap.heapSize)
      try checkEnds(prober, at: TestGuest.stackBottom, size: 0x1_0000)
      try checkEnds(prober, at: MemoryMap.trapStack, size: MemoryMap.trapStackSize)
      try expect(try prober.read(TestGuest.stackBottom - 4) == nil, "below the stack something can be read")
      try expect(try prober.read(MemoryMap.image + 0x2000) == nil, "behind the image something can be read")
      try expect(try !prober.write(MemoryMap.edgeWindow - 4), "before the edge window something can be written")
    },
    Scenario("memory: growing wrongly is refused") {
      let machine = try TestGuest(TestGuest.endlessLoop).start()
      for (address, size) in [
        (linearMemory, 0), (linearMemory, 0x1_0001), (linearMemory, 0x1_0001_0000),
        (linearMemory, UInt64.max), (linearMemory, UInt64.max - 0xFFF), (linearMemory + 0x1000, 0x2_0000),
        (MemoryMap.heap, MemoryMap.heapSize + 0x1000), (0, 0),
      ] {
        do {
          try machine.grow(region: address, to: size)
          throw ScenarioFailure(description: "growing \(hexadecimal(address)) to \(size) was accepted")
        } catch let error as MachineError {
          try expect(error.code == .outOfRange, "\(error)")
        }
      }
      try machine.grow(region: linearMemory, to: 0x1_0000)
    },
    Scenario("memory: the host sees one region at a time and nothing else") {
      let machine = try TestGuest(TestGuest.endlessLoop).start()
      let good: [(UInt64, Int)] = [
        (MemoryMap.edgeWindow, Int(MemoryMap.edgeWindowSize)), (MemoryMap.edgeWindow + MemoryMap.edgeWindowSize, 0),
        (linearMemory, 0x1_0000), (linearMemory + 0xFFFF, 1), (TestGuest.readOnly, 0x1000),
      ]
      for (address, count) in good {
        try machine.withMemory(at: address, count: count) { try expect($0.count == count, "count \($0.count)") }
      }
      let bad: [(UInt64, Int)] = [
        (MemoryMap.edgeWindow, Int(MemoryMap.edgeWindowSize) + 1), (MemoryMap.edgeWindow - 1, 2), (linearMemory, 0x1_0001),
        (linearMemory + 0x1_0000, 1), (0, 1), (.max, 1), (.max, .max), (MemoryMap.edgeWindow, -1), (MemoryMap.doorbell, 4),
        (0x8_0000, 8),
      ]
      for (address, count) in bad {
        do {
          try machine.withMemory(at: address, count: count) { _ in }
          throw ScenarioFailure(description: "\(count) bytes at \(hexadecimal(address)) were given")
        } catch let error as MachineError {
          try expect(error.code == .outOfRange, "\(error)")
        }
      }
    },
    Scenario("memory: file contents are seen exactly and never written back") {
      let file = coffer_memory_file("contents")
      defer { close(file) }
      let bytes = [UInt8](repeating: 0xAB, count: 0x5000)
      try expect(write(file, bytes, bytes.count) == bytes.count, "the file cannot be written")
      for (offset, length) in [(0, 0x3000), (0x1000, 0x2345), (0x123, 0x2000), (0x4FFF, 1), (0x1000, 5), (0, 0)] as [(UInt64, UInt64)] {
        let region = MachineRegion(
          address: 0x80_0000, size: 0x4000, rights: [.read, .write], contents: .file(descriptor: file, offset: offset, length: length))
        let prober = try Prober(furtherRegions: [region])
        try prober.machine.withMemory(at: region.address, count: 0x4000) { memory in
          try expect(memory.prefix(Int(length)).allSatisfy { $0 == 0xAB }, "the contents are wrong")
          try expect(memory.dropFirst(Int(length)).allSatisfy { $0 == 0 }, "behind the contents is not zero")
        }
        let first = try prober.read(region.address)
        try expect(first == (length >= 4 ? 0xABAB_ABAB : length == 1 ? 0xAB : 0), "the guest sees \(String(describing: first))")
        try expect(try prober.write(region.address), "cannot be written")
        try expect(try prober.read(region.address) == Prober.written, "a write is lost")
      }
      var after = [UInt8](repeating: 0, count: bytes.count)
      try expect(pread(file, &after, after.count, 0) == bytes.count && after == bytes, "a guest's write reached the file")
    },
  ]
}

private let linearMemory = MemoryMap.linearMemory

/// The first and last four bytes can be used, what goes past the end cannot.
private func checkEnds(_ prober: Prober, at address: UInt64, size: UInt64) throws {
  try expect(try prober.write(address), "\(hexadecimal(address)): the start cannot be written")
  try expect(try prober.read(address + size - 4) != nil, "\(hexadecimal(address)): the end of \(size) bytes cannot be read")
  try expect(try prober.write(address + size - 64), "\(hexadecimal(address)): the end of \(size) bytes cannot be written")
  for offset in [size - 3, size - 1, size, size + 0xFFC, size + 0xFFFC] {
    try expect(try prober.read(address + offset) == nil, "\(hexadecimal(address)): offset \(offset) of \(size) bytes can be read")
    try expect(try !prober.write(address + offset), "\(hexadecimal(address)): offset \(offset) of \(size) bytes can be written")
  }
}

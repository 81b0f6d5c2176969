import EdgeCalls
import KVMMachine
import Machine

/// A guest that touches the addresses that its host names, and survives the faults.
package final class Prober {
  package let machine: any CloneableMachine
  /// Of the regions, as they are and as they were in the template.
  private var sizes: [UInt64: UInt64]
  private let startSizes: [UInt64: UInt64]

  ///     mov $data,%ebp; 1: edge call; mov (%rbp),%rbx; cmpl $0,8(%rbp); jne 2f; mov (%rbx),%eax; mov %rax,16(%rbp); jmp 1b
  ///     2: cmpl $2,8(%rbp); je 3f; movl $written,(%rbx); jmp 1b
  ///     3: mov %rbx,%rdi; mov 24(%rbp),%rsi; mov 32(%rbp),%rdx; mov $machinePage+edgeGrow,%eax; call *%rax; jmp 1b
  private static let loop = machineCode(
    "bd00006000 b800001000ffd0 488b5d00 837d0800 7508 8b03 48894510 ebe7 837d0802 7408 c70300000080 ebd9"
      + " 4889df 488b7518 488b5520 b840001000 ffd0 ebc5")
  /// After the report: `mov $stackTop-8,%esp; mov $code,%eax; jmp *%rax`
  private static let backToLoop = machineCode("bcf8fffe3f b800104000 ffe0")

  package init(memorySize: UInt64 = 0x1_0000, memoryLimit: UInt64 = 0x1_0000_0000, furtherRegions: [MachineRegion] = []) throws {
    var guest = TestGuest(Self.loop)
    // Without its last jump, the handler goes on behind the edge call.
    guest.trapHandler = TestGuest.trapHandler.dropLast(2) + Self.backToLoop
    guest.memorySize = memorySize
    guest.memoryLimit = memoryLimit
    guest.furtherRegions = furtherRegions
    machine = try guest.start()
    sizes = Dictionary(uniqueKeysWithValues: guest.configuration.regions.map { ($0.address, $0.size) })
    startSizes = sizes
    try expect(try machine.runWatched() == .edgeCall, "the prober did not start")
  }

  /// A clone of a prober.
  package init(_ machine: any CloneableMachine, of source: Prober) {
    self.machine = machine
    sizes = source.sizes
    startSizes = sizes
  }

  /// As a trustlet grows: the host allows it, and the machine page does its part.
  func grow(_ region: UInt64, to size: UInt64) throws {
    try machine.grow(region: region, to: size)
    guard let before = sizes[region], size > before else { return }
    try machine.setWord(before, at: TestGuest.data + 24)
    try machine.setWord(size, at: TestGuest.data + 32)
    try expect(try touch(region, write: 2), "growing faulted")
    sizes[region] = size
  }

  package func reset() throws {
    try machine.reset()
    sizes = startSizes
  }

  /// The four bytes at the address, or nil when reading them faults as it should.
  package func read(_ address: UInt64) throws -> UInt32? {
    try touch(address, write: 0) ? UInt32(truncatingIfNeeded: machine.word(at: TestGuest.data + 16)) : nil
  }

  /// Writes `written`; false when that faults as it should.
  package func write(_ address: UInt64) throws -> Bool { try touch(address, write: 1) }

  /// What it writes.
  static let written: UInt32 = 0x8000_0000

  private func touch(_ address: UInt64, write: UInt64) throws -> Bool {
    try machine.setWord(address, at: TestGuest.data)
    try machine.setWord(write, at: TestGuest.data + 8)
    try machine.setWord(0, at: MemoryMap.edgeWindow)
    let exit = try machine.runWatched()
    try expect(exit == .edgeCall, "touching \(hexadecimal(address)): \(exit)")
    guard let trap = try machine.reportedTrap() else { return true }
    try machine.setWord(0, at: MemoryMap.edgeWindow)
    let place = machine.faultAddress ?? 0
    try expect(
      trap.vector == 14 && trap.errorCode == 4 | write << 1 && place >= address && place < address + 4,
      "touching \(hexadecimal(address)): vector \(trap.vector), error code \(trap.errorCode) at \(hexadecimal(place))")
    // Back to the loop, which makes an edge call of its own.
    try expect(try machine.runWatched() == .edgeCall, "the prober did not survive a fault")
    return false
  }
}

import EdgeCalls
import KVMMachine
import Machine

/// A guest that touches the addresses that its host names, and survives the faults.
final class Prober {
  let machine: KVMMachine

  ///     mov $data,%ebp; 1: edge call; mov (%rbp),%rbx; cmpl $0,8(%rbp); jne 2f; mov (%rbx),%eax; mov %rax,16(%rbp); jmp 1b
  ///     2: mov %eax,(%rbx); jmp 1b
  private static let loop = machineCode(
    "bd00006000 b800001000ffd0 488b5d00 837d0800 7508 8b03 48894510 ebe7 8903 ebe3")
  /// After the report: `mov $stackTop-8,%esp; mov $code,%eax; jmp *%rax`
  private static let backToLoop = machineCode("bcf8fffe3f b800104000 ffe0")

  init(memorySize: UInt64 = 0x1_0000, memoryLimit: UInt64 = 0x1_0000_0000, furtherRegions: [MachineRegion] = []) throws {
    var guest = TestGuest(Self.loop)
    // Without its last jump, the handler goes on behind the edge call.
    guest.trapHandler = TestGuest.trapHandler.dropLast(2) + Self.backToLoop
    guest.memorySize = memorySize
    guest.memoryLimit = memoryLimit
    guest.furtherRegions = furtherRegions
    machine = try guest.start()
    try expect(try machine.runWatched() == .edgeCall, "the prober did not start")
  }

  /// A clone of a prober.
  init(_ machine: any CloneableMachine) throws {
    guard let machine = machine as? KVMMachine else { throw ScenarioFailure(description: "the clone is another kind of machine") }
    self.machine = machine
  }

  /// The four bytes at the address, or nil when reading them faults as it should.
  func read(_ address: UInt64) throws -> UInt32? {
    try touch(address, write: 0) ? UInt32(truncatingIfNeeded: machine.word(at: TestGuest.data + 16)) : nil
  }

  /// Writes `written`; false when that faults as it should.
  func write(_ address: UInt64) throws -> Bool { try touch(address, write: 1) }

  /// What an edge call leaves in eax.
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

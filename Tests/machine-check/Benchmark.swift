import EdgeCalls
import KVMMachine
import Machine
import MachineScenarios

/// Microseconds, minimum and median: making a machine until its first edge call, one edge call, one growth, giving it back.
func benchmark() throws {
  var create: [UInt64] = []
  var firstExit: [UInt64] = []
  var destroy: [UInt64] = []
  let configuration = TestGuest(TestGuest.edgeCall + TestGuest.endlessLoop).configuration
  for _ in 0..<200 {
    let start = monotonicNanoseconds()
    var machine: KVMMachine? = try KVMMachine(configuration)
    let made = monotonicNanoseconds()
    _ = try machine?.run()
    let exited = monotonicNanoseconds()
    machine = nil
    destroy.append(monotonicNanoseconds() - exited)
    create.append(made - start)
    firstExit.append(exited - made)
  }
  show("create", create)
  show("first exit", firstExit)
  show("both", zip(create, firstExit).map(+))
  show("destroy", destroy)

  // mov $data,%ebp; 1: incq (%rbp); edge call; jmp 1b
  let machine = try TestGuest(machineCode("bd00006000 48ff4500 b800001000ffd0 ebf3")).start()
  show("edge call", try (0..<20_000).map { _ in
    let start = monotonicNanoseconds()
    _ = try machine.run()
    return monotonicNanoseconds() - start
  })
  show("growth by 64 KiB", try (2...1000).map { (page: UInt64) in
    let start = monotonicNanoseconds()
    try machine.grow(region: MemoryMap.linearMemory, to: page << 16)
    return monotonicNanoseconds() - start
  })
}

private func show(_ name: String, _ nanoseconds: [UInt64]) {
  let sorted = nanoseconds.sorted()
  func microseconds(_ value: UInt64) -> String { "\(value / 1000).\(value % 1000 / 100)" }
  print("\(name): min \(microseconds(sorted[0])) median \(microseconds(sorted[sorted.count / 2])) us (\(sorted.count) runs)")
}

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

/// A clone until its first edge call, on a machine made for it and on one made ahead of time; a reset and the next edge call.
func benchmarkTemplates() throws {
  let kind = KVMMachineKind()
  let source = try kind.makeMachine(TestGuest(machineCode("bd00006000 48ff4500 b800001000ffd0 ebf3")).configuration)
  _ = try source.run()
  let template = try source.makeTemplate()
  func clones() throws -> [UInt64] {
    try (0..<200).map { _ in
      let start = monotonicNanoseconds()
      let machine = try template.clone()
      _ = try machine.run()
      let end = monotonicNanoseconds()
      return withExtendedLifetime(machine) { end - start }
    }
  }
  show("clone and first exit", try clones())
  try template.prepare(200)
  show("pooled clone and first exit", try clones())
  let machine = try template.clone()
  _ = try machine.run()
  let cloned = try (0..<200).map { _ in
    let start = monotonicNanoseconds()
    let machine = try template.clone()
    let end = monotonicNanoseconds()
    return withExtendedLifetime(machine) { end - start }
  }
  show("clone", cloned)
  try template.prepare(200)
  show("pooled clone", try (0..<200).map { _ in
    let start = monotonicNanoseconds()
    let machine = try template.clone()
    let end = monotonicNanoseconds()
    return withExtendedLifetime(machine) { end - start }
  })
  show("reset", try (0..<5000).map { _ in
    _ = try machine.run()
    let start = monotonicNanoseconds()
    try machine.reset()
    return monotonicNanoseconds() - start
  })
  show("reset and run to the next exit", try (0..<5000).map { _ in
    let start = monotonicNanoseconds()
    try machine.reset()
    _ = try machine.run()
    return monotonicNanoseconds() - start
  })
}

private func show(_ name: String, _ nanoseconds: [UInt64]) {
  let sorted = nanoseconds.sorted()
  func microseconds(_ value: UInt64) -> String { "\(value / 1000).\(value % 1000 / 100)" }
  print("\(name): min \(microseconds(sorted[0])) median \(microseconds(sorted[sorted.count / 2])) us (\(sorted.count) runs)")
}

import EdgeCalls
import KVMMachine
import Machine
import Synchronization

extension Scenario {
  static let interruption: [Scenario] = [
    Scenario("interruption: an endless loop, time and again") {
      // mov $data,%ebp; 1: incq (%rbp); jmp 1b
      let machine = try TestGuest(machineCode("bd00006000 48ff4500 ebfa")).start()
      let count = repetitions(1000)
      let median = try interruptRepeatedly(machine, count: count).sorted()[Int(count / 2)]
      try expect(median < 10_000_000 * slowness, "half of the interruptions took more than \(median / 1000) us")
      try expect(machine.statistics.interruptions == count, "\(machine.statistics)")
      // Some 30 ms, in which processors that others share may have had no time for the guest.
      let deadline = monotonicNanoseconds() + 10_000_000_000 * slowness
      while try machine.word(at: TestGuest.data) <= 1000 {
        try expect(monotonicNanoseconds() < deadline, "the guest did not go on between interruptions")
        _ = try interruptRepeatedly(machine, count: repetitions(100))
      }
    },
    Scenario("interruption: a guest that is mostly in edge calls, time and again") {
      // mov $data,%ebp; 1: incq (%rbp); edge call; jmp 1b
      let machine = try TestGuest(machineCode("bd00006000 48ff4500 b800001000ffd0 ebf3")).start()
      _ = try interruptRepeatedly(machine, count: repetitions(1000))
      let count = try machine.word(at: TestGuest.data)
      let served = machine.statistics.edgeCalls
      // The last interruption may have come between counting and calling.
      try expect(count == served || count == served + 1, "\(count) edge calls were made, \(served) came")
    },
    Scenario("interruption: a guest that faults for ever") {
      var guest = TestGuest(machineCode("0f0b"))
      guest.trapHandler = machineCode("0f0b")
      let machine = try guest.start()
      _ = try interruptRepeatedly(machine, count: 20)
    },
    Scenario("interruption: one that comes before the run is not lost, and counts once") {
      let machine = try TestGuest(TestGuest.edgeCall + TestGuest.endlessLoop).start()
      machine.interrupt()
      machine.interrupt()
      try expect(try machine.run() == .interrupted, "it was lost")
      try expect(try machine.runWatched() == .edgeCall, "it came twice")
      machine.interrupt()
      try expect(try machine.run() == .interrupted, "it was lost behind an edge call")
    },
    Scenario("interruption: reaches only its own machine") {
      let first = try TestGuest(TestGuest.edgeCall + TestGuest.endlessLoop).start()
      let second = try TestGuest(TestGuest.edgeCall + TestGuest.endlessLoop).start()
      second.interrupt()
      try expect(try first.runWatched() == .edgeCall, "the wrong machine was interrupted")
      try expect(try second.run() == .interrupted, "the right machine was not interrupted")
    },
  ]

}

private final class Handshake: Sendable {
  let seen = Atomic<UInt64>(0)
  let sentAt = Atomic<UInt64>(0)
  let isLost = Atomic<Bool>(false)
  let isOver = Atomic<Bool>(false)
}

/// Another thread interrupts, waits until the owner has seen it, and interrupts again. Nanoseconds that each took.
private func interruptRepeatedly(_ machine: any Machine, count: UInt64) throws -> [UInt64] {
  let counters = Handshake()
  var latencies: [UInt64] = []
  let thread = JoinedThread { [weak machine] in
    for round in 1...count {
      // Different moments of the guest's doing.
      let start = monotonicNanoseconds()
      while monotonicNanoseconds() < start + round % 50 * 1000 {}
      counters.sentAt.store(monotonicNanoseconds(), ordering: .sequentiallyConsistent)
      machine?.interrupt()
      let deadline = monotonicNanoseconds() + 10_000_000_000 * Scenario.slowness
      while counters.seen.load(ordering: .sequentiallyConsistent) < round {
        if counters.isOver.load(ordering: .sequentiallyConsistent) { return }
        if monotonicNanoseconds() > deadline {
          counters.isLost.store(true, ordering: .sequentiallyConsistent)
          machine?.interrupt()
          return
        }
      }
    }
  }
  defer {
    counters.isOver.store(true, ordering: .sequentiallyConsistent)
    thread.join()
  }
  while UInt64(latencies.count) < count {
    switch try machine.run() {
    case .edgeCall: continue
    case .killed(let reason): throw ScenarioFailure(description: reason)
    case .interrupted:
      try expect(!counters.isLost.load(ordering: .sequentiallyConsistent), "interruption \(latencies.count + 1) was lost")
      latencies.append(monotonicNanoseconds() - counters.sentAt.load(ordering: .sequentiallyConsistent))
      counters.seen.store(UInt64(latencies.count), ordering: .sequentiallyConsistent)
    }
  }
  return latencies
}

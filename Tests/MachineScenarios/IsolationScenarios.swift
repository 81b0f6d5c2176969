import EdgeCalls
import Glibc
import KVMMachine
import Machine
import ProcessMachine

extension Scenario {
  static let isolation: [Scenario] = [
    Scenario("isolation: two machines with the same addresses do not see each other") {
      let probers = try [Prober(), Prober()]
      let places = [linearMemory, MemoryMap.heap, MemoryMap.stackTop - 0x8000, MemoryMap.trapStack]
      for place in places {
        try expect(try probers[0].write(place), "cannot write \(hexadecimal(place))")
        try expect(try probers[1].read(place) == 0, "\(hexadecimal(place)) shows in the other machine")
      }
      try probers[0].grow(linearMemory, to: 0x100_0000)
      try expect(try probers[0].write(linearMemory + 0xFF_0000), "cannot write grown memory")
      try expect(try probers[1].read(linearMemory + 0xFF_0000) == nil, "growth shows in the other machine")
      for place in places {
        try expect(try probers[0].read(place) == Prober.written, "\(hexadecimal(place)) was lost")
      }
    },
    Scenario("isolation: 200 machines leave nothing", inItsOwnProcess: true) {
      for _ in 0..<3 { try useOneMachine() }
      let before = ProcessResources.now()
      for _ in 0..<repetitions(200) { try useOneMachine() }
      let leftovers = ProcessResources.leftovers(since: before)
      try expect(leftovers.isEmpty, leftovers.joined(separator: "; "))
    },
    Scenario("isolation: a program that ends the processes it kept has no children, dead or alive", inItsOwnProcess: true) {
      guard isProcess else { return }
      for _ in 0..<2 {
        // The third machine of an image takes a copy made ahead of time, and another one is made.
        for _ in 0..<3 { try useOneMachine() }
        do {
          let source = try Prober()
          let clone = Prober(try source.machine.makeTemplate().clone(), of: source)
          for _ in 0..<3 { try clone.reset() }
        }
        ProcessMachineKind().endKeptProcesses()
        var child = siginfo_t()
        let found = waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT)
        try expect(found == -1 && errno == ECHILD, "there are children: \(ProcessResources.now().children)")
      }
    },
    Scenario("isolation: machines that cannot be made leave nothing", inItsOwnProcess: true) {
      for _ in 0..<3 { try useOneMachine() }
      let before = ProcessResources.now()
      for _ in 0..<repetitions(100) {
        var guest = TestGuest(TestGuest.endlessLoop)
        guest.furtherRegions = [
          MachineRegion(
            address: 0x80_0000, size: 0x1000, rights: [.read], contents: .file(descriptor: -1, offset: 0, length: 16))
        ]
        do {
          _ = try guest.start()
          throw ScenarioFailure(description: "a machine was made of a file that is not open")
        } catch let error as MachineError {
          try expect(error.errorNumber == EBADF, "\(error)")
        }
      }
      let leftovers = ProcessResources.leftovers(since: before)
      try expect(leftovers.isEmpty, leftovers.joined(separator: "; "))
    },
    Scenario("clock: the guest's counter runs at the stated rate") {
      // mov $data,%ebp; 1: rdtsc; shl $32,%rdx; or %rdx,%rax; mov %rax,(%rbp); edge call; jmp 1b
      let machine = try TestGuest(machineCode("bd00006000 0f31 48c1e220 4809d0 48894500 b800001000ffd0 ebea")).start()
      guard machine.counterFrequency > 0 else { return }
      func sample() throws -> (counter: UInt64, time: UInt64) {
        try expect(try machine.runWatched() == .edgeCall, "no edge call")
        return (try machine.word(at: TestGuest.data), monotonicNanoseconds())
      }
      _ = try sample()
      let first = try sample()
      usleep(300_000)
      let second = try sample()
      try expect(second.counter > first.counter, "the counter went backwards")
      let seconds = Double(second.time - first.time) / 1e9
      let rate = Double(second.counter - first.counter) / seconds
      let ratio = rate / Double(machine.counterFrequency)
      try expect(ratio > 0.9 && ratio < 1.1, "stated \(machine.counterFrequency) Hz, found \(UInt64(rate))")
    },
  ]
}

private let linearMemory = MemoryMap.linearMemory

private func useOneMachine() throws {
  let prober = try Prober()
  try prober.grow(linearMemory, to: 0x60_0000)
  try expect(try prober.write(linearMemory + 0x5F_0000), "cannot write grown memory")
}

import EdgeCalls
import KVMMachine
import Machine
import Synchronization

private let linearMemory = MemoryMap.linearMemory

/// Every register that a guest has, changed in each round, and told in memory.
///
///     mov $data,%ebp
///     1: edge call; inc %r12; inc %rbx; movq %r12,%xmm5; mov %r12,(%rbp); mov %rbx,8(%rbp); wrfsbase %r12; rdgsbase %rcx; mov %rcx,16(%rbp)
///     wrgsbase %r12; mov %r12d,%ecx; and $0x3f,%ecx; or $0x340,%ecx; mov %ecx,24(%rbp); fldcw 24(%rbp); movq %xmm5,32(%rbp); jmp 1b
private func registerGuest() throws -> any CloneableMachine {
  let body = machineCode(
    "49ffc4 48ffc3 66490f6eec 4c896500 48895d08 f3490faed4 f3480faec9 48894d10 f3490faedc 4489e1 83e13f 81c940030000 894d18 d96d18"
      + " 660fd66d20")
  let loop = TestGuest.edgeCall + body
  let machine = try TestGuest(machineCode("bd00006000") + loop + [0xEB, UInt8(truncatingIfNeeded: -(loop.count + 2))]).start()
  try expect(try machine.runWatched() == .edgeCall, "no edge call")
  return machine
}

private func expectAsTemplate(_ machine: any CloneableMachine) throws {
  let differences = try machine.differencesFromTemplate()
  try expect(differences.isEmpty, "after a reset: \(differences)")
}

extension Scenario {
  static let templates: [Scenario] = [
    Scenario("template: clones see its memory and never each other's") {
      let source = try Prober()
      try expect(try source.write(linearMemory + 0x3000), "cannot write")
      let template = try source.machine.makeTemplate()
      try expect(try source.write(linearMemory + 0x5000), "the source does not go on")
      let probers = try (0..<3).map { _ in Prober(try template.clone(), of: source) }
      for (index, prober) in probers.enumerated() {
        try expect(try prober.read(linearMemory + 0x3000) == Prober.written, "clone \(index) lacks the template's byte")
        try expect(try prober.read(linearMemory + 0x5000) == 0, "clone \(index) sees what the source wrote later")
        for other in UInt64(0)..<3 {
          try expect(try prober.read(linearMemory + 0x8000 + other * 0x1000) == 0, "clone \(index) sees clone \(other)")
        }
        try expect(try prober.write(linearMemory + 0x8000 + UInt64(index) * 0x1000), "cannot write")
        try expect(try prober.write(MemoryMap.heap + UInt64(index) * 0x1000), "cannot write the heap")
      }
      for (index, prober) in probers.enumerated() {
        for other in UInt64(0)..<3 {
          let expected = other == UInt64(index) ? Prober.written : 0
          try expect(try prober.read(linearMemory + 0x8000 + other * 0x1000) == expected, "clone \(index), byte of \(other)")
          try expect(try prober.read(MemoryMap.heap + other * 0x1000) == expected, "clone \(index), heap of \(other)")
        }
      }
      let late = Prober(try template.clone(), of: source)
      try expect(try late.read(linearMemory + 0x8000) == 0, "a late clone sees another's byte")
    },
    Scenario("template: reset brings memory, registers and floating-point state back") {
      let source = try registerGuest()
      for _ in 0..<7 { try expect(try source.runWatched() == .edgeCall, "no edge call") }
      let template = try source.makeTemplate()
      let machine = try template.clone()
      try expectAsTemplate(machine)
      for round in 1...repetitions(200) {
        for _ in 0..<round % 5 + 1 { try expect(try machine.runWatched() == .edgeCall, "no edge call") }
        try expect(try machine.word(at: TestGuest.data) == 8 + round % 5, "round \(round): r12 is \(try machine.word(at: TestGuest.data))")
        try expect(try machine.word(at: TestGuest.data + 8) == 8 + round % 5, "rbx")
        try expect(try machine.word(at: TestGuest.data + 32) == 8 + round % 5, "xmm5")
        try expect(try machine.word(at: TestGuest.data + 16) == 7 + round % 5, "the base of gs")
        try expect(try !machine.differencesFromTemplate().isEmpty, "running changed nothing")
        try machine.reset()
        try expectAsTemplate(machine)
      }
      try expect(machine.statistics.resets == repetitions(200), "\(machine.statistics)")
    },
    Scenario("template: no vector or control register reaches the next clone") {
      // mov $data,%ebp
      // 1: edge call; vmovdqu %ymm5,(%rbp); fnstcw 32(%rbp); stmxcsr 40(%rbp)
      //    pcmpeqd %xmm5,%xmm5; vinsertf128 $1,%xmm5,%ymm5,%ymm5; movl $0x340,48(%rbp); fldcw 48(%rbp); movl $0x9f80,48(%rbp); ldmxcsr 48(%rbp); jmp 1b
      let body = machineCode(
        "c5fe7f6d00 d97d20 0fae5d28 660f76ed c4e35518ed01 c7453040030000 d96d30 c74530809f0000 0fae5530")
      let loop = TestGuest.edgeCall + body
      let source = try TestGuest(machineCode("bd00006000") + loop + [0xEB, UInt8(truncatingIfNeeded: -(loop.count + 2))]).start()
      try expect(try source.runWatched() == .edgeCall, "no edge call")
      let machine = try source.makeTemplate().clone()
      for round in 1...repetitions(100) {
        for _ in 0..<round % 3 + 1 {
          try expect(try machine.runWatched() == .edgeCall, "no edge call")
          for word in UInt64(0)..<4 { try expect(try machine.word(at: TestGuest.data + 8 * word) == 0, "round \(round): ymm5") }
          try expect(try machine.word(at: TestGuest.data + 32) & 0xFFFF == 0x37F, "round \(round): the x87 control word")
          try expect(try machine.word(at: TestGuest.data + 40) & 0xFFFF == 0x1F80, "round \(round): MXCSR")
          // A call keeps them on this machine: what the second one tells is the guest's own.
          if isProcess { break }
        }
        try machine.reset()
        try expectAsTemplate(machine)
      }
    },
    Scenario("template: what grew is gone after a reset, whatever the processor remembers") {
      for (start, sizes) in [
        (UInt64(0x1_0000), [UInt64(0x2_0000), 0x3_0000]), (0x1_0000, [0x20_0000]), (0x20_0000, [0x60_0000]),
        (0x1_0000, [0x40_0000, 0x90_0000, 0x4100_0000]), (0, [0x1_0000]),
      ] {
        let source = try Prober(memorySize: start)
        let template = try source.machine.makeTemplate()
        let prober = Prober(try template.clone(), of: source)
        for round in 0..<repetitions(40) {
          for size in sizes {
            try prober.grow(linearMemory, to: size)
            for address in [linearMemory + start, linearMemory + size / 2 + start / 2, linearMemory + size - 0x1000] {
              let found = try prober.read(address)
              try expect(found == 0 || found == Prober.written && size != sizes[0], "round \(round): \(hexadecimal(address)) reads \(String(describing: found))")
              try expect(try prober.write(address), "cannot write grown memory")
            }
          }
          try prober.reset()
          for size in sizes {
            for address in [linearMemory + start, linearMemory + size / 2 + start / 2, linearMemory + size - 0x1000] {
              try expect(try prober.read(address) == nil, "round \(round), start \(start): \(hexadecimal(address)) can be read after the reset")
            }
          }
          try prober.reset()
          try expectAsTemplate(prober.machine)
        }
      }
    },
    Scenario("template: a memory that had grown before the template") {
      let source = try Prober()
      try source.grow(linearMemory, to: 0x70_0000)
      try expect(try source.write(linearMemory + 0x6F_F000), "cannot write")
      let prober = Prober(try source.machine.makeTemplate().clone(), of: source)
      try expect(try prober.read(linearMemory + 0x6F_F000) == Prober.written, "the template's byte is lost")
      try expect(try prober.read(linearMemory + 0x70_0000) == nil, "the clone is larger than its template")
      try prober.grow(linearMemory, to: 0x80_0000)
      try expect(try prober.write(linearMemory + 0x7F_F000), "cannot write")
      try prober.reset()
      try expectAsTemplate(prober.machine)
      try expect(try prober.read(linearMemory + 0x7F_F000) == nil, "grown memory is still there")
    },
    Scenario("template: several megabytes written are gone after a reset") {
      let source = try Prober(memorySize: 0x80_0000)
      let prober = Prober(try source.machine.makeTemplate().clone(), of: source)
      for round in 0..<3 {
        for offset in stride(from: UInt64(0), to: 0x80_0000, by: 0x4000) {
          try expect(try prober.read(linearMemory + offset) == 0, "round \(round): \(offset) was not reset")
          try expect(try prober.write(linearMemory + offset), "cannot write")
        }
        try prober.reset()
        try expectAsTemplate(prober.machine)
      }
    },
    Scenario("template: reset after an interruption") {
      let guest = try TestGuest(TestGuest.edgeCall + machineCode("bb07000000") + TestGuest.endlessLoop).start()
      try expect(try guest.runWatched() == .edgeCall, "no edge call")
      let machine = try guest.makeTemplate().clone()
      for _ in 0..<repetitions(50) {
        let interrupter = JoinedThread { machine.interrupt() }
        let exit = try machine.run()
        interrupter.join()
        try expect(exit == .interrupted, "\(exit)")
        try machine.reset()
        try expectAsTemplate(machine)
      }
    },
    Scenario("template: what cannot be kept or brought back is refused") {
      let fresh = try TestGuest(TestGuest.edgeCall + TestGuest.endlessLoop).start()
      try expectRefusal { _ = try fresh.makeTemplate() }
      try expect(try fresh.runWatched() == .edgeCall, "no edge call")
      try expectRefusal { try fresh.reset() }
      // Of a process nothing is brought back: another takes its place.
      if isProcess { return }
      // mov $doorbell+4,%rax; mov %eax,(%rax): what the machine has to end.
      let dying = try TestGuest(TestGuest.edgeCall + machineCode("48b80400008003000000 8900") + TestGuest.endlessLoop).start()
      try expect(try dying.runWatched() == .edgeCall, "no edge call")
      let machine = try dying.makeTemplate().clone()
      guard case .killed = try machine.runWatched() else { throw ScenarioFailure(description: "was not killed") }
      try expectRefusal { try machine.reset() }
    },
    Scenario("template: a machine made ahead has nothing of the template whose memory's shape it has") {
      if isProcess { return }
      func guest(_ filling: UInt8, _ further: UInt64 = 0) -> MachineConfiguration {
        var guest = TestGuest(TestGuest.edgeCall + TestGuest.edgeCall + TestGuest.endlessLoop)
        let contents = MachineRegion(
          address: TestGuest.unmapped, size: 0x1_0000 + further, rights: [.read, .write], contents: .bytes([UInt8](repeating: filling, count: 0x1_0000)))
        guest.furtherRegions = [contents]
        return guest.configuration
      }
      // Full, empty and of another shape: what one leaves, another would show.
      let configurations = [guest(0xAA), guest(0), guest(0x55, 0x40_0000)]
      for before in configurations.indices {
        for after in configurations.indices {
          let kind = KVMMachineKind()
          let templates = try configurations.map { configuration in
            let source = try kind.makeMachine(configuration)
            try expect(try source.runWatched() == .edgeCall, "no edge call")
            return try source.makeTemplate()
          }
          let first = try templates[before].clone()
          try expect(try first.runWatched() == .edgeCall, "no edge call")
          try kind.prepare(2)
          for _ in 0..<3 {
            let machine = try templates[after].clone()
            try expectAsTemplate(machine)
            try expect(try machine.runWatched() == .edgeCall, "no edge call of \(after) behind \(before)")
            try machine.reset()
            try expectAsTemplate(machine)
          }
          try expect(kind.preparedCount == 0, "machines made ahead of time were left")
        }
      }
    },
    Scenario("template: an image that starts on a machine made ahead finds no vector or control register of the template that it was made like") {
      if isProcess { return }
      // mov $data,%ebp; edge call; fills ymm5, the x87 control word and MXCSR; edge call: the template stands there, with a page that does not load the initial state.
      let filling = machineCode("660f76ed c4e35518ed01 c7453040030000 d96d30 c74530809f0000 0fae5530")
      var full = TestGuest(machineCode("bd00006000") + filling + TestGuest.edgeCall + TestGuest.endlessLoop).configuration
      let load = machineCode("0fae2d66000000")
      guard let place = full.machinePage.indices.first(where: { full.machinePage[$0...].starts(with: load) }) else {
        throw ScenarioFailure(description: "the machine page loads no initial state")
      }
      full.machinePage.replaceSubrange(place..<place + load.count, with: [UInt8](repeating: 0x90, count: load.count))
      // vmovdqu %ymm5,(%rbp); fnstcw 32(%rbp); stmxcsr 40(%rbp), first of all.
      let telling = TestGuest(machineCode("bd00006000 c5fe7f6d00 d97d20 0fae5d28") + TestGuest.edgeCall + TestGuest.endlessLoop).configuration
      let kind = KVMMachineKind()
      let source = try kind.makeMachine(full)
      try expect(try source.runWatched() == .edgeCall, "no edge call")
      let first = try source.makeTemplate().clone()
      try kind.prepare(1)
      let machine = try kind.makeMachine(telling)
      try expect(kind.preparedCount == 0, "the machine made ahead was left")
      try expect(try machine.runWatched() == .edgeCall, "no edge call")
      for word in UInt64(0)..<4 { try expect(try machine.word(at: TestGuest.data + 8 * word) == 0, "ymm5 is \(hexadecimal(try machine.word(at: TestGuest.data + 8 * word)))") }
      try expect(try machine.word(at: TestGuest.data + 32) & 0xFFFF == 0x37F, "the x87 control word")
      try expect(try machine.word(at: TestGuest.data + 40) & 0xFFFF == 0x1F80, "MXCSR")
      try expect(first is KVMMachine, "no clone")
    },
    Scenario("template: clones from several threads at once, on machines made ahead of time") {
      if isProcess { return }
      let kind = KVMMachineKind()
      let source = try kind.makeMachine(TestGuest(TestGuest.edgeCall + TestGuest.edgeCall + TestGuest.endlessLoop).configuration)
      try expect(try source.runWatched() == .edgeCall, "no edge call")
      let template = try source.makeTemplate()
      try kind.prepare(6)
      try expect(kind.preparedCount == 6, "\(kind.preparedCount) machines are ready")
      let rounds = Atomic<UInt64>(0)
      let threads = (0..<4).map { _ in
        JoinedThread {
          for _ in 0..<repetitions(40) {
            guard let machine = try? template.clone(), (try? machine.runWatched()) == .edgeCall else { return }
            guard (try? machine.reset()) != nil, (try? machine.differencesFromTemplate())?.isEmpty == true else { return }
            rounds.add(1, ordering: .relaxed)
          }
        }
      }
      for thread in threads { thread.join() }
      let done = rounds.load(ordering: .relaxed)
      try expect(done == 4 * repetitions(40), "only \(done) clones were run and reset")
      try expect(kind.preparedCount == 0, "machines made ahead of time were left")
    },
  ]

  private static func expectRefusal(_ body: () throws -> Void) throws {
    do { try body() } catch is MachineError { return }
    throw ScenarioFailure(description: "was not refused")
  }
}

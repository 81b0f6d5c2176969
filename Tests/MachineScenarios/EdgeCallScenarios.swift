import EdgeCalls
import Glibc
import KVMMachine
import Machine

extension Scenario {
  static let edgeCalls: [Scenario] = [
    Scenario("edge call: request and response") {
      // mov $edgeWindow,%ebx; movl $17,(%rbx); movl $0x6c6c6548,4096(%rbx); edge call; mov 4100(%rbx),%ecx; mov %ecx,4104(%rbx); edge call
      let machine = try TestGuest(
        machineCode("bb00002000 c70311000000 c7830010000048656c6c") + TestGuest.edgeCall + machineCode("8b8b04100000 898b08100000")
          + TestGuest.edgeCall + TestGuest.endlessLoop
      ).start()
      try expect(try machine.runWatched() == .edgeCall, "no edge call")
      let payload = MemoryMap.edgeWindow + EdgeWindow.payloadOffset
      try expect(try machine.word(at: MemoryMap.edgeWindow) & 0xFFFF_FFFF == 17, "the call's number is lost")
      try expect(try machine.word(at: payload) == 0x6C6C_6548, "the payload is lost")
      try machine.setWord(0x1234_5678, at: payload + 4)
      try expect(try machine.runWatched() == .edgeCall, "no second edge call")
      try expect(try machine.word(at: payload + 8) == 0x1234_5678, "the response did not arrive")
      try expect(machine.statistics.edgeCalls == 2, "\(machine.statistics)")
    },
    Scenario("edge call: thousands keep every general register") {
      // mov $0x600000,%ebp; mov $7,%r12d; movq %r12,%xmm5; mov %rsp,%r15
      // 1: edge call; inc %r12; inc %rbx; movq %xmm5,8(%rbp); mov %r12,(%rbp); mov %rsp,%rcx; sub %r15,%rcx; mov %rcx,16(%rbp)
      //    mov %rbx,24(%rbp); jmp 1b
      let loop = TestGuest.edgeCall + machineCode("49ffc4 48ffc3 660fd66d08 4c896500 4889e1 4c29f9 48894d10 48895d18")
      let machine = try TestGuest(
        machineCode("bd00006000 41bc07000000 66490f6eec 4989e7") + loop + [0xEB, UInt8(truncatingIfNeeded: -(loop.count + 2))]
      ).start()
      let count = repetitions(20_000)
      for _ in 0...count { try expect(try machine.runWatched() == .edgeCall, "no edge call") }
      try expect(try machine.word(at: TestGuest.data) == 7 + count, "r12 changed")
      try expect(try machine.word(at: TestGuest.data + 8) == (Scenario.isProcess ? 7 : 0), "xmm5 is neither kept nor cleared")
      try expect(try machine.word(at: TestGuest.data + 16) == 0, "rsp changed")
      try expect(try machine.word(at: TestGuest.data + 24) == count, "rbx changed")
    },
    Scenario("doorbell: rings without stopping the guest") {
      // mov $0x600000,%ebp; 1: incq (%rbp); mov $machinePage+edgeDoorbell,%eax; call *%rax; cmpq $100,(%rbp); jne 1b; edge call
      let machine = try TestGuest(
        machineCode("bd00006000 48ff4500 b820001000 ffd0 48837d0064 75ee") + TestGuest.edgeCall + TestGuest.endlessLoop
      ).start()
      guard let doorbell = try machine.openDoorbell() else {
        try expect(Scenario.isProcess, "machine \(Scenario.kind.name) has no doorbell")
        return
      }
      try expect(try machine.openDoorbell()?.descriptor == doorbell.descriptor, "a second doorbell was made")
      try expect(try machine.runWatched() == .edgeCall, "no edge call")
      try expect(machine.statistics.exits == 1, "\(machine.statistics)")
      var rings: UInt64 = 0
      try expect(read(doorbell.descriptor, &rings, 8) == 8 && rings == 100, "\(rings) rings were heard")
      try machine.setWord(0x1234, at: MemoryMap.edgeWindow + 64)
      try expect(doorbell.window.load(fromByteOffset: 64, as: UInt64.self) == 0x1234, "the window is another")
    },
    Scenario("doorbell: ringing one that was not opened ends the guest") {
      if Scenario.isProcess { return }
      let machine = try TestGuest(machineCode("b820001000 ffd0") + TestGuest.endlessLoop).start()
      guard case .killed = try machine.runWatched() else { throw ScenarioFailure(description: "was not killed") }
    },
    Scenario("doorbell: stays with a machine over resets") {
      let source = try TestGuest(TestGuest.edgeCall + machineCode("b820001000 ffd0") + TestGuest.edgeCall + TestGuest.endlessLoop).start()
      try expect(try source.runWatched() == .edgeCall, "no edge call")
      let machine = try source.makeTemplate().clone()
      guard let doorbell = try machine.openDoorbell() else { return try expect(Scenario.isProcess, "no doorbell") }
      for _ in 0..<3 {
        try expect(try machine.runWatched() == .edgeCall, "no edge call")
        var rings: UInt64 = 0
        try expect(read(doorbell.descriptor, &rings, 8) == 8 && rings == 1, "\(rings) rings were heard")
        try machine.reset()
      }
    },
    Scenario("edge call: the first instruction finds clean registers") {
      // mov $0x600000,%ebx; pushf; pop (%rbx); stmxcsr 8(%rbx); fnstcw 16(%rbx); mov %rsp,24(%rbx); xor %ecx,%ecx; xgetbv
      // mov %eax,32(%rbx); rdfsbase %rax; mov %rax,40(%rbx); movq %xmm0,48(%rbx); mov %r11,56(%rbx); edge call
      let machine = try TestGuest(
        machineCode("bb00006000 9c 8f03 0fae5b08 d97b10 48896318 31c9 0f01d0 894320 f3480faec0 48894328 660fd64330 4c895b38")
          + TestGuest.edgeCall
      ).start()
      try expect(try machine.runWatched() == .edgeCall, "no edge call")
      try expect(try machine.reportedTrap() == nil, "trap \(String(describing: try machine.reportedTrap()))")
      let words = try (0..<8).map { try machine.word(at: TestGuest.data + $0 * 8) }
      // A hypervisor may show the resume flag or, where ring 3 cannot have interrupts off, the interrupt flag.
      try expect(words[0] & ~0x1_0200 == 2, "flags \(hexadecimal(words[0]))")
      try expect(words[1] == 0x1F80, "mxcsr \(hexadecimal(words[1]))")
      try expect(words[2] == 0x37F || words[2] == 0x40, "x87 control word \(hexadecimal(words[2]))")
      try expect(words[3] == MemoryMap.stackTop, "rsp \(hexadecimal(words[3]))")
      try expect(words[4] & 3 == 3, "xcr0 \(hexadecimal(words[4]))")
      try expect(words[5] == 0 && words[6] == 0 && words[7] == 0, "fs \(words[5]), xmm0 \(words[6]), r11 \(words[7])")
    },
  ]
}

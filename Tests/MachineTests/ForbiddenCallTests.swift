import EdgeCalls
import Machine
import MachineScenarios
import ProcessMachine
import Testing

extension ProcessMachineSuites {
  /// What a guest of machine `process` may ask of the kernel: four system calls, with few arguments. Everything else is its end.
  @Suite("system calls")
  struct ForbiddenCallTests {
    /// A system call with its arguments, by the instruction in the guest's own code.
    struct Call: Sendable, CustomTestStringConvertible {
      var name: String
      var number: UInt64
      var arguments: [UInt64] = []

      var testDescription: String { name }

      /// `mov` of each argument and the number; syscall; mov $data,%ebp; mov %rax,(%rbp)
      var instructions: [UInt8] {
        let opcodes = ["48bf", "48be", "48ba", "49ba", "49b8", "49b9"]
        var code: [UInt8] = []
        func load(_ opcode: String, _ value: UInt64) {
          code += machineCode(opcode) + withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
        for (opcode, argument) in zip(opcodes, arguments + Array(repeating: 0, count: 6)) { load(opcode, argument) }
        load("48b8", number)
        return code + machineCode("0f05 bd00006000 48894500")
      }
    }

    private static let allowed: Set<UInt64> = [10, 11, 15, 202]
    private static let anonymous: UInt64 = 0x22

    /// Every number that any kernel knows and some that none does, and the same by the x32 entry.
    private static let byNumber: [UInt64] =
      (0..<620).filter { !allowed.contains($0) } + (0..<620).map { 0x4000_0000 | $0 } + [0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]

    private static let turn = MemoryMap.edgeWindow + ProcessControl.turnOffset

    /// The permitted numbers with arguments that are not.
    static let byArgument: [Call] = [
      Call(name: "wake another word", number: 202, arguments: [turn + 4, 1, 1]),
      Call(name: "wait for a word of the stack", number: 202, arguments: [MemoryMap.stackTop - 8, 0, 0]),
      Call(name: "a futex beyond 32 bits", number: 202, arguments: [turn | 1 << 32, 1, 1]),
      Call(name: "requeue waiters", number: 202, arguments: [turn, 3, 1, 1, MemoryMap.stackTop - 8]),
      Call(name: "wake by operation", number: 202, arguments: [turn, 5, 1, 1, MemoryMap.stackTop - 8]),
      Call(name: "wait by bits", number: 202, arguments: [turn, 9, 1]),
      Call(name: "lock with inheritance", number: 202, arguments: [turn, 6]),
      Call(name: "unmap the machine page", number: 11, arguments: [MemoryMap.machinePage, 0x1000]),
      Call(name: "unmap the loader's area and the page before it", number: 11, arguments: [0x6FFF_FFFF_F000, 0x1000_0000_0000]),
      Call(name: "unmap a part of the loader's area", number: 11, arguments: [0x7000_0000_0000, 0x1000]),
      Call(name: "make linear memory executable", number: 10, arguments: [MemoryMap.linearMemory, 0x1000, 7]),
      Call(name: "make linear memory executable and not writable", number: 10, arguments: [MemoryMap.linearMemory, 0x1000, 5]),
      Call(name: "make the code writable", number: 10, arguments: [MemoryMap.image, 0x1000, 3]),
      Call(name: "make the machine page writable", number: 10, arguments: [MemoryMap.machinePage, 0x1000, 3]),
      Call(name: "make the page before linear memory writable", number: 10, arguments: [MemoryMap.linearMemory - 0x1000, 0x2000, 3]),
      Call(name: "make the manifest writable", number: 10, arguments: [MemoryMap.guestManifest, 0x1000, 3]),
      Call(name: "make the image's files writable", number: 10, arguments: [MemoryMap.fileTree + 0x1000, 0x1000, 3]),
      Call(name: "make the loader's area writable", number: 10, arguments: [0x7000_0000_0000, 0x1000, 3]),
      Call(name: "make a page of the kernel's half writable", number: 10, arguments: [0xFFFF_8000_0000_0000, 0x1000, 3]),
      Call(name: "rights beyond 32 bits", number: 10, arguments: [MemoryMap.linearMemory, 0x1000, 1 << 32 | 3]),
      Call(name: "rights that grow down", number: 10, arguments: [MemoryMap.linearMemory, 0x1000, 0x0100_0003]),
    ]

    private func exit(_ instructions: [UInt8]) throws -> (MachineExit, any Machine) {
      try Scenario.$kind.withValue(ProcessMachineKind()) {
        let machine = try TestGuest(instructions + TestGuest.edgeCall + TestGuest.endlessLoop).start()
        return (try machine.runWatched(), machine)
      }
    }

    private func expectEnd(_ exit: MachineExit, _ name: String) {
      guard case .killed(let reason) = exit else {
        Issue.record("\(name): \(exit)")
        return
      }
      #expect(reason == "the machine stopped the guest: it made a system call, which none may", "\(name)")
    }

    @Test func everyOtherNumberIsTheEnd() throws {
      for number in Self.byNumber {
        let (exit, machine) = try exit(Call(name: "", number: number).instructions)
        // uretprobe and uprobe, which the kernel's own trampolines make: since Linux 6.13 no filter sees them. Of others they do nothing.
        if number == 335 || number == 336, exit == .edgeCall {
          let result = Int64(bitPattern: try machine.word(at: TestGuest.data))
          let trap = try machine.reportedTrap()
          #expect(trap != nil || result < 0, "system call \(number)")
          continue
        }
        expectEnd(exit, "system call \(number)")
      }
    }

    @Test(arguments: byArgument)
    func everyOtherArgumentIsTheEnd(_ call: Call) throws { expectEnd(try exit(call.instructions).0, call.name) }

    /// By `int 0x80` the numbers are those of another architecture; 11 is execve there, 125 mprotect.
    @Test func theEntryForOtherProgramsIsTheEnd() throws {
      for number in UInt64(0)..<450 {
        let instructions = machineCode("b8") + withUnsafeBytes(of: UInt32(number).littleEndian) { Array($0) } + machineCode("cd80")
        expectEnd(try exit(instructions).0, "int 0x80 with \(number)")
      }
    }

    /// The instruction in the machine page serves whoever jumps there: what counts is what he asks for.
    @Test func theMachinePagesOwnInstructionAllowsNoMore() throws {
      let page = processMachinePage
      let places = page.indices.dropLast().filter { page[$0] == 0x0F && page[$0 + 1] == 0x05 }
      #expect(places.count >= 5)
      for place in places {
        // mov $39,%eax; mov $place,%ecx; jmp *%rcx
        let target = UInt32(MemoryMap.machinePage) + UInt32(place)
        let code = machineCode("b827000000 b9") + withUnsafeBytes(of: target.littleEndian) { Array($0) } + machineCode("ffe1")
        expectEnd(try exit(code).0, "getpid from machine page + \(place)")
      }
    }

    /// It is entered while the loader's page is there, whose system calls are allowed: only Coffer's own takes that away.
    @Test func noOtherMachinePageIsEntered() throws {
      var configuration = TestGuest(machineCode("ffe1")).configuration
      configuration.machinePage = processMachinePage
      _ = try ProcessMachineKind().make(configuration)
      configuration.machinePage[processMachinePage.count - 1] ^= 1
      let error = #expect(throws: MachineError.self) { _ = try ProcessMachineKind().make(configuration) }
      #expect(error?.code == .invalidConfiguration)
    }

    /// Vsyscalls are pages of the kernel's half that some hosts have: entering one is a system call or a fault.
    @Test func vsyscallsAreTheEnd() throws {
      for place in [0xFFFF_FFFF_FF60_0000, 0xFFFF_FFFF_FF60_0400, 0xFFFF_FFFF_FF60_0800] as [UInt64] {
        // mov $place,%rax; mov $data,%edi; xor %esi,%esi; call *%rax
        let code = machineCode("48b8") + withUnsafeBytes(of: place.littleEndian) { Array($0) } + machineCode("bf00006000 31f6 ffd0")
        let (exit, machine) = try exit(code)
        if exit == .edgeCall {
          #expect(try machine.reportedTrap()?.vector == 14)
        } else {
          expectEnd(exit, "vsyscall")
        }
      }
    }

    /// The way back from a signal sets all registers, also the code selector: in 32-bit code system calls are another architecture's.
    @Test func thirtyTwoBitCodeGetsNoFurther() throws {
      // mov $data+0x100,%esp; push $0x23; push $place; lretq; then in 32-bit code: mov $20,%eax; int $0x80
      let head = machineCode("bc00016000 6a23 68")
      let place = UInt32(TestGuest.code) + UInt32(head.count) + 4 + 2
      let code = head + withUnsafeBytes(of: place.littleEndian) { Array($0) } + machineCode("48cb b814000000 cd80")
      expectEnd(try exit(code).0, "int 0x80 in 32-bit code")
      // The same with sysenter.
      let other = head + withUnsafeBytes(of: place.littleEndian) { Array($0) } + machineCode("48cb b814000000 89e5 0f34")
      let (end, machine) = try exit(other)
      if end == .edgeCall {
        #expect([6, 13, 14].contains(try machine.reportedTrap()?.vector))
      } else {
        expectEnd(end, "sysenter in 32-bit code")
      }
    }

    /// Memory that was reserved but not allowed stays out of reach, whatever the guest asks for.
    @Test func onlyAllowedMemoryBecomesWritable() throws {
      let start = TestGuest([]).memorySize
      for size in [UInt64(0x1000_0000), 0xFFFE_0000, 0xFFFF_0000, 0x1_0000_0000_0000] {
        let call = Call(name: "", number: 10, arguments: [MemoryMap.linearMemory + start, size, 3])
        let (exit, machine) = try exit(call.instructions)
        #expect(exit == .edgeCall, "\(size) bytes")
        #expect(Int64(bitPattern: try machine.word(at: TestGuest.data)) < 0, "\(size) bytes were allowed")
        #expect(throws: (any Error).self) { try machine.word(at: MemoryMap.linearMemory + start) }
      }
      // Unmapped in parts, nothing of the loader's area comes back.
      let call = Call(name: "", number: 11, arguments: [0x7000_0000_0000, 0x0FFF_FFFF_F000])
      let (exit, machine) = try exit(call.instructions)
      #expect(exit == .edgeCall)
      #expect(try machine.word(at: TestGuest.data) == 0)
    }
  }
}

import CLinux
import EdgeCalls
import Machine
import Monitor
import Testing

@Suite struct TrustletTests {
  private static let layout = TrustletLayout(
    linearMemories: [
      .init(address: MemoryMap.linearMemory, size: 65536, sizeLimit: 10 * 65536),
      .init(address: MemoryMap.furtherMemories, size: 0, sizeLimit: 4 * 65536),
    ], stack: MemoryMap.stackTop - 0x10_0000..<MemoryMap.stackTop)

  private func trustlet(
    _ machine: ScriptedMachine, input: Int32? = nil, output: Int32? = nil, limits: TrustletLimits = TrustletLimits()
  ) throws -> Trustlet {
    let service = try EdgeService(
      EdgeServiceConfiguration(streams: .init(input: input, output: output, errors: nil), arguments: ["program"]))
    return try Trustlet(machine: machine, service: service, layout: Self.layout, limits: limits)
  }

  @Test func runsAProgramToItsExit() throws {
    let output = Pipe()
    let machine = ScriptedMachine { command in
      command[0] == UInt8(Command.Kind.instantiate.rawValue)
        ? [] : [.call(.writeStream, [1], Array("hello".utf8)), .call(.exit, [3])]
    }
    let trustlet = try trustlet(machine, output: output.writing)
    var commands: [TrustletCommand] = [.instantiate(instance: 0), .call(entryPoint: 1, arguments: [])]
    let outcome = trustlet.run { _ in commands.isEmpty ? nil : commands.removeFirst() }
    #expect(outcome == .exited(status: 3))
    #expect(output.read() == "hello")
    #expect(machine.commands.count == 2)
    #expect(trustlet.perform(.end) == .exited(status: 3), "it stays so")
    let statistics = trustlet.statistics
    #expect(statistics.edgeCalls[.writeStream] == 1 && statistics.edgeCalls.total == 3)
    #expect(statistics.machine.exits == 3 && statistics.wallTime > 0 && statistics.linearMemory == 65536)
  }

  @Test func carriesOutCommandsAndGivesTheirResults() throws {
    let machine = ScriptedMachine { command in
      [.call(.nextCommand, [0, 1], Array(command[16..<32]))]
    }
    let trustlet = try trustlet(machine)
    for value in [5, .max, 0] as [UInt64] {
      let slot = CommandSlot(low: value, high: 9)
      #expect(trustlet.perform(.call(entryPoint: 2, arguments: [slot])) == .finished([slot]))
    }
    #expect(machine.commands[2] == TrustletCommand.call(entryPoint: 2, arguments: [CommandSlot(low: 0, high: 9)]).encoded())
    #expect(trustlet.perform(.end) == .exited(status: 0))
  }

  @Test func goesOnAfterTraps() throws {
    let machine = ScriptedMachine { command in
      command[4] == 1 ? [.call(.trap, [UInt64(TrapKind.unreachable.rawValue), 0x40_1000])] : []
    }
    let trustlet = try trustlet(machine)
    for round in 0..<3 {
      guard case .trapped(let trap) = trustlet.perform(.call(entryPoint: 1, arguments: [])) else {
        Issue.record("no trap")
        return
      }
      #expect(trap.kind == .unreachable && trap.description == "unreachable at instruction 0x401000")
      if round == 1 { #expect(trustlet.perform(.call(entryPoint: 0, arguments: [])) == .finished([])) }
    }
    #expect(trustlet.statistics.traps == 3)
  }

  static let faults: [(vector: UInt64, code: UInt64, address: UInt64?, kind: TrapKind)] = [
    (0, 0, nil, .integerDivideByZero),
    (14, 4, MemoryMap.linearMemory, .outOfBoundsMemoryAccess),
    (14, 6, MemoryMap.linearMemory + 0x1_FFFF_FFFF, .outOfBoundsMemoryAccess),
    (14, 6, MemoryMap.linearMemory + MemoryMap.linearMemoryReach - 1, .outOfBoundsMemoryAccess),
    (14, 6, MemoryMap.linearMemory + MemoryMap.linearMemoryReach, .hardwareFault),
    (14, 4, MemoryMap.furtherMemories + 65536, .outOfBoundsMemoryAccess),
    (14, 4, MemoryMap.furtherMemories + MemoryMap.furtherMemoryStride, .hardwareFault),
    (14, 6, MemoryMap.stackTop - 0x10_0000 - 8, .callStackExhausted),
    (14, 6, MemoryMap.imageLimit, .callStackExhausted),
    (14, 6, MemoryMap.imageLimit - 1, .hardwareFault),
    (14, 6, 0, .hardwareFault),
    (14, 0x14, MemoryMap.linearMemory, .hardwareFault),
    (14, 6, nil, .hardwareFault),
    (13, 0, nil, .hardwareFault),
    (6, 0, MemoryMap.linearMemory, .hardwareFault),
    (.max, .max, MemoryMap.linearMemory, .hardwareFault),
  ]

  @Test(arguments: faults) func tellsWhatAFaultMeans(
    _ fault: (vector: UInt64, code: UInt64, address: UInt64?, kind: TrapKind)
  ) throws {
    let machine = ScriptedMachine { _ in
      [.call(.trap, [UInt64(TrapKind.hardwareFault.rawValue), 0x40_0000, fault.vector, fault.code, MemoryMap.stackTop])]
    }
    machine.faultAddress = fault.address
    guard case .trapped(let trap) = try trustlet(machine).perform(.instantiate(instance: 0)) else {
      Issue.record("no trap")
      return
    }
    #expect(trap.kind == fault.kind)
    #expect(trap.faultAddress == (fault.vector == 14 ? fault.address : nil))
  }

  @Test func growsMemoriesWithinTheirLimits() throws {
    let page: UInt64 = 65536
    let machine = ScriptedMachine { _ in
      [
        .call(.growMemory, [0, 2 * page]), .call(.growMemory, [1, page]),
        .call(.growMemory, [0, 2 * page]), .call(.growMemory, [0, page]), .call(.growMemory, [0, 0]),
        .call(.growMemory, [0, 2 * page + 1]), .call(.growMemory, [2, page]), .call(.growMemory, [.max, page]),
        .call(.growMemory, [0, 11 * page]), .call(.growMemory, [1, 5 * page]), .call(.growMemory, [0, .max - 4095]),
        .call(.growMemory, [0, 4 * page]), .call(.growMemory, [1, 2 * page]), .call(.growMemory, [1, 3 * page]),
      ]
    }
    let trustlet = try trustlet(machine, limits: TrustletLimits(memory: 6 * page))
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    let (invalid, none) = (EdgeError.invalid, EdgeError.outOfMemory)
    #expect(
      machine.answers.map(\.error) == [0, 0, invalid, invalid, invalid, invalid, invalid, invalid, none, none, none, 0, 0, none])
    #expect(machine.grown.map(\.address) == [MemoryMap.linearMemory, MemoryMap.furtherMemories, MemoryMap.linearMemory, MemoryMap.furtherMemories])
    #expect(machine.grown.map(\.size) == [2 * page, page, 4 * page, 2 * page])
    #expect(trustlet.statistics.linearMemory == 6 * page)
  }

  @Test func aMachineWithoutMemoryIsNoMemoryForTheGuest() throws {
    let machine = ScriptedMachine { _ in [.call(.growMemory, [0, 131072]), .call(.growMemory, [0, 131072])] }
    machine.refusesToGrow = true
    #expect(try trustlet(machine).perform(.instantiate(instance: 0)) == .finished([]))
    #expect(machine.answers.map(\.error) == [EdgeError.outOfMemory, EdgeError.outOfMemory])
  }

  @Test func refusesAProgramThatStartsTooLarge() throws {
    #expect(throws: TrustletError.tooLittleMemory(needed: 65536, limit: 65535)) {
      _ = try trustlet(ScriptedMachine { _ in [] }, limits: TrustletLimits(memory: 65535))
    }
  }

  enum Waiting: CaseIterable {
    case computing, reading, waiting, writing
  }

  @Test(arguments: Waiting.allCases) func endsAtTheTimeLimit(_ waiting: Waiting) throws {
    let (input, output) = (Pipe(), Pipe())
    let machine = ScriptedMachine { _ in
      switch waiting {
      case .computing: [.spin]
      case .reading: [.call(.readStream, [0, 1])]
      case .waiting: [.call(.wait, [.max, 1])]
      case .writing: (0..<10).map { _ in .call(.writeStream, [1], [UInt8](repeating: 65, count: 65536)) }
      }
    }
    let trustlet = try trustlet(
      machine, input: input.reading, output: output.writing, limits: TrustletLimits(time: 50_000_000))
    let start = coffer_monotonic_clock()
    #expect(trustlet.perform(.instantiate(instance: 0)) == .timedOut)
    let time = coffer_monotonic_clock() - start
    #expect(time >= 50_000_000 && time < 5_000_000_000)
    #expect(trustlet.perform(.instantiate(instance: 0)) == .timedOut)
  }

  @Test func deadlinesOfManyTrustletsAreKeptApart() throws {
    let long = try trustlet(ScriptedMachine { _ in [] }, limits: TrustletLimits(time: 3_600_000_000_000))
    #expect(long.perform(.instantiate(instance: 0)) == .finished([]))
    let short = try trustlet(ScriptedMachine { _ in [.spin] }, limits: TrustletLimits(time: 10_000_000))
    #expect(short.perform(.instantiate(instance: 0)) == .timedOut)
    #expect(long.perform(.instantiate(instance: 0)) == .finished([]))
    let none = try trustlet(ScriptedMachine { _ in [.spin] }, limits: TrustletLimits(time: 0))
    #expect(none.perform(.instantiate(instance: 0)) == .timedOut)
    let forever = try trustlet(ScriptedMachine { _ in [] }, limits: TrustletLimits(time: .max))
    #expect(forever.perform(.instantiate(instance: 0)) == .finished([]))
  }

  @Test func canBeStopped() throws {
    let trustlet = try trustlet(ScriptedMachine { _ in [.spin] })
    let stopper = Timer(after: 20_000_000) { [stopper = trustlet.stopper] in stopper.stop() }
    #expect(trustlet.perform(.instantiate(instance: 0)) == .stopped)
    stopper.join()
    #expect(trustlet.perform(.instantiate(instance: 0)) == .stopped)
  }

  @Test func anInterruptionWithoutReasonIsNothing() throws {
    let machine = ScriptedMachine { _ in [.exit(.interrupted), .call(.exit, [1])] }
    #expect(try trustlet(machine).perform(.instantiate(instance: 0)) == .exited(status: 1))
  }

  /// What a broken or hostile library OS may do ends its trustlet and nothing else.
  @Test func endsAGuestThatBreaksTheRules() throws {
    let scripts: [(String, [ScriptedMachine.Turn])] = [
      ("the machine says no", [.exit(.killed(reason: "the machine says no"))]),
      ("the library OS gave up: heap", [.call(.abort, [], Array("heap".utf8))]),
      ("the library OS asked for a command after a trap it had not reported", [.call(.nextCommand, [1, 0])]),
      ("the library OS gave up: the library OS reported a trap of the unknown kind 0", [.call(.trap, [0])]),
    ]
    for (reason, script) in scripts {
      #expect(try trustlet(ScriptedMachine { _ in script }).perform(.instantiate(instance: 0)) == .killed(reason: reason))
    }
    let failing = ScriptedMachine { _ in [.fail(MachineError(.systemCall, errorNumber: 5, "ioctl"))] }
    #expect(try trustlet(failing).perform(.instantiate(instance: 0)) == .failed(reason: "ioctl (error number 5)"))
  }

  @Test func givesTheFirstCommandWithTheConfiguration() throws {
    let machine = ScriptedMachine { _ in [] }
    #expect(try trustlet(machine).perform(.instantiate(instance: 4)) == .finished([]))
    #expect(machine.commands == [TrustletCommand.instantiate(instance: 4).encoded()])
    var reader = Reader(machine.configuration)
    #expect(reader.word() == Configuration.magic && reader.word() == 0 && reader.word() == 1_000_000_000)
    let many = TrustletCommand.call(entryPoint: 0, arguments: .init(repeating: CommandSlot(low: 0), count: 1025))
    guard case .failed = try trustlet(machine).perform(many) else {
      Issue.record("took too many arguments")
      return
    }
  }
}

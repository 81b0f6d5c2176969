import CLinux
import EdgeCalls
import Machine
import Monitor
import Testing

@Suite struct TrustletLimitTests {
  private static let millisecond: UInt64 = 1_000_000
  private static let page: UInt64 = 65536

  private func trustlet(
    _ machine: ScriptedMachine, output: Int32? = nil, limits: TrustletLimits = TrustletLimits(), writtenBytes: UInt64 = .max,
    sizeLimit: UInt64 = 10 * page
  ) throws -> Trustlet {
    let service = try EdgeService(
      EdgeServiceConfiguration(
        streams: .init(input: nil, output: output, errors: output), arguments: ["program"],
        limits: .init(writtenBytes: writtenBytes)))
    let layout = TrustletLayout(
      linearMemories: [.init(address: MemoryMap.linearMemory, size: Self.page, sizeLimit: sizeLimit)],
      stack: MemoryMap.stackTop - 0x10_0000..<MemoryMap.stackTop)
    return try Trustlet(machine: machine, service: service, layout: layout, limits: limits)
  }

  @Test func computingEndsAtTheLimitOfProcessorTime() throws {
    let trustlet = try trustlet(ScriptedMachine { _ in [.burn(.max)] }, limits: TrustletLimits(processorTime: 50 * Self.millisecond))
    #expect(trustlet.perform(.instantiate(instance: 0)) == .processorTimeUsedUp)
    let used = try #require(trustlet.statistics.processorTime)
    #expect(used >= 50 * Self.millisecond && used < 1000 * Self.millisecond, "\(used)")
    #expect(trustlet.perform(.instantiate(instance: 0)) == .processorTimeUsedUp, "it stays so")
  }

  @Test func processorTimeIsMeasuredWhereItIsAskedFor() throws {
    let trustlet = try trustlet(ScriptedMachine { _ in [.burn(2 * Self.millisecond)] }, limits: TrustletLimits())
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    #expect(trustlet.statistics.processorTime == nil)
    trustlet.measuresProcessorTime = true
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    #expect(trustlet.statistics.processorTime ?? 0 >= 2 * Self.millisecond)
  }

  @Test func waitingCostsNoProcessorTime() throws {
    let machine = ScriptedMachine { _ in [.call(.wait, [300 * Self.millisecond, 0])] }
    let trustlet = try trustlet(machine, limits: TrustletLimits(processorTime: 100 * Self.millisecond))
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    let statistics = trustlet.statistics
    #expect(statistics.wallTime >= 300 * Self.millisecond && statistics.processorTime ?? .max < 100 * Self.millisecond, "\(statistics)")
  }

  /// The watchdog looks at one that waits more and more seldom, and has to notice all the same.
  @Test func computingAfterALongWaitIsStopped() throws {
    let machine = ScriptedMachine { _ in [.call(.wait, [300 * Self.millisecond, 0]), .burn(.max)] }
    let trustlet = try trustlet(machine, limits: TrustletLimits(processorTime: 2 * Self.millisecond))
    #expect(trustlet.perform(.instantiate(instance: 0)) == .processorTimeUsedUp)
    #expect(trustlet.statistics.wallTime >= 300 * Self.millisecond)
  }

  @Test func aRunsCommandsShareTheLimitAndSingleOnesDoNot() throws {
    let limits = TrustletLimits(processorTime: 100 * Self.millisecond)
    let together = try trustlet(ScriptedMachine { _ in [.burn(30 * Self.millisecond)] }, limits: limits)
    var count = 0
    let outcome = together.run { _ in
      count += 1
      return count > 50 ? nil : .instantiate(instance: 0)
    }
    #expect(outcome == .processorTimeUsedUp && (4..<50).contains(count), "\(count)")
    let single = try trustlet(ScriptedMachine { _ in [.burn(30 * Self.millisecond)] }, limits: limits)
    for _ in 0..<5 { #expect(single.perform(.instantiate(instance: 0)) == .finished([])) }
    #expect(single.statistics.processorTime ?? 0 >= 150 * Self.millisecond)
  }

  @Test func whatAMachineComputesElsewhereCounts() throws {
    let machine = ScriptedMachine { _ in [.spin] }
    machine.computesElsewhere = true
    let trustlet = try trustlet(machine, limits: TrustletLimits(processorTime: 50 * Self.millisecond))
    #expect(trustlet.perform(.instantiate(instance: 0)) == .processorTimeUsedUp)
    #expect(trustlet.statistics.processorTime ?? 0 >= 50 * Self.millisecond)
  }

  @Test func bothLimitsOfTimeAreKept() throws {
    let limits = { TrustletLimits(time: $0, processorTime: $1) }
    let short = try trustlet(ScriptedMachine { _ in [.burn(.max)] }, limits: limits(30 * Self.millisecond, 3600_000 * Self.millisecond))
    #expect(short.perform(.instantiate(instance: 0)) == .timedOut)
    let long = try trustlet(ScriptedMachine { _ in [.burn(.max)] }, limits: limits(3600_000 * Self.millisecond, 30 * Self.millisecond))
    #expect(long.perform(.instantiate(instance: 0)) == .processorTimeUsedUp)
    let none = try trustlet(ScriptedMachine { _ in [.burn(.max)] }, limits: limits(.max, 0))
    #expect(none.perform(.instantiate(instance: 0)) == .processorTimeUsedUp)
    let endless = try trustlet(ScriptedMachine { _ in [] }, limits: limits(.max, .max))
    #expect(endless.perform(.instantiate(instance: 0)) == .finished([]))
  }

  @Test(arguments: [
    // Pages that the limit allows, pages that the memory itself may have, pages asked for, and whether the limit was what stood in the way.
    (limit: 4, own: 10, asked: 5, reached: true), (limit: 4, own: 4, asked: 5, reached: true), (limit: 4, own: 2, asked: 3, reached: false),
    (limit: 4, own: 10, asked: 4, reached: false), (limit: 4, own: 10, asked: 11, reached: true),
  ] as [(limit: UInt64, own: UInt64, asked: UInt64, reached: Bool)])
  func growthBeyondTheLimitIsRefusedAndNoted(_ row: (limit: UInt64, own: UInt64, asked: UInt64, reached: Bool)) throws {
    let machine = ScriptedMachine { _ in [.call(.growMemory, [0, row.asked * Self.page])] }
    let trustlet = try trustlet(machine, limits: TrustletLimits(memory: row.limit * Self.page), sizeLimit: row.own * Self.page)
    #expect(trustlet.statistics.refused.isEmpty)
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    #expect(trustlet.statistics.refused == (row.reached ? .memory : []))
    #expect((machine.answers[0].error == 0) == (row.asked <= min(row.limit, row.own)))
  }

  @Test func outputBeyondTheLimitIsRefusedAndNoted() throws {
    let output = Pipe()
    let bytes = [UInt8](repeating: 65, count: 6)
    let machine = ScriptedMachine { _ in [.call(.writeStream, [1], bytes), .call(.nextCommand, [0, 0])] }
    let trustlet = try trustlet(machine, output: output.writing, writtenBytes: 10)
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    #expect(trustlet.statistics.refused.isEmpty)
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    #expect(trustlet.statistics.refused == .output, "four bytes of six")
    #expect(trustlet.perform(.instantiate(instance: 0)) == .finished([]))
    #expect(machine.answers.last?.error == EdgeError.noSpace)
    #expect(output.read() == String(repeating: "A", count: 10))
    #expect(trustlet.statistics.edgeCalls.bytesWritten == 10)
  }
}

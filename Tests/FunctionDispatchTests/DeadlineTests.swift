import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Glibc
import NIOCore
import Synchronization
import Testing

/// What a call's time is, and who pays where it is over.
@Suite(.serialized) struct DeadlineTests {
  /// The end of a call stands behind output that nobody takes: its process has done nothing wrong, and others' calls there go on.
  @Test func aCallerThatDoesNotReadEndsNobodyElsesCall() async {
    let isOpen = Mutex(false)
    let harness = Harness(slots: 4, change: { $0.grace = 6_000_000_000 }) { call in
      if call.name == "large" { return .outputBytes([UInt8](repeating: 65, count: 4 << 20)) }
      while !isOpen.withLock({ $0 }) { usleep(1000) }
      return .output("fine")
    }
    async let innocent = harness.call(Harness.route("innocent"), loop: 1)
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 1 })
    let ending = await harness.call(Harness.route("large", settings: FunctionSettings(time: 1_000_000)), isRead: false).ending
    guard case .ended(let end) = ending else { Issue.record("\(ending)"); return }
    #expect(end.outcome == .timedOut)
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 1 })
    isOpen.withLock { $0 = true }
    #expect(await innocent.output == "fine")
    #expect(harness.dispatcher.statistics().node.monitorsLost == 0 && harness.monitors.counts.loads.count == 2)
    await harness.dispatcher.shutDown()
  }

  /// ... and not that of whatever was deployed while it waited; nor is the code loaded once more for each turn that the two take.
  @Test func aCallThatWaitedHasItsOwnTime() async {
    let open = Mutex(0)
    let harness = Harness(slots: 4, change: { $0.grace = 4_000_000_000 }) { call in
      let turn = Int(String(decoding: call.input, as: UTF8.self)) ?? 0
      while open.withLock({ $0 }) < turn { usleep(1000) }
      return .output("fine")
    }
    let before = Harness.route("f", settings: FunctionSettings(concurrency: 1))
    let after = Harness.route("f", settings: FunctionSettings(time: 1_000_000_000, concurrency: 1))
    func requests() -> UInt64 { harness.dispatcher.statistics().functions.first?.requests ?? 0 }
    async let first = harness.call(before, input: "1")
    #expect(await Harness.wait { requests() == 1 })
    async let second = harness.call(before, input: "2")
    #expect(await Harness.wait { requests() == 2 })
    async let third = harness.call(after, input: "0")
    #expect(await Harness.wait { requests() == 3 })
    async let fourth = harness.call(before, input: "0")
    #expect(await Harness.wait { requests() == 4 })
    open.withLock { $0 = 1 }
    #expect(await first.output == "fine")
    // Longer than the newest deployment's time and grace, and a turn of housekeeping.
    try? await Task.sleep(for: .seconds(8))
    open.withLock { $0 = 2 }
    let rest = await [second, third, fourth]
    #expect(rest.allSatisfy { $0.output == "fine" }, "\(rest)")
    #expect(harness.monitors.counts.loads.count == 2, "\(harness.monitors.counts.loads)")
    await harness.dispatcher.shutDown()
  }

  /// A machine that is paused and goes on finds all deadlines past. A process that hangs is still ended, its grace later.
  @Test func whatStoodStillWithTheNodeIsNotHung() async {
    let isOpen = Mutex(false)
    let harness = Harness(slots: 4) { _ in
      while !isOpen.withLock({ $0 }) { usleep(1000) }
      return .output("fine")
    }
    func lost() -> UInt64 { harness.dispatcher.statistics().node.monitorsLost }
    async let call = harness.call(Harness.route("f", settings: FunctionSettings(time: 1_000_000_000)))
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 1 })
    let now = NIODeadline.now().uptimeNanoseconds
    func keepHouse(after seconds: UInt64) { harness.dispatcher.keepHouse(at: now + seconds * 1_000_000_000) }
    keepHouse(after: 0)
    keepHouse(after: 100)
    #expect(lost() == 0)
    for passed in 101..<110 { keepHouse(after: UInt64(passed)) }
    #expect(await call.ending.isLost && lost() == 1)
    isOpen.withLock { $0 = true }
    await harness.dispatcher.shutDown()
  }

  /// From when the call could run; how long its caller took to send it is neither the queue's nor the start's.
  @Test func waitingBeginsWithTheCall() async {
    let harness = Harness(slots: 4) { _ in .output("fine") }
    #expect(await harness.call(Harness.route("f"), age: 1_000_000_000_000).ending.exited)
    #expect(await Harness.wait { harness.dispatcher.statistics().functions.first?.queue.count == 1 })
    let found = harness.dispatcher.statistics().functions.first
    #expect((found?.queue.max ?? .max) < 500_000_000 && (found?.warm.max ?? .max) < 500_000_000)
    await harness.dispatcher.shutDown()
  }

  @Test func aTenantsQueuesLeaveRoomForOthers() async {
    let isOpen = Mutex(false)
    let harness = Harness(slots: 4, change: { $0.queued = 10 }) { _ in
      while !isOpen.withLock({ $0 }) { usleep(1000) }
      return .output("fine")
    }
    func requests() -> UInt64 { harness.dispatcher.statistics().functions.reduce(0) { $0 + $1.requests } }
    #expect(await Harness.wait { !harness.dispatcher.statistics().node.monitors.isEmpty })
    async let greedy = LimitTests.calls(30, Harness.route("g", tenant: "greedy", settings: FunctionSettings(concurrency: 1)), harness)
    #expect(await Harness.wait { requests() == 30 })
    async let modest = LimitTests.calls(3, Harness.route("m", tenant: "modest", settings: FunctionSettings(concurrency: 1)), harness)
    #expect(await Harness.wait { requests() == 33 })
    isOpen.withLock { $0 = true }
    #expect(await modest.allSatisfy { $0.exited })
    #expect(await greedy.count { $0.exited } == 6)
    let left = harness.dispatcher.state.withLock { $0.tenants.values.reduce(0) { $0 + $1.queued } }
    #expect(left == 0)
    await harness.dispatcher.shutDown()
  }
}

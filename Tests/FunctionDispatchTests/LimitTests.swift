import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Glibc
import NIOCore
import Synchronization
import Testing

/// How many calls run at once, who waits, and who is next.
@Suite(.serialized) struct LimitTests {
  /// Counts how many calls run at once, by the first letter of the function.
  final class Gauge: Sendable {
    private let state = Mutex<(now: [Character: Int], most: [Character: Int], order: [Character])>(([:], [:], []))

    func run(_ name: String, milliseconds: UInt32) {
      let key = name.first ?? "?"
      state.withLock { state in
        state.now[key, default: 0] += 1
        state.most[key] = max(state.most[key] ?? 0, state.now[key] ?? 0)
        state.order.append(key)
      }
      usleep(milliseconds * 1000)
      state.withLock { $0.now[key, default: 0] -= 1 }
    }

    func most(_ key: Character) -> Int { state.withLock { $0.most[key] ?? 0 } }
    var order: [Character] { state.withLock { $0.order } }
  }

  static func calls(_ count: Int, _ route: Route, _ harness: Harness) async -> [CallEnding] {
    await withTaskGroup(of: CallEnding.self) { group in
      for number in 0..<count { group.addTask { await harness.call(route, loop: number).ending } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test func aFunctionsConcurrencyHolds() async {
    let gauge = Gauge()
    let harness = Harness(slots: 8) { call in
      gauge.run(call.name, milliseconds: 5)
      return .output("")
    }
    let endings = await Self.calls(40, Harness.route("f", settings: FunctionSettings(concurrency: 3)), harness)
    #expect(endings.allSatisfy { $0.exited })
    #expect(gauge.most("f") == 3)
    await harness.dispatcher.shutDown()
  }

  @Test func aTenantsConcurrencyHoldsOverItsFunctions() async {
    let gauge = Gauge()
    let harness = Harness(slots: 8, change: { $0.tenantRunning = 4 }) { call in
      gauge.run("t", milliseconds: 5)
      return .output("")
    }
    await withTaskGroup(of: Void.self) { group in
      for name in ["a", "b", "c"] { group.addTask { _ = await Self.calls(20, Harness.route(name), harness) } }
    }
    #expect(gauge.most("t") == 4)
    await harness.dispatcher.shutDown()
  }

  @Test func aTenantsOwnConcurrencyHoldsForItAlone() async {
    let gauge = Gauge()
    let harness = Harness(slots: 8) { call in
      gauge.run(String(call.name.prefix(1)), milliseconds: 5)
      return .output("")
    }
    harness.dispatcher.limit("small", to: TenantLimits(concurrency: 2))
    await withTaskGroup(of: Void.self) { group in
      for name in ["s1", "s2", "s3"] { group.addTask { _ = await Self.calls(10, Harness.route(name, tenant: "small"), harness) } }
      group.addTask { _ = await Self.calls(40, Harness.route("l", tenant: "large"), harness) }
    }
    #expect(gauge.most("s") == 2)
    #expect(gauge.most("l") > 2)
    await harness.dispatcher.shutDown()
  }

  @Test func aLimitThatIsLiftedLetsTheTenantsCallsGoOn() async {
    let harness = Harness(slots: 4) { _ in .output("") }
    harness.dispatcher.limit("t", to: TenantLimits(processorTime: 1_000_000))
    // As if its processes had had a minute.
    let now = NIODeadline.now().uptimeNanoseconds
    harness.dispatcher.state.withLock { state in
      state.tenants["t"]?.budget.look(spent: 0, limit: 1_000_000, now: now)
      state.tenants["t"]?.budget.look(spent: 60_000_000_000, limit: 1_000_000, now: now)
    }
    async let ending = harness.call(Harness.route("f")).ending
    #expect(await Harness.wait { harness.dispatcher.statistics().node.queued == 1 })
    harness.dispatcher.limit("t", to: TenantLimits())
    #expect(await ending.exited)
    await harness.dispatcher.shutDown()
  }

  @Test func aBudgetOfProcessorTimeIsHeldOverSomeSeconds() {
    let half: UInt64 = 500_000_000
    var budget = ProcessorBudget()
    var now: UInt64 = 5_000_000_000
    budget.look(spent: 0, limit: half, now: now)
    #expect(!budget.isSpent)
    var had: UInt64 = 0
    // Whoever may have half a processor and takes all of it whenever it is let, for ten seconds.
    for _ in 0..<100 {
      now += 100_000_000
      let spent: UInt64 = budget.isSpent ? 0 : 100_000_000
      had += spent
      budget.look(spent: spent, limit: half, now: now)
    }
    #expect((5_000_000_000...5_700_000_000).contains(had), "\(had)")
    // Nothing is saved up beyond a second's.
    now += 3600_000_000_000
    budget.look(spent: 0, limit: half, now: now)
    budget.look(spent: 2 * half, limit: half, now: now)
    #expect(budget.isSpent)
    budget.look(spent: 2 * half, limit: 0, now: now)
    #expect(!budget.isSpent)
    for limit in [UInt64.max, UInt64(Int64.max), 1] {
      for _ in 0..<3 {
        now &+= 10_000_000_000
        budget.look(spent: .max, limit: limit, now: now)
      }
    }
  }

  @Test func aFullQueueRefuses() async {
    let isOpen = Mutex(false)
    let harness = Harness(slots: 8) { _ in
      while !isOpen.withLock({ $0 }) { usleep(1000) }
      return .output("")
    }
    // Before there is a process even the first two would have to wait.
    #expect(await Harness.wait { !harness.dispatcher.statistics().node.monitors.isEmpty })
    async let calls = Self.calls(20, Harness.route("f", settings: FunctionSettings(concurrency: 2, queue: 5)), harness)
    // Nothing ends before all have been asked for.
    #expect(await Harness.wait { harness.dispatcher.statistics().functions.first.map { $0.requests == 20 && $0.running == 2 } ?? false })
    isOpen.withLock { $0 = true }
    let endings = await calls
    #expect(endings.count { $0.refusal == .queueFull } == 13)
    #expect(endings.count { $0.exited } == 7)
    await harness.dispatcher.shutDown()
  }

  @Test func whoeverWaitsTooLongIsTold() async {
    let harness = Harness(slots: 8, change: { $0.queueTime = 100_000_000 }) { _ in
      usleep(2_500_000)
      return .output("")
    }
    let endings = await Self.calls(3, Harness.route("f", settings: FunctionSettings(concurrency: 1)), harness)
    #expect(endings.count { $0.refusal == .queueTimedOut } == 2)
    // What was waited in vain was waited too.
    #expect(await Harness.wait { harness.dispatcher.statistics().functions.first?.queue.count == 3 })
    await harness.dispatcher.shutDown()
  }

  /// One tenant asks for two hundred calls at once; another one's come later, and are not behind all of those.
  @Test func oneTenantDoesNotStarveAnother() async {
    let gauge = Gauge()
    let isOpen = Mutex(false)
    let harness = Harness(slots: 8, change: { $0.running = 4 }) { call in
      while !isOpen.withLock({ $0 }) { usleep(1000) }
      gauge.run(call.name, milliseconds: 20)
      return .output("")
    }
    func requests() -> UInt64 { harness.dispatcher.statistics().functions.reduce(0) { $0 + $1.requests } }
    async let greedy = Self.calls(200, Harness.route("greedy", tenant: "g"), harness)
    #expect(await Harness.wait { requests() == 200 })
    async let modest = Self.calls(10, Harness.route("modest", tenant: "m"), harness)
    // Nothing ends before all have been asked for.
    #expect(await Harness.wait { requests() == 210 })
    isOpen.withLock { $0 = true }
    _ = await (greedy, modest)
    let order = gauge.order
    #expect(order.count == 210)
    // Ten of its own, as many of the other's, and what ran already.
    let last = order.lastIndex(of: "m") ?? order.count
    #expect(last < 80, "the modest tenant's last call was number \(last)")
    await harness.dispatcher.shutDown()
  }

  /// By default a tenant takes an idle node nearly whole: of 64 calls at most the processes' 28, or of 16 calls 15. What it holds for as long as it likes
  /// keeps nobody out who comes later.
  @Test(arguments: [(64, 28), (16, 15)]) func aTenantThatTakesAllItMayLeavesRoomForOthers(running: Int, taken: Int) async {
    let isOpen = Mutex(false)
    let harness = Harness(slots: 4, change: { $0.running = running }) { call in
      while call.name.hasPrefix("long"), !isOpen.withLock({ $0 }) { usleep(1000) }
      return .output("")
    }
    func node() -> DispatchStatistics.Node { harness.dispatcher.statistics().node }
    async let greedy = Self.calls(100, Harness.route("long", tenant: "g"), harness)
    #expect(await Harness.wait { node().running == taken && node().queued == 100 - taken })
    for tenant in ["m", "n", "o"] {
      #expect(await harness.call(Harness.route("f\(tenant)", tenant: tenant)).ending.exited)
      // Nor did the first get what was left for them.
      #expect(await Harness.wait { node().running == taken })
    }
    isOpen.withLock { $0 = true }
    #expect(await greedy.allSatisfy(\.exited))
    await harness.dispatcher.shutDown()
  }

  /// What one has taken while it was alone it gives up, as its calls end, to another that asks for as much.
  @Test func aTenantThatComesLaterHasAsMuchInTheEnd() async {
    let gates = Mutex<Set<String>>([])
    let harness = Harness(slots: 4) { call in
      while !gates.withLock({ $0.contains(call.name) }) { usleep(1000) }
      return .output("")
    }
    func node() -> DispatchStatistics.Node { harness.dispatcher.statistics().node }
    async let first = Self.calls(100, Harness.route("first", tenant: "a"), harness)
    #expect(await Harness.wait { node().running == 28 })
    async let second = Self.calls(100, Harness.route("second", tenant: "b"), harness)
    #expect(await Harness.wait { node().running == 32 })
    gates.withLock { _ = $0.insert("first") }
    #expect(await Harness.wait { harness.dispatcher.statistics().functions.first { $0.name == "second" }?.running ?? 0 >= 16 })
    gates.withLock { _ = $0.insert("second") }
    #expect(await first.allSatisfy(\.exited))
    #expect(await second.allSatisfy(\.exited))
    await harness.dispatcher.shutDown()
  }

  @Test func tenantsTakeTurnsWhenProcessesAreFew() async {
    let harness = Harness(slots: 2, change: { ($0.processLimit, $0.keepWarm) = (2, 60_000_000_000) }) { _ in .output("") }
    for turn in 0..<3 {
      for tenant in ["a", "b", "c", "d"] {
        let ending = await harness.call(Harness.route("f\(tenant)", tenant: tenant), loop: turn).ending
        #expect(ending.exited, "\(tenant): \(ending)")
      }
    }
    #expect(harness.dispatcher.statistics().node.monitors.count <= 2)
    await harness.dispatcher.shutDown()
  }

  @Test func idleFunctionsCostNoMachineAndIdleTenantsNoProcess() async {
    let harness = Harness(slots: 4, change: { ($0.keepWarm, $0.keepTemplate, $0.keepProcess) = (500_000_000, 1_000_000_000, 1_500_000_000) }) { _ in .output("") }
    _ = await Self.calls(4, Harness.route("f"), harness)
    #expect(await Harness.wait { harness.dispatcher.statistics().functions.first?.machines == 0 })
    #expect(await Harness.wait { harness.monitors.counts.cooled > 0 && harness.monitors.counts.unloaded > 0 })
    #expect(await Harness.wait { harness.dispatcher.statistics().node.monitors.allSatisfy { $0.tenant.isEmpty } })
    #expect(harness.dispatcher.statistics().node.monitorsLost == 0)
    #expect(await harness.call(Harness.route("f")).ending.exited)
    await harness.dispatcher.shutDown()
  }

  @Test func anIdleFunctionsStartIsKept() async {
    let harness = Harness(slots: 4, change: { ($0.keepWarm, $0.keepProcess) = (100_000_000, 100_000_000) }) { _ in .output("") }
    #expect(await harness.call(Harness.route("f")).ending.exited)
    #expect(await Harness.wait { harness.monitors.counts.cooled == 1 })
    // Housekeeping has its turn once a second.
    try? await Task.sleep(for: .seconds(2))
    #expect(await harness.call(Harness.route("f")).ending.exited)
    #expect(harness.monitors.counts.loads.filter { $0 == "f" }.count == 1)
    #expect(harness.monitors.counts.unloaded == 0)
    await harness.dispatcher.shutDown()
  }

  @Test func moreStartsThanMayBeKeptGoInTheOrderOfTheirUse() async {
    let harness = Harness(slots: 4, change: { ($0.keepWarm, $0.templates) = (100_000_000, 2) }) { _ in .output("") }
    for name in ["a", "b", "c"] {
      #expect(await harness.call(Harness.route(name)).ending.exited)
      // A caller has its answer before the books are closed on its call, which say when that was.
      #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 0 })
    }
    #expect(await Harness.wait { harness.monitors.counts.unloaded == 1 })
    for name in ["b", "c"] { #expect(await harness.call(Harness.route(name)).ending.exited) }
    #expect(harness.monitors.counts.loads.count == 3)
    #expect(await harness.call(Harness.route("a")).ending.exited)
    #expect(harness.monitors.counts.loads.filter { $0 == "a" }.count == 2)
    await harness.dispatcher.shutDown()
  }

  @Test func whatIsDeployedIsStartedBeforeItsFirstCall() async {
    let harness = Harness(slots: 4, change: { $0.templates = 2 }) { _ in .output("") }
    #expect(await Harness.wait { !harness.dispatcher.statistics().node.monitors.isEmpty })
    for name in ["a", "b", "c"] { harness.dispatcher.prepare(Harness.route(name)) }
    #expect(await Harness.wait { harness.monitors.counts.loads == ["a", "b"] })
    #expect(harness.dispatcher.statistics().functions.allSatisfy { $0.machines == 0 })
    #expect(await harness.call(Harness.route("a")).ending.exited)
    #expect(await harness.call(Harness.route("c")).ending.exited)
    #expect(harness.monitors.counts.loads == ["a", "b", "c"])
    await harness.dispatcher.shutDown()
  }

  @Test func nothingIsKeptOfAFunctionThatWasRemoved() async {
    let harness = Harness(slots: 4) { _ in .output("") }
    #expect(await harness.call(Harness.route("f")).ending.exited)
    harness.dispatcher.forget("f")
    #expect(await Harness.wait { harness.monitors.counts.cooled == 1 && harness.monitors.counts.unloaded == 1 })
    #expect(harness.dispatcher.statistics().functions.allSatisfy { $0.machines == 0 })
    #expect(await harness.call(Harness.route("f")).ending.exited)
    await harness.dispatcher.shutDown()
  }

  @Test func aProcessThatHangsIsEnded() async {
    let harness = Harness(slots: 4, change: { $0.grace = 100_000_000 }) { $0.name == "stuck" ? .nothing : .output("fine") }
    let answer = await harness.call(Harness.route("stuck", settings: FunctionSettings(time: 100_000_000)))
    #expect(answer.ending.isLost)
    #expect(harness.dispatcher.statistics().node.monitorsLost == 1)
    #expect(await harness.call(Harness.route("other")).output == "fine")
    await harness.dispatcher.shutDown()
  }

  @Test func drainingRefusesNewCallsAndWaitsForThoseThatRun() async {
    let isOpen = Mutex(false)
    let harness = Harness(slots: 4) { _ in
      while !isOpen.withLock({ $0 }) { usleep(1000) }
      return .output("done")
    }
    async let running = harness.call(Harness.route("f"))
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 1 })
    async let drained: Void = harness.dispatcher.drain(within: .seconds(60))
    #expect(await Harness.wait { harness.dispatcher.state.withLock { $0.isDraining } })
    #expect(await harness.call(Harness.route("f")).ending.refusal == .draining)
    isOpen.withLock { $0 = true }
    #expect(await running.output == "done")
    await drained
    #expect(harness.dispatcher.statistics().node.running == 0)
    await harness.dispatcher.shutDown()
  }

  /// Calls of random functions, tenants and ends, with processes that die among them: in the end nothing runs, nothing waits, and all were answered.
  @Test(arguments: [1, 2, 3]) func nothingIsLostInAnyOrder(_ seed: UInt64) async {
    let harness = Harness(slots: 3, change: { ($0.processLimit, $0.running) = (4, 8) }) { call in
      switch call.input.first ?? 0 {
      case 0..<8: return .die
      case 8..<40:
        usleep(3000)
        return .output("slow")
      case 40..<60: return .output("", CallEnd(.trapped, start: .warm))
      default: return .output("ok")
      }
    }
    let answered = await withTaskGroup(of: Int.self) { group in
      for number in 0..<200 {
        let value = (seed &* 6_364_136_223_846_793_005 &+ UInt64(number) &* 1_442_695_040_888_963_407) >> 33
        let letter = String(UnicodeScalar(UInt8(value % 26) + 97))
        group.addTask {
          let input = String(UnicodeScalar(UInt8(value >> 8 % 128)))
          _ = await harness.call(Harness.route(letter, tenant: "t\(value % 5)"), input: input, loop: number)
          return 1
        }
      }
      return await group.reduce(0, +)
    }
    #expect(answered == 200)
    // A caller has its answer before the books are closed on its call.
    #expect(await Harness.wait { let node = harness.dispatcher.statistics().node; return node.running == 0 && node.queued == 0 })
    let (running, busy) = harness.dispatcher.state.withLock { state in
      (state.tenants.values.reduce(0) { $0 + $1.running }, state.children.reduce(0) { $0 + $1.busy })
    }
    #expect(running == 0 && busy == 0)
    await harness.dispatcher.shutDown()
  }
}

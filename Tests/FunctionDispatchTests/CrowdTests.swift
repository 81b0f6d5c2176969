import FunctionCalls
import FunctionDispatch
import Glibc
import Synchronization
import Testing

/// How many calls of one function are given machines at once.
@Suite(.serialized) struct CrowdTests {
  /// Calls that stay until so many are there, or the gate is opened.
  final class Gate: Sendable {
    private struct State {
      var present = 0
      var most = 0
      var isOpen = false
    }

    private let state = Mutex(State())
    var most: Int { state.withLock { $0.most } }

    func pass(needs count: Int) {
      state.withLock { state in
        state.present += 1
        state.most = max(state.most, state.present)
        if state.present >= count { state.isOpen = true }
      }
      // A thread of the fake monitor, which may block.
      while !state.withLock({ $0.isOpen }) { usleep(500) }
      state.withLock { $0.present -= 1 }
    }

    func open() { state.withLock { $0.isOpen = true } }
  }

  private static func harness(_ gate: Gate, needs count: Int, hasWaited: Bool, patience: UInt64) -> Harness {
    Harness(slots: 16, change: { $0.computing = 2; $0.patience = patience }) { call in
      // What a function's calls do is known from its first ones.
      if call.input.isEmpty { gate.pass(needs: count) }
      return .output("", CallEnd(.exited, start: .warm, startTime: 1000, runTime: 2000, hasWaited: hasWaited))
    }
  }

  private static func call(_ harness: Harness, _ route: Route, times: Int, loop: Int? = nil) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      for number in 0..<times { group.addTask { await harness.call(route, loop: loop ?? number).ending.exited } }
      return await group.reduce(true) { $0 && $1 }
    }
  }

  private static func acquaint(_ harness: Harness, _ route: Route) async {
    for _ in 0..<20 { #expect(await harness.call(route, input: "known").ending.exited) }
  }

  /// Processes are started as far as the front's files go beside callers' connections, however many calls may run.
  @Test func filesAreSharedByProcessesAndConnections() async {
    let gate = Gate()
    // A process of two slots takes seven; one is the callers' whatever happens.
    let budget = DescriptorBudget(4 * 7 + 1 + 10, reserved: 10)
    let harness = Harness(slots: 2, change: { ($0.processLimit, $0.descriptors, $0.tenantRunning) = (8, budget, 100) }) { _ in
      gate.pass(needs: .max)
      return .output("", CallEnd(.exited, start: .warm, hasWaited: true))
    }
    for _ in 0..<8 { budget.connectionOpened() }
    let route = Harness.route("waits")
    async let all = Self.call(harness, route, times: 20)
    #expect(await Harness.wait { let node = harness.dispatcher.statistics().node; return node.running == 6 && node.queued == 14 })
    #expect(!budget.hasRoomForConnection)
    for _ in 0..<8 { budget.connectionClosed() }
    // The next look, once a second, finds room for one more.
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 8 })
    #expect(budget.hasRoomForConnection)
    budget.connectionOpened()
    #expect(!budget.hasRoomForConnection)
    gate.open()
    #expect(await all)
    await harness.dispatcher.shutDown()
  }

  @Test func callersHaveHalfOfTheFilesAtMost() {
    let budget = DescriptorBudget(110, reserved: 10)
    for _ in 0..<50 {
      #expect(budget.hasRoomForConnection)
      budget.connectionOpened()
    }
    #expect(!budget.hasRoomForConnection)
  }

  @Test func callsThatOnlyComputeShareAFewMachines() async {
    let gate = Gate()
    let harness = Self.harness(gate, needs: .max, hasWaited: false, patience: 3_600_000_000_000)
    let route = Harness.route("computes")
    await Self.acquaint(harness, route)
    async let all = Self.call(harness, route, times: 40, loop: 0)
    #expect(await Harness.wait { let node = harness.dispatcher.statistics().node; return node.running == 2 && node.queued == 38 })
    gate.open()
    #expect(await all)
    #expect(gate.most == 2)
    await harness.dispatcher.shutDown()
  }

  /// Another event loop's calls need not cross over to the machines of the first.
  @Test func eachEventLoopHasItsShareOfThem() async {
    let gate = Gate()
    let harness = Self.harness(gate, needs: .max, hasWaited: false, patience: 3_600_000_000_000)
    let route = Harness.route("computes")
    await Self.acquaint(harness, route)
    async let first = Self.call(harness, route, times: 10, loop: 0)
    #expect(await Harness.wait { let node = harness.dispatcher.statistics().node; return node.running == 2 && node.queued == 8 })
    async let second = Self.call(harness, route, times: 10, loop: 1)
    #expect(await Harness.wait { let node = harness.dispatcher.statistics().node; return node.running == 3 && node.queued == 17 })
    gate.open()
    let ended = await (first, second)
    #expect(ended.0 && ended.1)
    #expect(gate.most == 3)
    await harness.dispatcher.shutDown()
  }

  @Test func callsThatWaitForSomethingHaveOneEach() async {
    let gate = Gate()
    let harness = Self.harness(gate, needs: 12, hasWaited: true, patience: 3_600_000_000_000)
    let route = Harness.route("waits")
    await Self.acquaint(harness, route)
    #expect(await Self.call(harness, route, times: 12))
    #expect(gate.most == 12)
    await harness.dispatcher.shutDown()
  }

  @Test func patienceEnds() async {
    let gate = Gate()
    let harness = Self.harness(gate, needs: 5, hasWaited: false, patience: 1_000_000)
    let route = Harness.route("computes")
    await Self.acquaint(harness, route)
    #expect(await Self.call(harness, route, times: 5))
    #expect(gate.most == 5)
    await harness.dispatcher.shutDown()
  }
}

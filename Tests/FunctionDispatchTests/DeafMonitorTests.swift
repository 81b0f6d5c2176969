import FunctionDispatch
import Testing

/// A monitor process that carries calls out and never reads its control socket: nobody can stop a call in it, or tell it of another function.
@Suite(.serialized) struct DeafMonitorTests {
  @Test func aMonitorThatDoesNotReadItsControlSocketIsEndedAndReplaced() async {
    let harness = Harness(slots: 2, readsControl: { $0 > 0 }) { _ in .output("answered") }
    // Each function is told of on the control socket, until that is full. The call that notices may have been answered already.
    var isLost = false
    for number in 0..<20_000 where !isLost {
      let answer = await harness.call(Harness.route("f\(number)"))
      if case .lost(let reason) = answer.ending {
        #expect(reason.contains("does not read its control socket"))
      } else {
        #expect(answer.ending.exited)
      }
      isLost = harness.dispatcher.statistics().node.monitorsLost > 0
    }
    #expect(isLost)
    // Whoever comes then is served by another.
    #expect(await harness.call(Harness.route("later")).ending.exited)
    #expect(harness.dispatcher.statistics().node.monitorsLost == 1)
    await harness.dispatcher.shutDown()
  }

  /// Nobody's fault: its processors were busy when thousands of callers went.
  @Test func aMonitorThatIsSlowToReadWhoHasGoneIsNotEnded() async {
    let harness = Harness(slots: 32, readsControl: { _ in false }, change: { $0.grace = 3_600_000_000_000 }) { _ in .output("answered") }
    await Self.abandon(1000, harness)
    #expect(harness.dispatcher.statistics().node.monitorsLost == 0)
    #expect(await harness.call(Harness.route("f")).ending.exited)
    await harness.dispatcher.shutDown()
  }

  @Test func oneThatNeverReadsIs() async {
    let harness = Harness(slots: 32, readsControl: { $0 > 0 }, change: { $0.grace = 100_000_000 }) { _ in .output("answered") }
    await Self.abandon(1000, harness)
    // It is asked how it is each second.
    #expect(await Harness.wait { harness.dispatcher.statistics().node.monitorsLost == 1 })
    #expect(await harness.call(Harness.route("later")).ending.exited)
    await harness.dispatcher.shutDown()
  }

  /// Calls that have begun, each.
  private static func abandon(_ count: Int, _ harness: Harness) async {
    _ = await harness.call(Harness.route("f"))
    for _ in 0..<count / 25 {
      for _ in 0..<25 { await harness.abandonedCall(Harness.route("f")) }
      #expect(await Harness.wait { let node = harness.dispatcher.statistics().node; return node.running == 0 && node.queued == 0 })
    }
  }
}

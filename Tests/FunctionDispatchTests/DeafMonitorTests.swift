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
}

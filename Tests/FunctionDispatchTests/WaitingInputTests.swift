import FunctionCalls
import FunctionDispatch
import Glibc
import NIOCore
import Synchronization
import Testing

/// Input of a call that waits for its turn.
@Suite(.serialized) struct WaitingInputTests {
  private final class Receiver: CallReceiver {
    var call: FunctionCall?
    private let rest: ByteBuffer
    private var output = ByteBuffer()
    private let continuation: CheckedContinuation<String, Never>

    init(rest: ByteBuffer, _ continuation: CheckedContinuation<String, Never>) {
      self.rest = rest
      self.continuation = continuation
    }

    func callWrote(_ bytes: ByteBuffer) {
      var bytes = bytes
      output.writeBuffer(&bytes)
    }
    func callPaused() {}
    func callWantsInput() { _ = call?.send(rest, ends: true) }
    func callEnded(_ ending: CallEnding) { continuation.resume(returning: String(buffer: output)) }
  }

  /// More than is kept for a call that waits, less than fills a slot's socket: the caller is asked for the rest when the call begins.
  @Test func theRestIsAskedForWhenTheCallBegins() async {
    let mayEnd = Mutex(false)
    let harness = Harness(slots: 1, change: { $0.processLimit = 1 }) { call in
      while call.input.isEmpty, !mayEnd.withLock({ $0 }) { usleep(500) }
      return .output("\(call.input.count)")
    }
    let route = Harness.route("f")
    async let first = harness.call(route)
    #expect(await Harness.wait { harness.dispatcher.statistics().node.running == 1 })
    let eventLoop = Harness.loops.next()
    let output = await withCheckedContinuation { continuation in
      eventLoop.execute {
        let receiver = Receiver(rest: ByteBuffer(repeating: 2, count: 1000), continuation)
        let call = FunctionCall(
          route, route.revisions[0].revision, environment: CallEnvironment(), request: "r", arrival: NIODeadline.now().uptimeNanoseconds,
          input: ByteBuffer(), inputEnds: false, eventLoop: eventLoop, receiver: receiver)
        receiver.call = call
        harness.dispatcher.submit(call)
        #expect(!call.send(ByteBuffer(repeating: 1, count: 70_000), ends: false))
        mayEnd.withLock { $0 = true }
      }
    }
    #expect(output == "71000")
    _ = await first
  }
}

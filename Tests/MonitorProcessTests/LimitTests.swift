import FunctionCalls
import Glibc
import Testing
import TrustletImage

/// Programs that want more than they get, and calls that are stopped: what the front is told, and that the next call is as the first.
@Suite(.serialized, .enabled(if: Needs.areMet, Needs.finding))
struct LimitTests {
  @Test(arguments: Needs.machines) func timeIsLimited(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .example("loop")) { $0.time = 200_000_000 }
    for _ in 0..<2 { #expect(try front.call(CallHead(revision: 1)).end.outcome == .timedOut) }
    // The call's own limit, which can only be lower.
    try front.prepare(2, .example("loop")) { $0.time = 600_000_000_000 }
    let start = ContinuousClock.now
    #expect(try front.call(CallHead(revision: 2, time: 20_000_000)).end.outcome == .timedOut)
    #expect(ContinuousClock.now - start < .seconds(60))
  }

  @Test(arguments: Needs.machines) func processorTimeIsLimited(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .example("loop")) { $0.processorTime = 50_000_000 }
    let end = try front.call(CallHead(revision: 1)).end
    #expect(end.outcome == .processorTimeUsedUp && end.processorTime >= 50_000_000)
    try front.prepare(2, Programs.counter()) { $0.processorTime = 50_000_000 }
    #expect(try front.call(CallHead(revision: 2)).end.outcome == .exited)
  }

  @Test(arguments: Needs.machines) func memoryIsLimited(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.greedy()) { $0.memory = 8 << 20 }
    for _ in 0..<2 {
      let end = try front.call(CallHead(revision: 1)).end
      #expect(end.outcome == .exited && end.memoryWasRefused)
      #expect(end.memory <= 8 << 20 && UInt64(end.status) << 16 == end.memory)
    }
    try front.prepare(2, Programs.greedy()) { $0.memory = 65_536 }
    let end = try front.call(CallHead(revision: 2)).end
    #expect(end.outcome == .failed && end.message.contains("limit"))
  }

  @Test(arguments: Needs.machines) func outputIsLimited(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.flood()) { $0.output = 1_000_000 }
    for _ in 0..<2 {
      let answer = try front.call(CallHead(revision: 1))
      #expect(answer.output.count == 1_000_000 && answer.end.outputWasRefused)
      #expect(answer.end.outcome == .exited && answer.end.status == 51, "ENOSPC of WASI")
    }
  }

  /// Computing, waiting for input, writing to a front that does not read: each ends when it is told to, and by the clock.
  @Test(arguments: Needs.machines, [("loop", true), ("echo", true), ("flood", true), ("loop", false), ("echo", false), ("flood", false)])
  func aCallIsStopped(_ machine: String, _ program: (what: String, byTheFront: Bool)) throws {
    let (what, byTheFront) = program
    let front = try FakeFront(machine: machine)
    let image = what == "loop" ? try TestImage.example("loop") : what == "echo" ? try Programs.echo() : try Programs.flood()
    try front.prepare(1, image) { if !byTheFront { $0.time = 100_000_000 } }
    for _ in 0..<3 {
      let number = front.begin(CallHead(revision: 1), inputEnds: false)
      usleep(100_000)
      if byTheFront { front.stop(number) }
      // Not before that: what was written by then fills the socket.
      usleep(byTheFront ? 20_000 : 100_000)
      let answer = try front.answer(to: number)
      #expect(answer.end.outcome == (byTheFront ? .stopped : .timedOut))
      #expect(answer.output.allSatisfy { $0 == 0 } || what == "loop")
    }
    // Of a call that has ended, nobody takes notice.
    front.stop(1)
    let last = front.begin(CallHead(revision: 1), inputEnds: true)
    front.stop(last)
    let outcome = try front.answer(to: last).end.outcome
    #expect(what == "echo" ? [.stopped, .exited].contains(outcome) : outcome == (byTheFront ? .stopped : outcome))
  }

  /// What a program has written may wait while it takes memory, but not without bound.
  @Test(arguments: Needs.machines) func whatWaitsToBeSentIsBounded(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.hoarder())
    let number = front.begin(CallHead(revision: 1))
    var count = 0
    while count < 65_536, let frame = try front.slots[0].frame() {
      #expect(frame.kind == .output && frame.number == number)
      count += frame.payload.count
    }
    front.stop(number)
    #expect(try front.answer(to: number).end.outcome == .stopped)
  }

  /// What is to be stopped may not have begun yet, or wait for its image.
  @Test(arguments: Needs.machines) func aCallIsStoppedAsItBegins(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    for revision in UInt32(1)...20 {
      try front.load(revision, .example("loop"))
      let number = front.begin(CallHead(revision: revision))
      front.stop(number)
      #expect(try front.answer(to: number).end.outcome == .stopped)
      #expect(try front.control.frame()?.kind == .loaded)
      front.control.send(Frame(.unload, number: revision))
    }
  }
}

import FunctionCalls
import Glibc
import Machine
import Testing

/// Calls as the front makes them, to a process of its own.
@Suite(.serialized, .enabled(if: Needs.areMet, Needs.finding))
struct CallTests {
  @Test(arguments: Needs.machines) func aCallIsAnswered(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    #expect(front.welcome.machine == machine)
    try front.prepare(1, .example("hello"))
    for number in 0..<5 {
      let answer = try front.call(CallHead(revision: 1))
      #expect(answer.end.outcome == .exited && answer.end.status == 0)
      #expect(answer.text == "Hello from inside a trustlet\n")
      #expect(answer.end.start == (number == 0 ? .clone : .warm))
      #expect(answer.end.memory > 0 && answer.end.runTime > 0)
    }
  }

  @Test(arguments: Needs.machines) func aCallNeedNotWaitForTheTemplate(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.load(7, .example("hello"))
    let answer = try front.call(CallHead(revision: 7))
    #expect(answer.text == "Hello from inside a trustlet\n", "\(answer.end)")
    #expect([.image, .clone].contains(answer.end.start))
    #expect(try front.control.frame()?.kind == .loaded)
    #expect(try front.call(CallHead(revision: 7)).end.outcome == .exited)
  }

  /// Machines from the image share nothing: of many calls at once a few have such, and the others clones.
  @Test(arguments: Needs.machines) func aCrowdRunsOnClones(_ machine: String) throws {
    let front = try FakeFront(machine: machine, slots: 24)
    let image = try Programs.slow()
    try front.load(3, image)
    let numbers = (0..<24).map { front.begin(CallHead(revision: 3), on: $0) }
    let ends = try numbers.enumerated().map { try front.answer(to: $1, on: $0).end }
    #expect(ends.allSatisfy { $0.outcome == .exited }, "\(ends)")
    #expect(ends.count { $0.start == .image } <= 8 && ends.count { $0.start == .clone } >= 16, "\(ends.map(\.start))")
  }

  @Test(arguments: Needs.machines) func warmMachinesAreReady(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .example("hello"))
    front.slots[1].send(Frame(.warm, number: 1))
    let warmed = try front.slots[1].frame()
    #expect(warmed == Frame(.warmed, number: 1))
    #expect(try front.call(CallHead(revision: 1), on: 1).end.start == .warm)
    front.slots[1].send(Frame(.cool))
    #expect(try front.call(CallHead(revision: 1), on: 1).end.start == .clone)
    front.slots[1].send(Frame(.warm, number: 9))
    #expect(try front.slots[1].frame()?.payload.isEmpty == false)
  }

  /// Whatever a call leaves, the next one begins where the template stands.
  @Test(arguments: Needs.machines, [false, true]) func callsSeeNothingOfOneAnother(_ machine: String, _ traps: Bool) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.counter(traps: traps))
    for _ in 0..<4 {
      let answer = try front.call(CallHead(revision: 1))
      #expect(answer.text == "1" && answer.log == Array("1".utf8))
      #expect(answer.end.outcome == (traps ? .trapped : .exited))
      #expect(answer.end.message.contains("unreachable") == traps)
    }
  }

  @Test(arguments: Needs.machines) func theProgramGetsItsEnvironment(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.environment())
    let variables = ["REQUEST_METHOD=GET", "PATH_INFO=/a", "HTTP_X=é"]
    #expect(try front.call(CallHead(revision: 1, environment: variables)).text == variables.map { $0 + "\0" }.joined())
    // And not those of the call before.
    #expect(try front.call(CallHead(revision: 1, environment: ["A=B"])).text == "A=B\0")
    let refused = try front.call(CallHead(revision: 1, environment: ["A=B", "A=C"]))
    #expect(refused.end.outcome == .killed && refused.end.message.contains("environment"))
    #expect(try front.call(CallHead(revision: 1, environment: ["A"])).end.outcome == .failed)
    #expect(try front.call(CallHead(revision: 1)).end.outcome == .exited)
  }

  /// Input in one piece with the call, in frames behind it, none at all, and more than any buffer holds.
  @Test(arguments: Needs.machines, [[3], [0], [2, 5, 0], [100_000, 1, 100_000], Array(repeating: 1 << 20, count: 6)])
  func inputComesBack(_ machine: String, _ sizes: [Int]) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.echo())
    for _ in 0..<2 {
      let pieces = sizes.enumerated().map { index, size in (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) } }
      let first = Array((pieces.first ?? []).prefix(900_000))
      let rest = [Array((pieces.first ?? []).dropFirst(900_000))] + pieces.dropFirst()
      let ends = rest.allSatisfy(\.isEmpty)
      let number = front.begin(CallHead(revision: 1, input: first), inputEnds: ends)
      let slot = front.slots[0]
      let writer = HostThread.start {
        guard !ends else { return }
        for (index, piece) in rest.enumerated() {
          slot.send(Frame(.input, flags: index == rest.count - 1 ? .inputEnds : [], number: number, payload: piece))
        }
      }
      let answer = try front.answer(to: number)
      writer?.join()
      #expect(answer.end.outcome == .exited)
      #expect(answer.output == pieces.flatMap { $0 })
    }
  }

  @Test(arguments: Needs.machines) func inputThatNobodyReadsIsPassedOver(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .example("hello"))
    for _ in 0..<3 {
      let number = front.begin(CallHead(revision: 1, input: [1, 2, 3]), inputEnds: false)
      #expect(try front.answer(to: number).end.outcome == .exited)
      front.slots[0].send(Frame(.input, flags: .inputEnds, number: number, payload: Array(repeating: 1, count: 50_000)))
    }
  }

  /// Also where it has been kept over a call by which the program went on at once.
  @Test(arguments: Needs.machines, [false, true]) func outputComesWhileTheProgramWaits(_ machine: String, _ grows: Bool) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Programs.slow(grows: grows))
    let number = front.begin(CallHead(revision: 1))
    let first = try front.slots[0].frame()
    #expect(first == Frame(.output, number: number, payload: [97]))
    let answer = try front.answer(to: number)
    #expect(answer.text == "a" && answer.end.outcome == .exited)
    #expect(answer.end.runTime > 250_000_000)
  }

  @Test(arguments: Needs.machines) func slotsWorkAtTheSameTime(_ machine: String) throws {
    let front = try FakeFront(machine: machine, slots: 4)
    try front.prepare(1, Programs.slow())
    let start = ContinuousClock.now
    let numbers = (0..<4).map { front.begin(CallHead(revision: 1), on: $0) }
    var time: UInt64 = 0
    for (slot, number) in numbers.enumerated() {
      let answer = try front.answer(to: number, on: slot)
      #expect(answer.text == "aa")
      time += answer.end.runTime
    }
    // One after another they would take as long as all together.
    #expect(ContinuousClock.now - start < .nanoseconds(time) * 0.7)
  }

  @Test(arguments: Needs.machines) func revisionsComeAndGo(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .example("hello"))
    try front.prepare(2, Programs.counter())
    for _ in 0..<2 {
      #expect(try front.call(CallHead(revision: 1)).text.hasPrefix("Hello"))
      #expect(try front.call(CallHead(revision: 2)).text == "1")
    }
    // The machine is made ready behind the answer.
    var report = MonitorReport(residentBytes: 0, revisions: [])
    for _ in 0..<1200 where report.revisions.map(\.machines) != [0, 1] {
      usleep(50_000)
      front.control.send(Frame(.report))
      report = try MonitorReport((try front.control.frame()?.payload ?? [])[...])
    }
    #expect(report.revisions.map(\.number) == [1, 2])
    #expect(report.revisions.map(\.machines) == [0, 1])
    #expect(report.revisions.allSatisfy { $0.sharedBytes > 0 } && report.residentBytes > 0)
    front.control.send(Frame(.unload, number: 2))
    // It is said on another socket than the call: what answers this has read that.
    front.control.send(Frame(.report))
    _ = try front.control.frame()
    let answer = try front.call(CallHead(revision: 2))
    #expect(answer.end.outcome == .notLoaded && answer.end.start == .none)
    front.control.send(Frame(.unload, number: 9))
    try front.prepare(2, .example("hello"))
    #expect(try front.call(CallHead(revision: 2)).text.hasPrefix("Hello"))
  }
}

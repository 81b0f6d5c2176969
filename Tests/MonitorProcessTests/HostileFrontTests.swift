import FunctionCalls
import Glibc
import Machine
import SeededNumbers
import Testing

/// Whatever a front sends: its process serves on or ends with a word of complaint, and never by a signal.
@Suite(.serialized, .enabled(if: Needs.areMet, Needs.finding))
struct HostileFrontTests {
  private static let machine = Needs.machines.first ?? "process"

  /// The status of a process that has given up, or that was left.
  private func expectOrderlyEnd(_ front: FakeFront, _ expected: Int32, _ words: String = "", _ comment: Comment) throws {
    let status = try front.end()
    #expect(status == expected << 8, comment)
    #expect(words.isEmpty || front.words().contains(words), comment)
  }

  @Test func theEndOfTheControlSocketEndsTheProcess() throws {
    let front = try FakeFront(machine: Self.machine)
    try front.prepare(1, .example("loop"))
    front.begin(CallHead(revision: 1))
    front.control.close()
    try expectOrderlyEnd(front, 0, "", "")
  }

  @Test func theEndOfASlotEndsItAlone() throws {
    let front = try FakeFront(machine: Self.machine, slots: 3)
    try front.prepare(1, .example("hello"))
    _ = try front.call(CallHead(revision: 1), on: 1)
    front.slots[1].close()
    front.begin(CallHead(revision: 1), on: 2, inputEnds: false)
    front.slots[2].close()
    #expect(try front.call(CallHead(revision: 1)).end.outcome == .exited)
    #expect(try !front.hasEnded)
  }

  /// In the middle of everything that a slot can be at.
  @Test(arguments: ["loop", "echo", "flood", "image"]) func aSlotIsClosedDuringACall(_ what: String) throws {
    let front = try FakeFront(machine: Self.machine, slots: 2)
    let image = what == "echo" ? try Programs.echo() : what == "flood" ? try Programs.flood() : try TestImage.example("loop")
    if what == "image" { try front.load(1, image) } else { try front.prepare(1, image) }
    front.begin(CallHead(revision: 1), on: 1, inputEnds: false)
    usleep(50_000)
    front.slots[1].close()
    front.stop(1, on: 1)
    usleep(50_000)
    try front.load(2, .example("hello"))
    #expect(try front.call(CallHead(revision: 2)).end.outcome == .exited)
  }

  /// At each length of what it was about to send.
  @Test func aSlotIsClosedInTheMiddleOfAFrame() throws {
    let whole = Frame(.call, flags: .inputEnds, number: 1, payload: CallHead(revision: 1, environment: ["A=B"]).payload).encoded
    let front = try FakeFront(machine: Self.machine, slots: whole.count)
    try front.prepare(1, .example("hello"))
    for length in 1..<whole.count {
      front.slots[length].send(Array(whole.prefix(length)))
      front.slots[length].close()
    }
    #expect(try front.call(CallHead(revision: 1)).end.outcome == .exited)
    #expect(try !front.hasEnded)
  }

  private struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var onSlot = false
    let bytes: [UInt8]

    static let all: [Case] = [
      Case(testDescription: "no kind", bytes: Array(repeating: 0, count: 16)),
      Case(testDescription: "all ones", bytes: Array(repeating: 0xFF, count: 64)),
      Case(testDescription: "a huge payload", bytes: [1, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0]),
      Case(testDescription: "a load without a file", bytes: Frame(.load, number: 1, payload: load).encoded),
      Case(testDescription: "a load cut short", bytes: Frame(.load, number: 1, payload: Array(load.dropLast())).encoded),
      Case(testDescription: "a stop of no slot", bytes: Frame(.stop, number: 99, payload: CallStop(call: 1).payload).encoded),
      Case(testDescription: "a stop without a call", bytes: Frame(.stop, number: 0).encoded),
      Case(testDescription: "a slot's frame", bytes: Frame(.warm, number: 1).encoded),
      Case(testDescription: "a monitor's frame", bytes: Frame(.welcome).encoded),
      Case(testDescription: "a slot's all ones", onSlot: true, bytes: Array(repeating: 0xFF, count: 64)),
      Case(testDescription: "a slot's monitor frame", onSlot: true, bytes: Frame(.ended, number: 1).encoded),
      Case(testDescription: "a control frame on a slot", onSlot: true, bytes: Frame(.report).encoded),
      Case(testDescription: "an empty call", onSlot: true, bytes: Frame(.call, number: 1).encoded),
      Case(
        testDescription: "a call with more variables than bytes", onSlot: true,
        bytes: Frame(.call, number: 1, payload: Array(repeating: 0, count: 12) + [0xFF, 0xFF, 0, 0]).encoded),
      Case(
        testDescription: "a variable longer than the call", onSlot: true,
        bytes: Frame(.call, number: 1, payload: Array(repeating: 0, count: 12) + [1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).encoded),
      Case(
        testDescription: "a variable that is no text", onSlot: true,
        bytes: Frame(.call, number: 1, payload: Array(repeating: 0, count: 12) + [1, 0, 0, 0, 1, 0, 0, 0, 0xFF, 0, 0, 0, 0]).encoded),
    ]

    private static let load = RevisionLoad(measurement: Array(repeating: 0, count: 48), name: "x").payload
  }

  @Test(arguments: Case.all) private func whatIsNoFrameEndsTheProcess(_ item: Case) throws {
    let front = try FakeFront(machine: Self.machine)
    (item.onSlot ? front.slots[0] : front.control).send(item.bytes)
    try expectOrderlyEnd(front, 1, "coffer-monitor: ", "\(item.testDescription)")
  }

  /// A call and the front's foresight can want the same at one moment.
  @Test func ofTwoRevisionsWithOneNumberTheFirstCounts() throws {
    let front = try FakeFront(machine: Self.machine)
    try front.prepare(1, .example("hello"))
    for _ in 0..<300 { try front.load(1, .example("loop")) }
    for _ in 0..<3 { #expect(try front.call(CallHead(revision: 1)).output.starts(with: Array("Hello".utf8))) }
    #expect(try !front.hasEnded)
  }

  @Test func aCallInsideACallEndsTheProcess() throws {
    let front = try FakeFront(machine: Self.machine)
    try front.prepare(1, Programs.echo())
    front.begin(CallHead(revision: 1), inputEnds: false)
    front.begin(CallHead(revision: 1))
    try expectOrderlyEnd(front, 1, "coffer-monitor: ", "")
  }

  @Test func aCallOfNothingIsNotLoaded() throws {
    let front = try FakeFront(machine: Self.machine)
    let answer = try front.call(CallHead(revision: .max, environment: ["A=B"], input: [1]))
    #expect(answer.end.outcome == .notLoaded && answer.output.isEmpty)
    #expect(try !front.hasEnded)
  }

  /// The image is not what the front says, or none at all.
  @Test func imagesAreChecked() throws {
    let front = try FakeFront(machine: Self.machine)
    let image = try TestImage.example("hello")
    try front.load(1, image) { $0.measurement[47] ^= 1 }
    var frame = try front.control.frame()
    #expect(frame?.kind == .loadFailed && frame?.number == 1)
    let reason = String(decoding: frame?.payload ?? [], as: UTF8.self)
    #expect(reason.contains("measurement"))
    #expect(try front.call(CallHead(revision: 1)).end.outcome == .failed)
    for (number, path) in [(UInt32(2), "/dev/zero"), (3, "/dev/null"), (4, "/"), (5, "/proc/self/exe"), (6, "/proc/self/maps")] {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      let load = RevisionLoad(measurement: image.measurement, name: "x")
      front.control.send(Frame(.load, number: number, payload: load.payload), descriptor: descriptor)
      frame = try front.control.frame()
      #expect(frame?.kind == .loadFailed && frame?.number == number, "\(path)")
    }
    try front.prepare(7, image)
    #expect(try front.call(CallHead(revision: 7)).end.outcome == .exited)
  }

  /// What comes at random, on both kinds of sockets, with frames that are right among it.
  @Test func nothingThatIsSentEndsItByASignal() throws {
    var generator = SeededGenerator(seed: 20_261_121)
    for round in 0..<40 {
      let front = try FakeFront(machine: Self.machine)
      if round % 2 == 0 { try front.load(1, .example("hello")) }
      for _ in 0..<Int.random(in: 1...20, using: &generator) {
        let socket = Bool.random(using: &generator) ? front.control : front.slots[0]
        var frame = Frame(
          FrameKind.allCases.randomElement(using: &generator) ?? .call, flags: Bool.random(using: &generator) ? .inputEnds : [],
          number: UInt32.random(in: 0...2, using: &generator),
          payload: Bool.random(using: &generator) ? CallHead(revision: 1, environment: ["A=B"]).payload : [])
        if Int.random(in: 0..<4, using: &generator) == 0 { frame.payload.append(UInt8.random(in: 0...255, using: &generator)) }
        guard socket.send(frame.encoded) else { break }
      }
      front.control.close()
      let status = try front.end()
      #expect(status & 0x7F == 0, "round \(round): signal \(status & 0x7F): \(front.words())")
    }
  }

  /// Calls by name that are none: of what has no such function, without forms, or with more arguments than are read.
  @Test func callsByNameThatAreNoneRunNothing() throws {
    let front = try FakeFront(machine: Self.machine)
    try front.prepare(1, .text("numbers", "(module (func (export \"add\") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"))
    let long = Array(repeating: UInt8(ascii: " "), count: 1 << 20)
    let calls: [(arguments: [String], input: String, more: [[UInt8]], outcome: CallEnd.Outcome)] = [
      (["add", "json", "json"], "[1, 2]", [], .exited), ([], "[1, 2]", [], .failed), (["add", "json"], "", [], .failed), (["add", "xml", "json"], "", [], .failed),
      (["sub", "json", "wave"], "[1, 2]", [], .noFunction), (["add", "wave", "wave"], "[1, 2]", [], .badArguments), (["add", "json", "wave"], "[1,", [[UInt8](" 2]".utf8)], .exited),
      (["add", "json", "json"], "[1, 2]", [long, long], .badArguments), (["add", "json", "json"], "[1, 2]", [], .exited),
    ]
    for (number, (arguments, input, pieces, outcome)) in calls.enumerated() {
      let call = UInt32(number + 1)
      let head = CallHead(revision: 1, arguments: arguments, input: Array(input.utf8))
      let slot = front.slots[0]
      // Two threads: the process need not read what it does not want before it answers.
      let writer = HostThread.start {
        slot.send(Frame(.call, flags: pieces.isEmpty ? [.inputEnds, .invokes] : .invokes, number: call, payload: head.payload))
        for (index, piece) in pieces.enumerated() { slot.send(Frame(.input, flags: index == pieces.count - 1 ? .inputEnds : [], number: call, payload: piece)) }
      }
      let answer = try front.answer(to: call)
      writer?.join()
      #expect(answer.end.outcome == outcome, "\(number): \(answer.end)")
      #expect(answer.text == (outcome == .exited ? "3" : ""))
    }
    #expect(try !front.hasEnded)
  }
}

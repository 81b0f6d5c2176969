import FunctionCalls
import Testing
import WASIClients

/// Instances that serve one call after another, of revisions whose manifest wants it.
@Suite(.serialized, .enabled(if: Needs.areMet, Needs.finding))
struct ReuseTests {
  private static func functions() throws -> TestImage {
    try .text("reused functions", """
      (module
        (memory (export "memory") 1 100)
        (global $calls (mut i32) (i32.const 0))
        (func (export "next") (result i32)
          (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
        (func (export "trap") (unreachable))
        (func (export "loop") (loop $again (br $again)))
        (func (export "more") (result i32) (memory.grow (i32.const 1)))
        (func (export "too-much") (result i32) (memory.grow (i32.const 90))))
      """)
  }

  private static func invoke(_ name: String, _ front: FakeFront, on slot: Int = 0) throws -> FakeFront.Answer {
    try front.answer(to: front.begin(CallHead(revision: 1, arguments: [name, "json", "json"]), on: slot, invokes: true), on: slot)
  }

  private static func texts(_ names: [String], _ front: FakeFront, on slot: Int = 0) throws -> [String] {
    try names.map { try invoke($0, front, on: slot).text }
  }

  @Test(arguments: Needs.machines) func exportedFunctionsGoOnWhereTheLastCallEnded(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Self.functions()) { $0.isReused = true }
    let first = try Self.invoke("next", front)
    #expect(first.text == "1" && first.end.start == .clone)
    let second = try Self.invoke("next", front)
    #expect(second.text == "2" && second.end.start == .reused)
    #expect(try Self.texts(["more", "more", "next"], front) == ["1", "2", "3"])
    #expect(try Self.invoke("next", front).end.memory == 3 << 16)
    // Another slot has an instance of its own.
    #expect(try Self.texts(["next", "next"], front, on: 1) == ["1", "2"])
    // A machine that the front takes back is gone with what was in it.
    front.slots[0].send(Frame(.cool))
    #expect(try Self.texts(["next"], front) == ["1"])
  }

  /// Also arguments that are none of the function's, which begin nothing.
  @Test(arguments: Needs.machines) func whatDidNotEndWellEndsTheInstance(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Self.functions()) {
      $0.isReused = true
      $0.memory = 8 << 16
      $0.time = 300_000_000
    }
    #expect(try Self.texts(["next", "next"], front) == ["1", "2"])
    #expect(try Self.invoke("none", front).end.outcome == .noFunction)
    #expect(try Self.texts(["next"], front) == ["3"])
    for (name, outcome) in [("trap", CallEnd.Outcome.trapped), ("loop", .timedOut), ("too-much", .exited)] {
      #expect(try Self.invoke(name, front).end.outcome == outcome)
      let fresh = try Self.invoke("next", front)
      #expect(fresh.text == "1" && fresh.end.start == .warm, "after \(name): \(fresh)")
      #expect(try Self.texts(["next"], front) == ["2"])
    }
    let number = front.begin(CallHead(revision: 1, arguments: ["loop", "json", "json"]), invokes: true)
    front.stop(number)
    #expect(try front.answer(to: number).end.outcome == .stopped)
    #expect(try Self.texts(["next"], front) == ["1"])
  }

  @Test(arguments: Needs.machines) func withoutTheWishNothingStays(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Self.functions())
    #expect(try Self.texts(["next", "next", "more", "more"], front) == ["1", "1", "1", "1"])
  }

  @Test(arguments: Needs.machines) func anInstanceDoesNotLiveForEver(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, Self.functions()) { $0.isReused = true }
    let values = try (0..<1010).map { _ in try Self.invoke("next", front).text }
    #expect(values.prefix(1000) == (1...1000).map(String.init)[...])
    #expect(values.suffix(10) == (1...10).map(String.init)[...])
  }

  // MARK: HTTP components

  private static func text(_ value: String) -> [UInt8] {
    withUnsafeBytes(of: UInt32(value.utf8.count).littleEndian, Array.init) + Array(value.utf8)
  }

  private static func frame(_ kind: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [kind] + withUnsafeBytes(of: UInt32(bytes.count).littleEndian, Array.init) + bytes
  }

  private static func request(_ path: String, _ body: String = "", held: String = "") -> [UInt8] {
    let head = text("GET") + text(path) + text("localhost") + [1, 0, 0, 0] + text("x-held") + text(held)
    return frame(1, head) + (body.isEmpty ? [] : frame(2, Array(body.utf8))) + frame(3, [0, 0, 0, 0])
  }

  /// The body of an answer, by its frames.
  private static func body(_ answer: FakeFront.Answer) -> String {
    var (rest, body) = (answer.output[...], [UInt8]())
    while rest.count >= 5 {
      let length = rest.dropFirst().prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      if rest.first == 2 { body += rest.dropFirst(5).prefix(length) }
      rest = rest.dropFirst(5 + length)
    }
    return String(decoding: body, as: UTF8.self)
  }

  private static func get(_ path: String, _ front: FakeFront, _ body: String = "", held: String = "") throws -> FakeFront.Answer {
    try front.call(CallHead(revision: 1, input: request(path, body, held: held)))
  }

  @Test(arguments: Needs.machines) func aComponentAnswersOneRequestAfterAnother(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .component("http", WASIClients.http)) { $0.isReused = true }
    for number in 1...9 {
      let answer = try Self.get("/count", front)
      #expect(Self.body(answer) == "\(number)" && answer.end.outcome == .exited, "\(answer)")
      #expect(answer.end.start == (number == 1 ? .clone : .reused))
    }
    // Bodies of which the program has read nothing, or all, or that come behind the call.
    #expect(Self.body(try Self.get("/echo", front, "one")) == "one")
    #expect(Self.body(try Self.get("/count", front, "not read")) == "0")
    let long = String(repeating: "0123456789", count: 20_000)
    #expect(Self.body(try Self.get("/echo", front, long)) == long)
    #expect(Self.body(try Self.get("/echo", front, "two")) == "two")
    for (path, outcome) in [("/trap", CallEnd.Outcome.trapped), ("/nothing", .exited), ("/short", .exited), ("/unfinished", .exited), ("/grow", .exited)] {
      let end = try Self.get(path, front).end
      #expect(end.outcome == outcome && (end.status == 0) == (outcome == .trapped || path == "/grow"), "\(path): \(end)")
      #expect(Self.body(try Self.get("/count", front)) == "1", "after \(path)")
      #expect(Self.body(try Self.get("/count", front)) == "2")
    }
    // An error is an answer.
    #expect(try Self.get("/error", front).end.status == 0)
    #expect(Self.body(try Self.get("/count", front)) == "3")
  }

  /// What a program keeps of a request that is over is over too: it neither gets at the next one's bytes nor keeps those from it.
  @Test(arguments: Needs.machines) func whatIsLeftOfARequestIsNotTheNextOne(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .component("http", WASIClients.http)) { $0.isReused = true }
    for round in 0..<20 {
      #expect(Self.body(try Self.get("/hold", front, "body that nobody reads", held: "value \(round)")) == "held")
      let answer = Self.body(try Self.get("/held", front, "next"))
      #expect(answer == "header value \(round)\nholds the body before is over\nnext", "\(answer)")
    }
  }

  /// What came along with requests stays in the library OS's heap: an instance that has been sent much of it is reset in time.
  @Test(arguments: Needs.machines) func muchInputEndsAnInstanceAndNoRequest(_ machine: String) throws {
    let front = try FakeFront(machine: machine)
    try front.prepare(1, .component("http", WASIClients.http)) { $0.isReused = true }
    let text = String(repeating: "x", count: 60_000)
    var starts: [CallEnd.Start] = []
    for _ in 0..<120 {
      let answer = try Self.get("/echo", front, text)
      #expect(Self.body(answer) == text)
      starts.append(answer.end.start)
    }
    #expect(starts.contains(.reused) && starts.dropFirst().contains(.warm), "\(starts)")
  }
}

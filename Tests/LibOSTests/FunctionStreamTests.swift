import EdgeCalls
import LibOS
import Testing

/// Standard streams as a function has them: input that came along, output that is held back.
@Suite struct FunctionStreamTests {
  /// Notes the calls, and takes what is held back with each, as the host does.
  private final class Host: TestHost {
    var calls: [EdgeCall?] = []
    var held: [[UInt8]] = []
    var written: [UInt8] = []
    var arguments: [UInt64] = []
    var input: [UInt8] = []
    var takes = true

    func serve(_ window: TestWindow) {
      calls.append(window.call)
      let count = Int(window.base.load(fromByteOffset: Int(EdgeWindow.heldOutputLengthOffset), as: UInt32.self))
      if takes {
        held.append([UInt8](UnsafeRawBufferPointer(start: window.base + Int(EdgeWindow.heldOutputOffset), count: count)))
        window.base.storeBytes(of: 0, toByteOffset: Int(EdgeWindow.heldOutputLengthOffset), as: UInt32.self)
      }
      switch window.call {
      case .writeStream:
        written += window.request
        window.answer(UInt64(window.requestLength))
      case .readStream:
        arguments = (0..<3).map(window.argument)
        window.answer(payload: input)
      default: window.answer(error: EdgeError.notSupported)
      }
    }
  }

  private func machine(_ host: Host, input: String = "", flags: UInt32) throws -> TestMachine {
    var start = TestMachine.Start()
    start.input = Array(input.utf8)
    start.inputWord = UInt32(start.input.count) | flags
    return try TestMachine(host: host, start: start)
  }

  private func read(_ machine: TestMachine, _ count: Int) throws -> String {
    var buffer = OneBuffer(count: count)
    let length = try machine.os.streams.read(Streams.input, &buffer)
    return String(decoding: buffer.bytes.prefix(Int(length)), as: UTF8.self)
  }

  private func write(_ machine: TestMachine, _ stream: UInt32, _ text: String) throws {
    var buffer = OneBuffer(text: text)
    #expect(try machine.os.streams.write(stream, &buffer) == UInt64(text.utf8.count))
  }

  @Test func inputThatCameAlongNeedsNoCall() throws {
    let host = Host()
    let machine = try machine(host, input: "a body", flags: Configuration.inputEnds)
    #expect(try read(machine, 2) == "a ")
    #expect(try read(machine, 100) == "body")
    #expect(try read(machine, 100) == "" && read(machine, 1) == "")
    #expect(host.calls.isEmpty)
    #expect(machine.os.edge.used & InitialisationUse.stream != 0)
  }

  @Test func noInputNeedsNoCallEither() throws {
    let host = Host()
    let machine = try machine(host, flags: Configuration.inputEnds)
    #expect(try read(machine, 10) == "")
    #expect(host.calls.isEmpty)
  }

  @Test func theRestIsAskedFor() throws {
    let host = Host()
    host.input = Array("rest".utf8)
    let machine = try machine(host, input: "first ", flags: 0)
    #expect(try read(machine, 100) == "first ")
    #expect(try read(machine, 100) == "rest")
    #expect(host.calls == [.readStream] && host.arguments == [0, 100, 6])
  }

  @Test func smallOutputGoesOutWithTheExit() throws {
    let host = Host()
    let machine = try machine(host, flags: Configuration.holdsOutput)
    for text in ["one", " two", " three"] { try write(machine, Streams.output, text) }
    #expect(host.calls.isEmpty)
    machine.wasi.procExit(status: 0)
    #expect(host.calls == [.exit] && host.held == [Array("one two three".utf8)])
  }

  @Test func theOrderOfBothStreamsStays() throws {
    let host = Host()
    let machine = try machine(host, flags: Configuration.holdsOutput)
    try write(machine, Streams.output, "before")
    try write(machine, Streams.error, "error")
    #expect(host.calls == [.writeStream] && host.held == [Array("before".utf8)] && host.written == Array("error".utf8))
    try write(machine, Streams.output, "behind")
    machine.wasi.procExit(status: 0)
    #expect(host.held.last == Array("behind".utf8))
  }

  /// What does not fit goes out as it always did, behind what was held back.
  @Test(arguments: [-1, 0, 1, 5000]) func largeOutputLosesNothing(_ beyond: Int) throws {
    let host = Host()
    let machine = try machine(host, flags: Configuration.holdsOutput)
    let text = String(repeating: "0123456789", count: 1000)
    let size = Int(EdgeWindow.heldOutputCapacity) + beyond
    try write(machine, Streams.output, "x")
    try write(machine, Streams.output, String(text.prefix(size - 1)))
    machine.wasi.procExit(status: 0)
    let all = "x" + text.prefix(size - 1)
    #expect(host.calls == (beyond > 0 ? [.writeStream, .exit] : [.exit]))
    let (first, second) = (host.held.first ?? [], host.held.count > 1 ? host.held[1] : [])
    #expect(first + host.written + second == Array(all.utf8))
  }

  @Test func nothingIsHeldBackWhereTheHostDoesNotSaySo() throws {
    let host = Host()
    let machine = try machine(host, flags: 0)
    try write(machine, Streams.output, "now")
    #expect(host.calls == [.writeStream] && host.held == [[]])
  }

  /// A host that never takes what is held back loses it; the guest writes at its own count, not at the window's.
  @Test func theWindowsWordIsNotBelieved() throws {
    let host = Host()
    host.takes = false
    let machine = try machine(host, flags: Configuration.holdsOutput)
    for _ in 0..<10 {
      machine.window.base.storeBytes(of: .max, toByteOffset: Int(EdgeWindow.heldOutputLengthOffset), as: UInt32.self)
      try write(machine, Streams.output, String(repeating: "x", count: 2000))
    }
    #expect(!host.calls.isEmpty)
  }

  @Test(arguments: [
    1, UInt32(Configuration.inputLimit) + 1, Configuration.inputLengthMask, 100 | Configuration.inputEnds, .max,
  ]) func aLengthThatIsNotThereIsRefused(_ word: UInt32) {
    var start = TestMachine.Start()
    start.inputWord = word
    // What the window holds behind the parts is there, but not more than the limit.
    let isAllowed = UInt64(word & Configuration.inputLengthMask) <= Configuration.inputLimit
    if isAllowed {
      #expect(throws: Never.self) { try TestMachine(host: Host(), start: start) }
    } else {
      #expect(throws: StartFailure.malformedConfiguration) { try TestMachine(host: Host(), start: start) }
    }
  }

  @Test func waitingForInputThatIsThereTakesNoTime() throws {
    let host = Host()
    let machine = try machine(host, input: "x", flags: 0)
    // One subscription: reading descriptor 0.
    machine.write(encode(7) + [1] + [UInt8](repeating: 0, count: 39), at: 64)
    try machine.wasi.pollOneoff(machine.memory, subscriptions: 64, events: 128, count: 1, ready: 32)
    #expect(host.calls.isEmpty)
    #expect(machine.read(128, 8) == encode(7) && machine.read(32, 4) == encode([1]))
  }
}

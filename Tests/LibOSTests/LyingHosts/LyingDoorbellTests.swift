import EdgeCalls
import LibOS
import Testing

/// A host that may write the doorbell's words as it likes while a file is read: no byte is taken twice, skipped or from beyond what was wanted.
@Suite struct LyingDoorbellTests {
  /// What the host makes of one call: the states that the guest sees, each with the progress that stands there then.
  private struct Script {
    var steps: [(state: DoorbellState, progress: UInt32)]
    /// Of the response, by doorbell or by the blocking exit that follows.
    var length: UInt32
  }

  private struct Reading {
    var bytes: [UInt8] = []
    var result: Result<UInt64, SystemError> = .success(0)
    var exits = 0
    var waits = 0
  }

  private static let file: [UInt8] = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }

  private func read(_ script: Script, wanted: UInt64 = 1000) -> Reading {
    let window = TestWindow()
    window.put(Self.file)
    var reading = Reading()
    var steps = script.steps[...]
    func answer() {
      window.base.storeBytes(of: 0, toByteOffset: Int(EdgeWindow.errorOffset), as: UInt32.self)
      window.base.storeBytes(of: script.length, toByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
    }
    // As Guest/doorbell.c has it: whoever wants no progress is told of the end only.
    func wait(_ seen: UInt32) -> UInt32 {
      reading.waits += 1
      while let step = steps.popFirst() {
        window.base.storeBytes(of: step.progress, toByteOffset: Int(EdgeWindow.doorbellProgressOffset), as: UInt32.self)
        if step.state != .taken || (seen != .max && step.progress != seen) {
          if step.state == .answered { answer() }
          return step.state.rawValue
        }
      }
      return DoorbellState.idle.rawValue
    }
    let edge = EdgeClient(
      transport: EdgeTransport(
        window: window.base,
        exchange: {
          if window.call == .readFile { reading.exits += 1 }
          answer()
        }, doorbell: EdgeTransport.Doorbell(post: { window.call == .readFile }, wait: wait)))
    do throws(SystemError) {
      let handle = HostHandle(edge: edge, number: 1)
      let count = try edge.readFile(handle, offset: 0, wanted: wanted) { (piece) throws(SystemError) in
        for offset in 0..<piece.count { reading.bytes.append(try piece.load8(offset)) }
      }
      reading.result = .success(count)
    } catch {
      reading.result = .failure(error)
    }
    return reading
  }

  @Test func takesEachByteOnce() {
    let reading = read(Script(steps: [(.taken, 10), (.taken, 10), (.taken, 500), (.answered, 500)], length: 1000))
    #expect(reading.bytes == Self.file && reading.result == .success(1000) && reading.exits == 0)
  }

  @Test(arguments: [[10, 5], [0, 0], [600, .max], [UInt32(EdgeWindow.payloadCapacity) + 1], [1 << 31]] as [[UInt32]])
  func asksNoMoreWhoCountsWrongly(counts: [UInt32]) {
    let reading = read(Script(steps: counts.map { (.taken, $0) } + [(.taken, 900), (.answered, 0)], length: 1000))
    #expect(reading.bytes == Self.file && reading.result == .success(1000))
    #expect(reading.waits <= counts.count + 1)
  }

  @Test func takesNothingBeyondWhatItWanted() {
    let reading = read(Script(steps: [(.taken, 900), (.answered, 900)], length: 100), wanted: 100)
    #expect(reading.bytes == Array(Self.file[..<100]) && reading.result == .success(100))
  }

  /// The bytes were given away already: a shorter answer is a lie, and an error.
  @Test(arguments: [0, 99, 1001, .max] as [UInt32])
  func refusesAnAnswerThatItsProgressContradicts(length: UInt32) {
    let reading = read(Script(steps: [(.taken, 100), (.answered, 100)], length: length))
    #expect(reading.result == .failure(.inputOutput) && reading.bytes.count <= 100)
  }

  @Test(arguments: [DoorbellState.declined, .idle])
  func makesABlockingExitWhenNobodyAnswers(state: DoorbellState) {
    let reading = read(Script(steps: [(state, 0)], length: 1000))
    #expect(reading.bytes == Self.file && reading.result == .success(1000) && reading.exits == 1)
  }

  @Test func takesEachByteOnceWhenItIsDeclinedInTheMiddle() {
    let reading = read(Script(steps: [(.taken, 300), (.declined, 300)], length: 1000))
    #expect(reading.bytes == Self.file && reading.result == .success(1000) && reading.exits == 1)
  }

  @Test func leavesTheMachineForWhatIsLarge() {
    let large = read(Script(steps: [(.answered, 0)], length: 1000), wanted: EdgeClient.bulk + 1)
    #expect(large.bytes == Self.file && large.exits == 1 && large.waits == 0)
    let small = read(Script(steps: [(.answered, 0)], length: 1000), wanted: EdgeClient.bulk)
    #expect(small.bytes == Self.file && small.exits == 0 && small.waits == 1)
  }
}

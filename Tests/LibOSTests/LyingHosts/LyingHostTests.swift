import EdgeCalls
import LibOS
import SeededNumbers
import Testing

/// Whatever the host answers, the library OS neither traps nor leaves its memory: debug builds would stop at either.
@Suite struct LyingHostTests {
  final class LyingHost: TestHost {
    var random: SeededGenerator
    weak var machine: TestMachine?

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    func serve(_ window: TestWindow) {
      // Time passes, lest a program that sleeps for ever keeps the test.
      machine?.counter.value &+= 1 << 61
      let length = UInt64(window.requestLength)
      // Taking one byte of many at a time would only keep the test.
      let small: [UInt64] = length < 1000 ? [0, 1, 2, 3, 4, 64] : [0, length / 2]
      let numbers = small + [length, window.argument(1), window.argument(2), 1 << 31, 1 << 32, 1 << 63, .max]
      var payload: [UInt8] = []
      switch Int.random(in: 0..<4, using: &random) {
      case 0: payload = (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      case 1: payload = record() + record() + record().dropLast(Int.random(in: 0..<3, using: &random))
      case 2: payload = (0..<8).flatMap { _ in encode(random.pick(numbers)) }
      default: break
      }
      window.answer(
        error: random.pick([0, 0, 0, 0, 0, 0, 2, 9, 14, 95, 4095, 4096, 4097, 5000, .max]), random.pick(numbers),
        random.pick(numbers), payload: payload)
      if Int.random(in: 0..<4, using: &random) == 0 {
        let lie = random.pick([0, 1, 63, 65, 0x3_FFFF, 0x4_0000, 0x4_0001, UInt32.max])
        window.base.storeBytes(of: lie, toByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
      }
    }

    private func record() -> [UInt8] {
      let name = random.pick(["a", ".", "..", "file", "a/b", "\u{0}", "grün", "longer name"])
      let length = UInt32(name.utf8.count)
      return encode(random.pick([0, 1, 2, 7, UInt64.max])) + encode(UInt64(5))
        + encode([random.pick([0, 1, 2, 3, 7, 8, .max]), random.pick([length, length, length, 0, 256, .max])])
        + Array(name.utf8) + [UInt8](repeating: 0, count: (8 - Int(length) % 8) % 8)
    }
  }

  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func survives(seed: UInt64) throws {
    let host = LyingHost(seed: seed)
    var start = TestMachine.Start()
    start.directories = [(1, true, "/data"), (2, false, "fixed"), (1, true, "/more")]
    start.frequency = seed % 4 == 0 ? 0 : 1_000_000_000
    let machine = try TestMachine(host: host, start: start)
    host.machine = machine
    let runner = CallRunner(machine)
    var random = SeededGenerator(seed: seed &* 1000)
    for (index, path) in ["hello", "a/b/../c", "../x", "/abs", "\u{0}", "."].enumerated() {
      machine.write(Array(path.utf8), at: 512 + 16 * index)
    }
    // Plausible buffer vectors and subscriptions, and some that are not.
    for word in 0..<256 {
      machine.write(encode([random.pick([0, 1, 16, 512, 1024, 65536, 262143, .max])]), at: 1024 + 4 * word)
    }
    for _ in 0..<300 {
      let function = random.pick(WASIPreview1.functions)
      let arguments = (0..<function.parameters.utf8CodeUnitCount).map { index -> UInt64 in
        if index == 0, Int.random(in: 0..<4, using: &random) > 0 { return random.pick([0, 1, 2, 3, 3, 4, 5, 5, 6, 7]) }
        return random.pick([0, 0, 1, 2, 3, 4, 5, 8, 16, 66, 512, 528, 1024, 1032, 2048, 65536, 262140, 1 << 32 - 1, .max])
      }
      let outcome = try #require(runner.invoke("\(function.name)", arguments))
      if case .errno(let number) = outcome {
        #expect(number <= 76, "seed \(seed): \(function.name)\(arguments)")
      }
    }
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func startSurvives(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var start = TestMachine.Start()
    start.directories = [(1, true, "/data")]
    var bytes = configuration(start)
    var manifest = encode([GuestManifest.magic, 15]) + encode(["A=1"]) + encode(["x"])
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let value = UInt8.random(in: 0...255, using: &random)
      if Bool.random(using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = value
      } else {
        manifest[Int.random(in: 0..<manifest.count, using: &random)] = value
      }
    }
    bytes += [UInt8](repeating: 0, count: 4096)
    let length = UInt64(manifest.count - Int.random(in: 0...2, using: &random))
    bytes.withUnsafeMutableBytes { payload in
      manifest.withUnsafeMutableBytes { manifest in
        guard let payloadBase = payload.baseAddress, let manifestBase = manifest.baseAddress else { return }
        _ = try? ProgramSettings(
          payload: MemoryRegion(base: payloadBase, count: UInt64(payload.count)),
          manifest: MemoryRegion(base: manifestBase, count: length))
      }
    }
  }

  @Test(arguments: [
    (4096, EdgeWindow.payloadCapacity, nil as UInt32?), (5000, 0, 5), (4095, 0, 4095), (2, 0, 2), (0, 0, nil),
    (0, EdgeWindow.payloadCapacity + 1, 5),
  ] as [(UInt32, UInt64, UInt32?)])
  func envelopeIsChecked(error: UInt32, length: UInt64, expected: UInt32?) {
    let window = TestWindow()
    let edge = EdgeClient(
      transport: EdgeTransport(window: window.base) {
        window.answer(error: error)
        window.base.storeBytes(
          of: UInt32(length), toByteOffset: Int(EdgeWindow.responseLengthOffset), as: UInt32.self)
      })
    var found: UInt32?
    do throws(SystemError) { _ = try edge.call(.wallClock) } catch { found = error.number }
    #expect(found == (error >= 4096 ? 5 : expected))
  }
}

extension SeededGenerator {
  fileprivate mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &self)] }
}

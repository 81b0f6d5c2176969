import LibOS
import Testing

@Suite struct RandomGeneratorTests {
  /// RFC 8439, appendix A.1, test vectors 1 and 2.
  @Test(arguments: [
    (
      0,
      [
        0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28, 0xbd, 0xd2, 0x19,
        0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7, 0xda, 0x41, 0x59, 0x7c, 0x51, 0x57,
        0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3,
        0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
      ]
    ),
    (
      1,
      [
        0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d, 0xcb, 0x0f, 0x29,
        0xa0, 0x48, 0xe3, 0x65, 0x69, 0x12, 0xc6, 0x53, 0x3e, 0x32, 0xee, 0x7a, 0xed, 0x29, 0xb7, 0x21, 0x76, 0x9c, 0xe6,
        0x4e, 0x43, 0xd5, 0x71, 0x33, 0xb0, 0x74, 0xd8, 0x39, 0xd5, 0x31, 0xed, 0x1f, 0x28, 0x51, 0x0a, 0xfb, 0x45, 0xac,
        0xe1, 0x0a, 0x1f, 0x4b, 0x79, 0x4d, 0x6f,
      ]
    ),
  ] as [(UInt64, [UInt8])])
  func blocks(counter: UInt64, expected: [UInt8]) {
    let block = ChaCha20.block(key: ChaCha20.Key(), counter: counter)
    let bytes = (0..<16).flatMap { encode([block.words[$0]]) }
    #expect(bytes == expected)
  }

  func draw(_ generator: RandomGenerator, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count + 8)
    try bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      try generator.fill(MemoryRegion(base: base, count: UInt64(count)))
    }
    #expect(bytes[count...].allSatisfy { $0 == 0 }, "nothing behind the end")
    return Array(bytes[..<count])
  }

  func counting() -> () -> UInt64? {
    var state: UInt64 = 0
    return {
      state += 1
      return state
    }
  }

  @Test func everyLength() throws {
    let generator = RandomGenerator(entropy: counting())
    for count in 0...200 {
      let bytes = try draw(generator, count)
      // A stretch of 16 zeros would mean that something was not written.
      for start in 0..<max(0, count - 16) { #expect(bytes[start..<start + 16].contains { $0 != 0 }) }
    }
  }

  @Test func neverTheSame() throws {
    let generator = RandomGenerator(entropy: counting())
    var seen: Set<[UInt8]> = []
    for _ in 0..<1000 { #expect(seen.insert(try draw(generator, 16)).inserted) }
  }

  @Test func reseedsInTheMiddle() throws {
    var words = 0
    let source = counting()
    let generator = RandomGenerator(entropy: {
      words += 1
      return source()
    })
    let bytes = try draw(generator, Int(RandomGenerator.reseedInterval) + 1000)
    #expect(words == 8)
    #expect(bytes.suffix(100).contains { $0 != 0 })
  }

  @Test func reseedingChangesWhatFollows() throws {
    let (left, right) = (RandomGenerator(entropy: counting()), RandomGenerator(entropy: counting()))
    #expect(try draw(left, 32) == draw(right, 32))
    try right.reseed()
    #expect(try draw(left, 32) != draw(right, 32))
  }

  @Test func withoutEntropyNothing() throws {
    let machineHost = DirectoryHost(directories: [])
    let machine = try TestMachine(host: machineHost)
    let generator = RandomGenerator(entropy: { nil })
    #expect(throws: SystemError.noEntropy) { try draw(generator, 1) }
    let outcome = WASIOutcome { () throws(SystemError) in try generator.fill(try machine.memory.slice(0, 4)) }
    #expect(outcome == .abort(""))
    #expect(machineHost.abortReason == nil)
  }
}

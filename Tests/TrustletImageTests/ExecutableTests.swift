import EdgeCalls
import ImageBuilding
import Testing
import TrustletImage

@Suite struct ExecutableTests {
  private func refusal(_ executable: SampleExecutable) -> ImageError? {
    refusal(executable.bytes)
  }

  private func refusal(_ bytes: [UInt8]) -> ImageError? {
    do {
      _ = try sampleBuilder(executable: bytes).build()
      return nil
    } catch {
      return error as? ImageError
    }
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: ImageError.Code
    let commit: @Sendable (inout SampleExecutable) -> Void

    init(_ description: String, _ code: ImageError.Code = .executable, _ commit: @escaping @Sendable (inout SampleExecutable) -> Void) {
      testDescription = description
      self.code = code
      self.commit = commit
    }
  }

  static let faults: [Fault] = [
    Fault("for another machine") { $0.machine = 183 },
    Fault("relocatable") { $0.type = 1 },
    Fault("position independent") { $0.type = 3 },
    Fault("written and executed", .writableAndExecutable) { $0.segments[0].flags = 7 },
    Fault("written and executed, not read", .writableAndExecutable) { $0.segments[0].flags = 3 },
    Fault("executed only") { $0.segments[0].flags = 1 },
    Fault("no rights") { $0.segments[0].flags = 0 },
    Fault("within a page") { $0.segments[1].address += 16 },
    Fault("below the image") { $0.segments[0].address = 0x1000 },
    Fault("above the image") { $0.segments[2].address = MemoryMap.imageLimit },
    Fault("at the end of the address space") { $0.segments[2].address = UInt64.max - 0xFFF },
    Fault("too large") { $0.segments[2].memorySize = 0x3000_0000 },
    Fault("a size that overflows") { $0.segments[2].memorySize = UInt64.max },
    Fault("more in the file than in memory") { $0.segments[1].memorySize = 1 },
    Fault("beyond the file") { $0.segments[1].fileSize = 0x1000; $0.segments[1].memorySize = 0x1000 },
    Fault("an offset beyond the file") { $0.segments[1].fileOffset = 0x10000 },
    Fault("an offset that overflows") { $0.segments[1].fileOffset = UInt64.max },
    Fault("dynamically linked") { $0.segments[1].type = 2 },
    Fault("with an interpreter") { $0.segments[1].type = 3 },
    Fault("with thread-local variables") { $0.segments[1].type = 7 },
    Fault("of an unknown segment type") { $0.segments[1].type = 0x7000_0001 },
    Fault("overlapping segments", .overlap) { $0.segments[0].memorySize = 0x1001 },
    Fault("two segments in one place", .order) { $0.segments[1].address = $0.segments[0].address },
    Fault("an entry elsewhere", .launchRecord) { $0.entry += 16 },
    Fault("code elsewhere", .launchRecord) { $0.segments[0].address += 0x4000 },
    Fault("no segments", .launchRecord) { $0.segments = [] },
    Fault("too little code", .launchRecord) { $0.segments[0].contents = [0xC3] },
  ]

  @Test(arguments: faults)
  func unusableExecutablesAreRefused(fault: Fault) {
    var executable = SampleExecutable()
    fault.commit(&executable)
    let error = refusal(executable)
    #expect(error?.code == fault.code, "\(error.map(\.message) ?? "built")")
  }

  @Test func segmentsThatDoNotMatterArePassedOver() {
    var executable = SampleExecutable()
    executable.segments.append(.init(type: 0x6474_E551, flags: 6, address: 0, contents: [], memorySize: 0))
    executable.segments.append(.init(type: 1, flags: 0, address: 1, contents: [], memorySize: 0))
    #expect(refusal(executable) == nil)
  }

  @Test func truncationsAreRefused() {
    let bytes = SampleExecutable().bytes
    for count in 0..<bytes.count { #expect(refusal(Array(bytes[..<count])) != nil) }
  }

  @Test func headersThatAreNotExpectedAreRefused() {
    for position in [0, 4, 5, 6, 16, 52, 54] {
      var bytes = SampleExecutable().bytes
      bytes[position] ^= 0x40
      #expect(refusal(bytes)?.code == .executable, "byte \(position)")
    }
  }

  @Test func unknownArchitecturesAreRefused() {
    #expect(throws: ImageError.self) { try sampleBuilder(architecture: "z80").build() }
  }
}

import EdgeCalls
import Glibc
import Monitor
import Testing

@Suite struct ServiceTests {
  private func quiet(_ directories: [EdgeServiceConfiguration.Directory] = []) -> EdgeServiceConfiguration {
    EdgeServiceConfiguration(streams: .init(input: nil, output: nil, errors: nil), directories: directories)
  }

  @Test func handsOutWhatBelongsToTheLifeCycle() throws {
    let guest = try GuestSide(quiet())
    #expect(guest.call(.exit, [42, 3]).served == .exit(status: 42, limits: 3))
    #expect(guest.call(.exit, [1 << 32 | 3]).served == .exit(status: 3, limits: 0))
    #expect(guest.call(.growMemory, [1, 65536]).served == .grow(memory: 1, size: 65536))
    #expect(
      guest.call(.trap, [5, 0x40_0000, 14, 6, 0x3FFF_0000]).served
        == .trap(
          TrapReport(kind: .outOfBoundsMemoryAccess, instruction: 0x40_0000, vector: 14, errorCode: 6, stackPointer: 0x3FFF_0000)))
    #expect(guest.call(.trap, [99]).served == .abort(message: "the library OS reported a trap of the unknown kind 99"))
    #expect(guest.call(.abort, text: "heap \u{1B}[31mbroken\n").served == .abort(message: "heap ?[31mbroken?"))
    let slots = (0..<32).map { UInt8($0) }
    #expect(
      guest.call(.nextCommand, [1, 2, 4, 2], payload: slots).served
        == .nextCommand(
          status: .trapped,
          slots: [
            CommandSlot(low: 0x0706_0504_0302_0100, high: 0x0F0E_0D0C_0B0A_0908),
            CommandSlot(low: 0x1716_1514_1312_1110, high: 0x1F1E_1D1C_1B1A_1918),
          ], used: 4, limits: 2))
  }

  @Test func noticesAGuestWithoutARequest() throws {
    let guest = try GuestSide(quiet())
    #expect(guest.call(.wallClock).error == 0)
    #expect(guest.service.serve(window: guest.window) == .abort(message: "the library OS stopped without a request"))
  }

  @Test func answersWhatItHandedOut() throws {
    let guest = try GuestSide(quiet())
    guest.service.answer(window: guest.window, error: EdgeError.outOfMemory)
    #expect(guest.read(.answered).error == EdgeError.outOfMemory)
    #expect(guest.service.answer(window: guest.window, results: 7, payload: [1, 2, 3]))
    let response = guest.read(.answered)
    #expect(response.error == 0 && response.results == [7, 0, 0, 0] && response.payload == [1, 2, 3])
    let large = [UInt8](repeating: 0, count: Int(EdgeWindow.payloadCapacity) + 1)
    #expect(!guest.service.answer(window: guest.window, payload: large))
    guest.service.answer(window: guest.window, error: 0)
    #expect(guest.read(.answered).error == EdgeError.inputOutput, "an error is never answered as success")
  }

  @Test func refusesAWindowOfTheWrongSize() throws {
    let service = try EdgeService(quiet())
    var small = [UInt8](repeating: 0, count: 4096)
    small.withUnsafeMutableBytes { small in
      guard case .abort = service.serve(window: small) else {
        Issue.record("served a small window")
        return
      }
      #expect(!service.answer(window: small))
    }
  }

  @Test func encodesTheConfiguration() throws {
    let (one, two) = (TemporaryFolder(), TemporaryFolder())
    var configuration = quiet([
      .init(hostPath: one.path, guestPath: "/a"), .init(hostPath: two.path, guestPath: "b", writable: true),
    ])
    configuration.arguments = ["prog", "x y"]
    configuration.environment = ["A=1", "B="]
    let service = try EdgeService(configuration)
    let command = try #require(TrustletCommand.call(entryPoint: 3, arguments: [CommandSlot(low: 5)]).encoded())
    let payload = try service.configurationPayload(counterFrequency: 2_000_000_000, firstCommand: command)
    var reader = Reader(payload)
    #expect(reader.word() == Configuration.magic && reader.word() == 0)
    #expect(reader.word() == 2_000_000_000 && reader.word() == 0)
    let lengths = (0..<4).map { _ in Int(reader.word()) }
    // Streams that are not there are of the kind `unknown`, 0, and 1.
    #expect((0..<4).map { _ in reader.word() } == [.max, .max, .max, 0x01_01_01])
    #expect(reader.offset == Int(Configuration.partsOffset))
    #expect(reader.offset + lengths.reduce(0, +) == payload.count)
    #expect(reader.word() == 2 && reader.string() == "prog" && reader.string() == "x y")
    #expect(reader.word() == 2 && reader.string() == "A=1" && reader.string() == "B=")
    #expect(reader.word() == 2)
    #expect(reader.word() == 0 && reader.word() == 0 && reader.string() == "/a")
    #expect(reader.word() == 1 && reader.word() == Configuration.directoryWritable && reader.string() == "b")
    #expect([reader.word(), reader.word(), reader.word(), reader.word()] == [2, 3, 1, 0])
    #expect([reader.word(), reader.word(), reader.word(), reader.word()] == [5, 0, 0, 0])
    #expect(reader.offset == payload.count)
  }

  @Test func encodesCommands() {
    #expect(TrustletCommand.end.encoded() == [UInt8](repeating: 0, count: 16))
    #expect(TrustletCommand.instantiate(instance: 2).encoded() == [1, 0, 0, 0, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 8))
    let slots = [CommandSlot](repeating: CommandSlot(low: 0), count: Int(Command.slotLimit) + 1)
    #expect(TrustletCommand.call(entryPoint: 0, arguments: slots).encoded() == nil)
  }

  @Test func refusesWhatCannotBeGivenToAProgram() throws {
    for environment in ["A", "=x", "", "A=\0"] {
      var configuration = quiet()
      configuration.environment = [environment]
      let service = try EdgeService(configuration)
      #expect(throws: EdgeServiceError.unusable(what: "the environment entry", value: environment)) {
        try service.configurationPayload(counterFrequency: 0, firstCommand: [])
      }
    }
    var configuration = quiet()
    configuration.arguments = ["a\0b"]
    let service = try EdgeService(configuration)
    #expect(throws: EdgeServiceError.self) { try service.configurationPayload(counterFrequency: 0, firstCommand: []) }
  }

  /// All of it, with what each string costs beside its bytes, is what the library OS's heap has room for.
  @Test(arguments: [1, 2, 1000, 14_000]) func boundsArgumentsByWhatTheyTakeInside(count: Int) throws {
    let limit = Int(Configuration.sizeLimit)
    // Lengths of the three lists, and of each string.
    let room = limit - Int(Configuration.partsOffset) - 3 * 4 - count * (4 + Int(Configuration.stringOverhead))
    var configuration = quiet()
    configuration.arguments = [String](repeating: "", count: count - 1) + [String(repeating: "x", count: room)]
    let payload = try EdgeService(configuration).configurationPayload(counterFrequency: 0, firstCommand: [])
    #expect(payload.count == limit - count * Int(Configuration.stringOverhead))
    configuration.arguments[0] += "x"
    let service = try EdgeService(configuration)
    #expect(throws: EdgeServiceError.configurationTooLarge(bytes: limit + 1, limit: limit)) {
      try service.configurationPayload(counterFrequency: 0, firstCommand: [])
    }
  }

  @Test func refusesDirectoriesThatCannotBeOffered() {
    let folder = TemporaryFolder()
    folder.file("f")
    let cases: [(String, Int32)] = [("none", ENOENT), ("f", ENOTDIR)]
    for (name, number) in cases {
      #expect(throws: EdgeServiceError.directory(hostPath: folder.url(name), errorNumber: number)) {
        _ = try EdgeService(quiet([.init(hostPath: folder.path, guestPath: "/"), .init(hostPath: folder.url(name), guestPath: "/x")]))
      }
    }
    var configuration = quiet([.init(hostPath: folder.path, guestPath: "/"), .init(hostPath: folder.path, guestPath: "/x")])
    configuration.limits.openFiles = 1
    #expect(throws: EdgeServiceError.tooManyDirectories(count: 2, limit: 1)) { _ = try EdgeService(configuration) }
    #expect(throws: Never.self) { try EdgeService.checkHost() }
  }
}

/// Little-endian words and strings, one after another.
struct Reader {
  let bytes: [UInt8]
  var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func word() -> UInt32 {
    guard offset + 4 <= bytes.count else { return .max }
    defer { offset += 4 }
    return bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func string() -> String {
    let length = Int(word())
    guard offset + length <= bytes.count else { return "" }
    defer { offset += length }
    return String(decoding: bytes[offset..<offset + length], as: UTF8.self)
  }
}

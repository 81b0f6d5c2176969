import EdgeCalls
import LibOS
import Testing

@Suite struct ProgramSettingsTests {
  func settings(_ change: (inout TestMachine.Start) -> Void) throws -> ProgramSettings {
    var start = TestMachine.Start()
    change(&start)
    return try TestMachine(host: DirectoryHost(directories: ["/tmp", "/tmp"]), start: start).os.settings
  }

  func strings(_ bytes: [[UInt8]]) -> [String] { bytes.map { String(decoding: $0, as: UTF8.self) } }

  @Test func hostAndManifestTogether() throws {
    let settings = try settings {
      $0.arguments = ["prog", "x"]
      $0.manifestArguments = ["-m"]
      $0.manifestEnvironment = ["HOME=/"]
      $0.environment = ["TZ=UTC"]
      $0.directories = [(1, true, "/data"), (2, false, "/ro")]
      $0.command = encode([2, 7, 0, 0])
    }
    #expect(strings(settings.arguments) == ["prog", "-m", "x"])
    #expect(strings(settings.environment) == ["HOME=/", "TZ=UTC"])
    #expect(
      settings.directories == [
        HostDirectory(handle: 1, isWritable: true, path: Array("/data".utf8)),
        HostDirectory(handle: 2, isWritable: false, path: Array("/ro".utf8)),
      ])
    #expect(settings.counterFrequency == 1_000_000_000)
    #expect(HostCommand(settings.command)?.operand == 7)
  }

  @Test func withoutHostArgumentsTheNameIsFixed() throws {
    let settings = try settings {
      $0.manifestFlags = 0
      $0.arguments = ["busybox-sh"]
      $0.environment = []
      $0.manifestArguments = ["serve"]
    }
    #expect(strings(settings.arguments) == ["trustlet", "serve"])
  }

  struct Denied: Sendable {
    let failure: StartFailure
    let change: @Sendable (inout TestMachine.Start) -> Void
  }

  @Test(arguments: [
    Denied(failure: .argumentsForbidden) { $0.manifestFlags = 7 },
    Denied(failure: .environmentForbidden) { $0.manifestFlags = 11 },
    Denied(failure: .environmentFixed) { $0.manifestEnvironment = ["A=0"] },
    Denied(failure: .environmentFixed) { $0.environment = ["B=0", "B=1"] },
    Denied(failure: .environmentFixed) { $0.secrets = ["LONG"] },
    Denied(failure: .malformedEnvironment) { $0.environment = ["NOVALUE"] },
    Denied(failure: .malformedEnvironment) { $0.environment = ["=x"] },
    Denied(failure: .malformedEnvironment) { $0.environment = ["A=\u{0}"] },
    Denied(failure: .malformedConfiguration) { $0.arguments = ["a\u{0}b"] },
    Denied(failure: .malformedDirectory) { $0.directories = [(1, false, "")] },
    Denied(failure: .directoriesForbidden) {
      $0.manifestFlags = 12
      $0.directories = [(1, false, "/x")]
    },
    Denied(failure: .writableDirectoriesForbidden) {
      $0.manifestFlags = 13
      $0.directories = [(1, true, "/x")]
    },
    Denied(failure: .tooManyDirectories) {
      $0.directories = (0..<1022).map { (handle: UInt32($0), isWritable: false, path: "/x") }
    },
    Denied(failure: .malformedFileTree) { $0.files = [1, 2, 3] },
  ])
  func denied(_ denied: Denied) {
    #expect(throws: denied.failure) { _ = try settings(denied.change) }
    #expect(denied.failure.reason.utf8CodeUnitCount > 20)
  }

  @Test(arguments: [
    [], [1, 2, 3], encode([2, 0, 0]), encode([5, 0, 0, 0]), encode([2, 0, 1, 0]), encode([2, 0, 1025, 0]),
    encode([2, 0, 0, 1]), encode([2, 0, 0, 0, 0]), encode([2, 0, .max, 0]),
  ] as [[UInt8]])
  func malformedCommand(bytes: [UInt8]) {
    #expect(HostCommand(bytes) == nil)
  }

  @Test func commandWithSlots() throws {
    let slots = [UInt8](repeating: 9, count: 32)
    let command = try #require(HostCommand(encode([2, 4, 2, 0]) + slots))
    #expect(command.kind == .call && command.operand == 4 && command.slotCount == 2 && command.slots == slots)
  }
}

import EdgeCalls
import InstanceSecrets
import LibOS
import Testing

/// Directories of the host's at places where the program looks for what the host must not exchange. They are found by their paths, the longest one first, so what
/// lies beside such a place, or above it, is in nobody's way.
@Suite struct OwnPlacesTests {
  private static let files = fileTree([("etc", nil), ("etc/rules", "measured")])

  private func start(_ place: String, _ change: (inout TestMachine.Start) -> Void) throws -> TestMachine {
    var start = TestMachine.Start()
    start.environment = []
    start.directories = [(0, true, place)]
    change(&start)
    return try TestMachine(host: DirectoryHost(directories: ["/tmp"]), start: start)
  }

  @Test(arguments: ["/etc", "etc/", "/etc//.", "/", ".", "/etc/rules"])
  func noDirectoryHidesMeasuredFiles(place: String) throws {
    #expect(throws: StartFailure.directoryInTheWay) { try start(place) { $0.files = Self.files } }
    _ = try start(place) { _ in }
  }

  @Test(arguments: ["/data", "/etc/other", "/etcetera", "/rules"])
  func whatLiesBesideThemIsOffered(place: String) throws { _ = try start(place) { $0.files = Self.files } }

  private func failure(_ place: String, secrets: [String]) throws -> SecretFailure? {
    let machine = try start(place) {
      $0.secrets = secrets
      $0.scratch = ("/tmp", 64 << 10)
    }
    do throws(SecretFailure) {
      try machine.os.takeSecrets()
      return nil
    } catch {
      return error
    }
  }

  /// The host of this test has no broker: whoever gets as far as asking for secrets is told so.
  @Test func noDirectoryTakesTheSealedOnesPlace() throws {
    let volume = "=" + String(repeating: "\0", count: GuestManifest.volumePathOffset - 1) + "/data"
    for place in ["/data", "data", "./data/", "/data/sub"] { #expect(try failure(place, secrets: [volume]) == .directoryInTheWay, "\(place)") }
    for place in ["/", "/database", "/other/data"] {
      let found = try failure(place, secrets: [volume])
      #expect(found != nil && found != .directoryInTheWay, "\(place)")
    }
  }

  @Test func noDirectoryTakesThePlaceOfASecretsFile() throws {
    for place in ["/tmp", "tmp/."] { #expect(try failure(place, secrets: ["/tmp/key"]) == .directoryInTheWay, "\(place)") }
    for (place, secret) in [("/", "/tmp/key"), ("/tmp", "PASSWORD")] {
      let found = try failure(place, secrets: [secret])
      #expect(found != nil && found != .directoryInTheWay, "\(place)")
    }
  }
}

import Foundation
import Glibc
import Testing

@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct BenchCommandTests {
  /// What a killed benchmark left goes with the next; what lives, is young or is another's does not.
  @Test func abandonedDirectoriesGo() throws {
    let place = try Workplace()
    let old = Date(timeIntervalSinceNow: -3600)
    for name in ["coffer-bench-old", "coffer-bench-locked", "coffer-bench-young", "coffer-other"] {
      let path = "\(place.path)/\(name)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      try place.write("\(name)/data", [1])
      if name != "coffer-bench-young" { try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path) }
    }
    try FileManager.default.createSymbolicLink(atPath: "\(place.path)/coffer-bench-link", withDestinationPath: "coffer-other")
    let locked = open("\(place.path)/coffer-bench-locked", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(locked) }
    #expect(flock(locked, LOCK_EX | LOCK_NB) == 0)
    let result = try place.run(
      "bench", "files", "--size", "1", "--scratch-size", "1", "--rounds", "1", "--json", environment: ["TMPDIR": place.path])
    // A goal may be missed here.
    #expect([0, 1].contains(result.status), "\(result.errors)")
    #expect(place.names == ["coffer-bench-link", "coffer-bench-locked", "coffer-bench-young", "coffer-other"])
  }

  /// A killed one's folder does not wait for the next.
  @Test func aKilledBenchmarkLeavesNoFolder() throws {
    let place = try Workplace()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(CofferCommand.program))
    process.arguments = ["bench", "files", "--size", "1", "--scratch-size", "1", "--rounds", "100000"]
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": place.path]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    try Patience.wait("its folder is there") { place.names.contains { $0.hasPrefix("coffer-bench-") } }
    try Patience.wait("somebody looks after it") { Descendant.all(of: process.processIdentifier).contains { $0.name == "sh" } }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try Patience.wait("its folder goes") { !place.names.contains { $0.hasPrefix("coffer-bench-") } }
  }

  /// What keeps clones for a benchmark ends with its input, as when the benchmark is killed.
  @Test func whatHoldsClonesEndsWithItsInput() throws {
    let program = try #require(CofferCommand.program)
    let place = try Workplace()
    let result = try CofferCommand.run(["300", program, "bench", "memory", "--keep", "0"], in: place.path, program: "/usr/bin/timeout")
    #expect(result.status == 0 && result.output == "ready\n", "\(result)")
  }

  /// Status 1 where a goal is missed, and only there.
  @Test func aMissedGoalShowsInTheStatus() throws {
    let place = try Workplace()
    for arguments in [["tcb"], ["files", "--size", "1", "--scratch-size", "1", "--rounds", "1"], ["trust", "--rounds", "2"]] {
      let result = try CofferCommand.run(["bench"] + arguments, in: place.path)
      #expect(result.status == (result.output.contains("FAIL: ") ? 1 : 0), "\(result.output)\(result.errors)")
    }
  }
}

import Foundation
import Testing

/// A slice of what Scripts/soak does ten thousand times: trustlets of every kind of life leave nothing in the process that ran them.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct LeftoverTests {
  @Test(arguments: ["kvm", "process"])
  func noLifeLeavesAnything(machine: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(CofferCommand.program)).deletingLastPathComponent()
      .appendingPathComponent("leftover-check")
    process.arguments = ["--machine", machine, "--runs", "300"]
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && said.contains("300 runs left nothing"), "\(said)")
  }
}

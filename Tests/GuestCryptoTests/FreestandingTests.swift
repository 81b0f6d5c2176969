import Foundation
import Testing

/// The rooms compile for the inside of a trustlet, where there is no Foundation and no system below.
@Suite struct FreestandingTests {
  static var hasCompiler: Bool {
    let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
    return ["swiftc", "clang", "ld.lld"].allSatisfy { tool in
      folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") }
    }
  }

  @Test(.enabled(if: FreestandingTests.hasCompiler, "swiftc, clang or ld.lld is not in PATH: the free-standing build of 2 rooms not tried"))
  func compilesForTheGuest() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    let output = Pipe()
    process.executableURL = root.appendingPathComponent("Scripts/check-freestanding")
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    print(text, terminator: "")
  }
}

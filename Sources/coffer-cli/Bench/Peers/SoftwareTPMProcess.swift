import Foundation
import ProgramFiles

/// A TPM in software (swtpm) for the time of a benchmark.
struct SoftwareTPMProcess {
  private let folder: ScratchDirectory
  private let process = Process()

  var socket: String { folder.path + "/tpm" }

  /// Nil where it is not installed.
  init?() throws {
    guard let program = ExecutablePath.inPath("swtpm") else { return nil }
    folder = try ScratchDirectory()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "socket", "--tpm2", "--tpmstate", "dir=\(folder.path)", "--ctrl", "type=unixio,path=\(folder.path)/control", "--server",
      "type=unixio,path=\(folder.path)/tpm", "--flags", "startup-clear,not-need-init",
      // With its one connection, however the benchmark ends.
      "--terminate",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date.now + 10
    while !FileManager.default.fileExists(atPath: socket) {
      guard Date.now < end, process.isRunning else {
        self.end()
        throw CommandFailure("swtpm gave no socket in \(folder.path)")
      }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  func end() {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    folder.remove()
  }
}

import Foundation

/// A TPM in software (swtpm), on a socket in a folder of its own, driven by tpm2-tools. It ends with the value.
package final class SoftwareTPM {
  /// Where the programs are; nil if one is missing.
  package static let programs: [String: String]? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    var programs: [String: String] = [:]
    for name in [
      "swtpm", "tpm2_createek", "tpm2_createak", "tpm2_quote", "tpm2_pcrextend", "tpm2_pcrread", "tpm2_readpublic", "tpm2_flushcontext",
    ] {
      guard let folder = folders.first(where: { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }) else { return nil }
      programs[name] = "\(folder)/\(name)"
    }
    return programs
  }()

  struct Failure: Error { var program: String, output: String }

  package static let finding = "swtpm and tpm2-tools are not installed: Debian's packages of these names"

  package let folder: URL
  /// Its data socket.
  package var socket: String { "\(folder.path)/tpm" }
  private let programs: [String: String]
  private let process = Process()

  package init() throws {
    guard let programs = Self.programs else { throw Failure(program: "swtpm", output: Self.finding) }
    self.programs = programs
    // A socket's path is at most 107 bytes.
    folder = URL(fileURLWithPath: "/tmp/coffer-tpm-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder.appendingPathComponent("state"), withIntermediateDirectories: true)
    process.executableURL = URL(fileURLWithPath: programs["swtpm"] ?? "")
    process.arguments = [
      "socket", "--tpm2", "--tpmstate", "dir=\(folder.path)/state", "--ctrl", "type=unixio,path=\(folder.path)/tpm.ctrl", "--server",
      "type=unixio,path=\(folder.path)/tpm", "--flags", "startup-clear,not-need-init",
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date.now + 10
    while !FileManager.default.fileExists(atPath: "\(folder.path)/tpm") {
      guard Date.now < end, process.isRunning else { throw Failure(program: "swtpm", output: "no socket") }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  deinit {
    // Signals that Swift Testing blocks stay blocked in its children.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    Self.wait(for: process)
    try? FileManager.default.removeItem(at: folder)
  }

  /// Runs a tool in the folder, and forgets the objects that it left in the TPM, which has room for three.
  package func run(_ name: String, _ arguments: String...) throws {
    try start(name, arguments)
    for kind in ["-t", "-l", "-s"] { try start("tpm2_flushcontext", [kind]) }
  }

  private func start(_ name: String, _ arguments: [String]) throws {
    let tool = Process()
    tool.executableURL = URL(fileURLWithPath: programs[name] ?? "")
    tool.arguments = arguments
    tool.currentDirectoryURL = folder
    tool.environment = ["TPM2TOOLS_TCTI": "swtpm:path=\(folder.path)/tpm", "PATH": "/usr/bin:/bin"]
    let output = folder.appendingPathComponent("\(name).output")
    try Data().write(to: output)
    let handle = try FileHandle(forWritingTo: output)
    tool.standardOutput = handle
    tool.standardError = handle
    try tool.run()
    Self.wait(for: tool)
    try handle.close()
    guard tool.terminationStatus == 0 else {
      throw Failure(program: name, output: String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }
  }

  /// Foundation's own wait needs the run loop of the thread that started the process; tests have none. A program that does not end is ended.
  private static func wait(for process: Process) {
    let end = Date.now + 30
    while process.isRunning {
      if Date.now > end { kill(process.processIdentifier, SIGKILL) }
      Thread.sleep(forTimeInterval: 0.002)
    }
  }

  package func file(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appendingPathComponent(name))) }
}

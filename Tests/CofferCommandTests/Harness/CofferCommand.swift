import Foundation
import Glibc
import KVMMachine
import Testing
import WasmText

/// The built `coffer`, which lies beside the tests' own program.
struct CofferCommand {
  static let program: String? = {
    guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else { return nil }
    let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("coffer").path
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
  }()
  static let areMet = program != nil && KVMMachine.availability().isAvailable
  static let finding: Comment =
    "needs the program coffer beside the tests (\(program ?? "not there")) and KVM (\(KVMMachine.availability().finding))"

  struct Result {
    var status: Int32
    var output: String
    var errors: String
    /// Lines on standard error, but for the note that nothing is confidential.
    var complaints: [Substring] { errors.split(separator: "\n").filter { !$0.contains("platform none") } }
  }

  /// Runs it to its end.
  /// - Parameters:
  ///   - shell: Goes before the program in a shell's command line, as `ulimit -f 8;`.
  ///   - program: In the place of the built one.
  static func run(
    _ arguments: [String], in directory: String, environment: [String: String] = [:], shell: String = "", program: String? = program
  ) throws -> Result {
    let process = Process()
    let program = try #require(program)
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "\(shell) exec \"$0\" \"$@\"", program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    // Files, since a pipe that is full would stop the program.
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-command-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    var files: [FileHandle] = []
    for name in ["output", "errors"] {
      let file = place.appendingPathComponent(name)
      try Data().write(to: file)
      files.append(try FileHandle(forUpdating: file))
    }
    process.standardOutput = files[0]
    process.standardError = files[1]
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { file in
      try file.seek(toOffset: 0)
      return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    return Result(status: status, output: texts[0], errors: texts[1])
  }
}

/// A directory with programs to try, gone with the value.
final class Workplace: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("coffer-work-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    return name
  }

  @discardableResult
  func module(_ name: String, _ text: String) throws -> String {
    try write(name, try Wat.encode(Array(text.utf8)))
  }

  @discardableResult
  func component(_ name: String, _ text: String) throws -> String {
    try write(name, try Wat.encodeComponent(Array(text.utf8)))
  }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

  func run(_ arguments: String..., environment: [String: String] = [:], shell: String = "") throws -> CofferCommand.Result {
    try CofferCommand.run(arguments, in: path, environment: environment, shell: shell)
  }
}

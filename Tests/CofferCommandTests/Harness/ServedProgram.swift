import Foundation
import Glibc
import Testing

/// A server of ours, on a port that it says, ended with the value.
final class ServedProgram {
  let process = Process()
  private let file: String
  private(set) var port = 0

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// - Parameter arguments: of `coffer`.
  init(_ arguments: [String], environment: [String: String] = [:], in work: Workplace) throws {
    file = "\(work.path)/said-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: file))
    let output = try FileHandle(forUpdating: URL(fileURLWithPath: file))
    process.executableURL = URL(fileURLWithPath: try #require(CofferCommand.program))
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var said: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

  /// Until it says so; the examples are built meanwhile, which a slow machine may take its time for.
  func wait(for text: String) throws {
    for _ in 0..<6000 {
      let said = said
      if said.contains(text) {
        let number = said.firstRange(of: "http://127.0.0.1:").map { said[$0.upperBound...].prefix { $0.isNumber } }
        port = number.flatMap { Int($0) } ?? 0
        return
      }
      guard process.isRunning else { break }
      usleep(20_000)
    }
    throw Failure(description: "'\(text)' was not said, but: \(said)")
  }

  func end(_ signal: Int32) throws -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}

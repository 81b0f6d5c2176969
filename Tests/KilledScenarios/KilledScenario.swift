import Foundation

/// The test's side: a program beside the tests that changes something as fast as it can, killed at random, again and again.
public struct KilledScenario {
  private let program: URL

  /// How often tests kill one.
  public static let rounds = ProcessInfo.processInfo.environment["COFFER_KILL_ROUNDS"].flatMap { Int($0) } ?? 25

  /// Of all that is left to chance; printed, so that a failure can be had again.
  public static func seed() -> UInt64 {
    let seed = ProcessInfo.processInfo.environment["COFFER_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0 ... .max)
    print("seed: COFFER_SEED=\(seed)")
    return seed
  }

  public init(_ name: String) throws {
    var folder = Bundle.main.bundleURL
    for _ in 0..<4 {
      let candidate = folder.appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: candidate.path) {
        program = candidate
        return
      }
      folder.deleteLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// Runs it until it is killed.
  /// - Parameter delay: seconds behind its first line: killed before that it would be no test.
  /// - Returns: the words of each line that it said whole; the one that the kill cut off says nothing.
  public func runAndKill(_ arguments: [String], after delay: Double) throws -> [[String]] {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var text = Data()
    while !text.contains(UInt8(ascii: "\n")) {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { break }
      text += more
    }
    Thread.sleep(forTimeInterval: delay)
    kill(process.processIdentifier, SIGKILL)
    text += output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { $0.split(separator: " ").map(String.init) }
  }
}

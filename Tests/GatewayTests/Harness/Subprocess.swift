import Foundation

/// Runs a program to its end.
enum Subprocess {
  static func run(_ path: String, _ arguments: [String], input: Data = Data()) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let folder = FileManager.default.temporaryDirectory
    let name = UUID().uuidString
    let (inputFile, outputFile) = (folder.appending(path: name + ".in"), folder.appending(path: name + ".out"))
    try input.write(to: inputFile)
    try Data().write(to: outputFile)
    defer {
      try? FileManager.default.removeItem(at: inputFile)
      try? FileManager.default.removeItem(at: outputFile)
    }
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    let output = try FileHandle(forWritingTo: outputFile)
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: try Data(contentsOf: outputFile), as: UTF8.self))
  }

  /// On a thread of its own, for a program that asks this process: what answers it needs the threads of tasks, of which there are few, and other tests
  /// have theirs for long.
  static func runAside(_ path: String, _ arguments: [String], input: Data = Data()) async throws -> (status: Int32, output: String) {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try run(path, arguments, input: input) }) }
    }
  }
}

import Foundation

/// Other programs, run to their end.
enum Subprocess {
  /// What a program writes to standard output. Its complaints are not shown unless it fails.
  static func output(of command: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CommandFailure(
        "\(command[0]) ended with status \(process.terminationStatus): \(String(decoding: complaint, as: UTF8.self))")
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// A directory that goes away again.
struct ScratchDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "coffer-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  func add(_ name: String, _ bytes: [UInt8], executable: Bool = false) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    if executable { try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: file) }
    return file
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }
}

import Foundation

/// `coffer broker serve` as a shell starts it, on a port that is free, with data of the test's own.
final class BrokerProcess {
  let directory: String
  private(set) var url = ""
  private(set) var keyFingerprint = ""
  private var process = Process()
  var identifier: Int32 { process.processIdentifier }

  /// - Parameter options: beside the data directory and where to listen.
  init(directory: String, _ options: [String] = []) throws {
    self.directory = directory
    try start(options)
  }

  deinit { kill() }

  func start(_ options: [String] = []) throws {
    process = Process()
    process.executableURL = try Self.program
    process.arguments = ["broker", "serve", "--listen", "127.0.0.1:0", "--data", directory] + options
    process.environment = ["SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin"]
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var text = ""
    // The last of its lines.
    while !text.contains("admin-token\n") {
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { throw CocoaError(.fileReadUnknown, userInfo: [NSLocalizedDescriptionKey: "the broker ended: \(text)"]) }
      text += String(decoding: more, as: UTF8.self)
    }
    url = text.firstMatch(of: /serves at (\S+)/).map { String($0.1) } ?? ""
    keyFingerprint = text.firstMatch(of: /SHA-256 ([0-9a-f]{64})/).map { String($0.1) } ?? ""
  }

  func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// As one who is told to end: the status it ends with.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  struct Result {
    var status: Int32
    var output: String
    var errors: String
  }

  /// A command against this broker.
  func run(_ arguments: [String], input: String? = nil) throws -> Result {
    try Self.run(
      try Self.program.path, ["broker"] + arguments, input: input, environment: ["COFFER_BROKER": url, "COFFER_BROKER_DATA": directory])
  }

  static func run(_ program: String, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ["SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin"].merging(environment) { $1 }
    let (output, errors, stdin) = (Pipe(), Pipe(), Pipe())
    process.standardInput = stdin
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    if let input { try? stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
    try? stdin.fileHandleForWriting.close()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaints = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Result(status: process.terminationStatus, output: String(decoding: text, as: UTF8.self), errors: String(decoding: complaints, as: UTF8.self))
  }

  /// Beside the tests.
  static var program: URL {
    get throws {
      var folder = Bundle.main.bundleURL
      for _ in 0..<4 {
        let candidate = folder.appendingPathComponent("coffer-node")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        folder.deleteLastPathComponent()
      }
      throw CocoaError(.fileNoSuchFile)
    }
  }
}

import Foundation
import ProgramFiles

/// A key broker on this machine for the time of a benchmark, with one secret in it.
struct BrokerProcess {
  static let resource = "bench/secrets/password"

  let address: BrokerAddress
  /// What manifests name that take its secrets alone.
  let author: String
  private let folder: ScratchDirectory
  private let process = Process()

  init() throws {
    folder = try ScratchDirectory()
    let log = "\(folder.path)/log"
    try Data().write(to: URL(fileURLWithPath: log))
    process.executableURL = URL(fileURLWithPath: try ExecutablePath.own()).deletingLastPathComponent().appendingPathComponent(NodeProgram.name)
    process.arguments = ["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(folder.path)/data"]
    process.standardOutput = FileHandle(forWritingAtPath: log)
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date.now + 20
    var found: (BrokerAddress, author: String)?
    while found == nil {
      guard Date.now < end, process.isRunning else {
        Self.end(process, folder)
        throw CommandFailure("the broker did not start: coffer broker serve says why")
      }
      Thread.sleep(forTimeInterval: 0.02)
      let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      guard said.contains("token is in"), let start = said.firstRange(of: "http://") else { continue }
      let author = said.split { !$0.isHexDigit }.first { $0.count == 128 }
      found = (try BrokerAddress.parse(String(said[start.lowerBound...].prefix { !$0.isWhitespace })), author.map { String($0) } ?? "")
    }
    guard let found else { throw CommandFailure("the broker did not start") }
    (address, author) = found
  }

  /// - Parameter policy: who gets the secret.
  func put(policy: String) throws {
    let (secret, rules) = ("\(folder.path)/secret", "\(folder.path)/policy.yaml")
    try Data("open sesame".utf8).write(to: URL(fileURLWithPath: secret))
    try Data(policy.utf8).write(to: URL(fileURLWithPath: rules))
    let put = Process()
    put.executableURL = process.executableURL
    put.arguments = ["broker", "put", Self.resource, secret, "--policy", rules, "--broker", address.shown, "--broker-data", "\(folder.path)/data"]
    put.standardOutput = FileHandle.nullDevice
    try put.run()
    put.waitUntilExit()
    guard put.terminationStatus == 0 else { throw CommandFailure("the broker did not take the secret: status \(put.terminationStatus)") }
  }

  func end() { Self.end(process, folder) }

  private static func end(_ process: Process, _ folder: ScratchDirectory) {
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    folder.remove()
  }
}

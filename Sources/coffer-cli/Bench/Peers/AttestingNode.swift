import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import ProgramFiles

/// A node on this machine for the time of a benchmark, with an attester and one function.
final class AttestingNode {
  private let folder: ScratchDirectory
  private let process = Process()
  private let client = HTTPClient(eventLoopGroupProvider: .singleton)
  private var address = ""
  private var token = ""

  /// - Parameter platform: as `coffer serve` takes it.
  init(platform: String) throws {
    folder = try ScratchDirectory()
    let log = "\(folder.path)/log"
    try Data().write(to: URL(fileURLWithPath: log))
    let program = URL(fileURLWithPath: try ExecutablePath.own()).deletingLastPathComponent().appendingPathComponent(NodeProgram.name)
    process.executableURL = program
    process.arguments = ["serve", "--listen", "127.0.0.1:0", "--data", "\(folder.path)/data", "--platform", platform, "--demo"]
    process.standardOutput = FileHandle(forWritingAtPath: log)
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      address = try found("http://", in: log)
      token = try String(contentsOfFile: "\(folder.path)/data/admin-token", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      // The function is there, and stands ready, when this is answered.
      try evidence(nonce: [UInt8](0..<32))
    } catch {
      end()
      throw error
    }
  }

  private func found(_ start: String, in log: String) throws -> String {
    let end = Date.now + 30
    while Date.now < end, process.isRunning {
      let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      if said.contains("the examples are deployed"), let range = said.firstRange(of: "functions at \(start)") {
        return start + said[range.upperBound...].prefix { $0 != "/" }
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    throw CommandFailure("the node did not start: coffer serve says why")
  }

  /// Has the node make evidence of its function for a nonce, by HTTP on a connection that is kept.
  func evidence(nonce: [UInt8]) throws {
    let digits = nonce.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    var request = try HTTPClient.Request(url: "\(address)/v1/functions/hello/evidence?nonce=\(digits)")
    request.headers.add(name: "Authorization", value: "Bearer \(token)")
    let answer = try client.execute(request: request, deadline: .now() + .seconds(30)).wait()
    guard answer.status == .ok, answer.body?.readableBytes ?? 0 > 1000 else {
      throw CommandFailure("the node gave no evidence: status \(answer.status.code)")
    }
  }

  func end() {
    try? client.syncShutdown()
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    folder.remove()
  }
}

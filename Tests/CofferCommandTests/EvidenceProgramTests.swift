import Foundation
import Glibc
import LoopbackSockets
import Testing

/// `coffer-evidence` as it runs in a node image; here mostly without a platform, whose lack it tells.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct EvidenceProgramTests {
  @Test func connectionsThatSayNothingKeepNobodyOut() throws {
    let port = try Loopback.freePort()
    let process = Process()
    let program = URL(fileURLWithPath: try #require(CofferCommand.program)).deletingLastPathComponent().appendingPathComponent("coffer-evidence")
    try #require(FileManager.default.isExecutableFile(atPath: program.path), "\(program.path) is not built")
    process.executableURL = program
    process.arguments = ["127.0.0.1", "\(port)"]
    try process.run()
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try Patience.wait("it listens") { (try? Loopback.connection(to: port)).map { close($0) } != nil }
    // One after the other they would take eight minutes.
    let silent = try (0..<100).map { _ in try Loopback.connection(to: port) }
    defer { for connection in silent { close(connection) } }
    for connection in silent.prefix(50) { Loopback.send(Array("GET /evi".utf8), to: connection) }
    for _ in 0..<3 {
      let asking = try Loopback.connection(to: port)
      defer { close(asking) }
      Loopback.send(Array("GET /evidence?nonce=00112233445566778899aabbccddeeff HTTP/1.1\r\nHost: node\r\n\r\n".utf8), to: asking)
      let answer = Loopback.receive(from: asking)
      #expect(answer.isEnded && (answer.text.hasPrefix("HTTP/1.1 200 ") || answer.text.hasPrefix("HTTP/1.1 503 ")), "\(answer.text)")
    }
    // Those whose time is over are let go.
    #expect(silent.allSatisfy { Loopback.receive(from: $0).isEnded })
  }
}

import Foundation
import Glibc
import Testing

/// A node as the README starts it, asked as the README asks it, and told to end.
@Suite(.enabled(if: CofferCommand.areMet && hasCurl, "\(CofferCommand.finding.rawValue), and curl"))
struct ServeCommandTests {
  /// The README's requests.
  private static func requests() throws -> [String] {
    try PackageFolder.readme().split(separator: "\n").filter { $0.hasPrefix("    curl ") && $0.contains(":8080/") }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }

  @Test func whatTheReadmeAsksIsAnsweredAndSIGTERMEndsIt() throws {
    let work = try Workplace()
    let requests = try Self.requests()
    #expect(requests.count == 3)
    for isFirst in [true, false] {
      let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", work.path + "/data"] + (isFirst ? ["--demo"] : []), in: work)
      try node.wait(for: isFirst ? "the examples are deployed" : "the dashboard is at")
      let descendants = Descendant.all(of: node.process.processIdentifier)
      let answers = try requests.map { request in
        try Self.shell("exec " + request.replacing(":8080", with: ":\(node.port)").replacing("curl ", with: "curl -sS -f --max-time 60 "))
      }
      #expect(answers[0].contains("world"), "\(answers)")
      #expect(answers[1] == (try PackageFolder.readme()))
      #expect(answers[2].lowercased().contains("hello"), "\(answers)")
      #expect(try node.end(SIGTERM) == 0, "\(node.said)")
      #expect(node.said.contains("nothing here is confidential"))
      for descendant in descendants { #expect(!descendant.survives, "\(descendant)") }
    }
  }

  /// Whatever callers do: calls that never end, bodies that do not, heads that stop, streams of HTTP/2.
  @Test func aNodeThatIsToldToEndDoes() throws {
    let work = try Workplace()
    try work.module(
      "forever.wasm", "(module (memory (export \"memory\") 1) (func (export \"_start\") (loop (br 0))))")
    let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", work.path + "/data", "--drain", "1"], in: work)
    try node.wait(for: "the dashboard is at")
    let environment = ["COFFER_NODE": "http://127.0.0.1:\(node.port)", "COFFER_DATA": work.path + "/data"]
    for (name, program) in [("echo", "example:echo"), ("forever", "forever.wasm")] {
      let deployed = try CofferCommand.run(["deploy", name, program], in: work.path, environment: environment)
      try #require(deployed.status == 0, "\(deployed.errors)")
    }
    var open: [Int32] = []
    defer { for descriptor in open { close(descriptor) } }
    for request in [
      "GET /f/forever HTTP/1.1\r\nHost: a\r\n\r\n", "POST /f/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n", "GET /f/echo HTTP/1.1\r\nHo", "",
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0",
      "POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", "PUT /v1/functions/half HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc",
    ] {
      for _ in 0..<4 { open.append(try connection(to: node.port, saying: request)) }
    }
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/bin/sh")
    curl.arguments = ["-c", "exec curl -s -o /dev/null --http2-prior-knowledge --max-time 120 --limit-rate 1k -T /dev/zero http://127.0.0.1:\(node.port)/f/echo"]
    try curl.run()
    defer { if curl.isRunning { kill(curl.processIdentifier, SIGKILL) } }
    sleep(1)
    let start = ContinuousClock.now
    #expect(try node.end(SIGTERM) == 0, "\(node.said)")
    // A second to drain, another to tell callers; the rest is for a busy machine.
    #expect(ContinuousClock.now - start < .seconds(60))
    #expect(!node.said.contains("EventLoop"), "\(node.said)")
  }

  private static func shell(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = PackageFolder.root
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(command)")
    return String(decoding: bytes, as: UTF8.self)
  }
}

private let hasCurl = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
  FileManager.default.isExecutableFile(atPath: "\($0)/curl")
}

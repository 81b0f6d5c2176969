import Foundation
import Glibc
import Testing

/// What becomes of idle machines where memory is short, with real processes: what the node, or a tenant, may have is less than any process takes.
@Suite(.serialized, .enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct NodeMemoryTests {
  private struct Statistics: Decodable {
    struct Function: Decodable {
      var name: String
      var machines: Int
      var templateBytes: UInt64
    }
    struct Node: Decodable {
      struct Monitor: Decodable { var residentBytes: UInt64 }
      var monitors: [Monitor]
    }
    var functions: [Function]
    var node: Node
  }

  private func statistics(_ node: ServedProgram, _ work: Workplace) throws -> Statistics {
    let token = try String(contentsOfFile: work.path + "/data/admin-token", encoding: .utf8).trimmingCharacters(in: .newlines)
    let answer = try exchange(
      node.port, "GET /v1/statistics?histograms=false HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n\r\n")
    return try JSONDecoder().decode(Statistics.self, from: Data((answer.head.lowercased().contains("chunked") ? answer.chunks.joined() : answer.body).utf8))
  }

  private func call(_ name: String, _ node: ServedProgram) throws {
    let answer = try exchange(node.port, "GET /f/\(name) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    #expect(answer.head.hasPrefix("HTTP/1.1 200 ") && answer.body.contains("Hello"), "\(answer)")
  }

  /// Two minutes at most, where idle machines stay for one.
  private func wait(_ condition: () throws -> Bool) throws -> Bool {
    for _ in 0..<240 {
      if try condition() { return true }
      usleep(500_000)
    }
    return false
  }

  @Test func aNodeWithoutMemoryKeepsNoIdleMachineAndStillAnswers() throws {
    let work = try Workplace()
    let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", work.path + "/data", "--memory", "1"], in: work)
    try node.wait(for: "the dashboard is at")
    let environment = ["COFFER_NODE": "http://127.0.0.1:\(node.port)", "COFFER_DATA": work.path + "/data"]
    try #require(try CofferCommand.run(["deploy", "hello", "example:hello"], in: work.path, environment: environment).status == 0)
    for _ in 0..<3 {
      try call("hello", node)
      #expect(try wait { try statistics(node, work).functions.allSatisfy { $0.machines == 0 && $0.templateBytes == 0 } })
    }
    #expect(try statistics(node, work).node.monitors.contains { $0.residentBytes > 1 << 20 })
    #expect(try node.end(SIGTERM) == 0)
  }

  @Test func aTenantsMemoryIsItsOwnMatter() throws {
    let work = try Workplace()
    let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", work.path + "/data"], in: work)
    try node.wait(for: "the dashboard is at")
    let environment = ["COFFER_NODE": "http://127.0.0.1:\(node.port)", "COFFER_DATA": work.path + "/data"]
    for arguments in [
      ["tenants", "add", "small", "--memory", "1MiB"], ["deploy", "theirs", "example:hello", "--tenant", "small"], ["deploy", "ours", "example:hello"],
    ] {
      let result = try CofferCommand.run(arguments, in: work.path, environment: environment)
      try #require(result.status == 0, "\(result.errors)")
    }
    for _ in 0..<2 {
      try call("theirs", node)
      try call("ours", node)
      #expect(try wait { try statistics(node, work).functions.contains { $0.name == "theirs" && $0.machines == 0 && $0.templateBytes == 0 } })
      let ours = try statistics(node, work).functions.first { $0.name == "ours" }
      #expect(ours?.machines == 1)
    }
    #expect(try node.end(SIGTERM) == 0)
  }

  /// The trustlet is a process of its own there, into whose 64 MiB the monitor's own memory does not reach.
  @Test func whatTrustletsOfMachineProcessHoldCounts() throws {
    let work = try Workplace()
    try work.module("holds.wasm", """
      (module (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1025)
        (func (export "_start")
          (memory.fill (i32.const 65536) (i32.const 1) (i32.const 67108864))
          (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1))
          (loop $next (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br_if $next (i32.load (i32.const 8))))))
      """)
    let node = try ServedProgram(["serve", "--machine", "process", "--listen", "127.0.0.1:0", "--data", work.path + "/data"], in: work)
    try node.wait(for: "the dashboard is at")
    let environment = ["COFFER_NODE": "http://127.0.0.1:\(node.port)", "COFFER_DATA": work.path + "/data"]
    try #require(try CofferCommand.run(["deploy", "holds", "holds.wasm"], in: work.path, environment: environment).status == 0)
    let caller = try connection(to: node.port, saying: "POST /f/holds HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    #expect(try wait { try statistics(node, work).node.monitors.contains { $0.residentBytes > 64 << 20 } })
    close(caller)
    #expect(try node.end(SIGTERM) == 0)
  }
}

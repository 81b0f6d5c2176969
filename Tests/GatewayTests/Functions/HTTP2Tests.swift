import Foundation
import FunctionCalls
import Gateway
import Testing

/// HTTP/2 with prior knowledge, as `curl` speaks it.
@Suite(.serialized, .enabled(if: Curl.speaksHTTP2, "7 tests need curl with HTTP/2; Scripts/install-test-tools installs it"))
struct HTTP2Tests {
  @Test func aFunctionIsToldOfItsRequestAsWithHTTP1() async throws {
    let node = try await NodeHarness { .output($0.head.environment.joined(separator: "\n") + "\n" + String(decoding: $0.input, as: UTF8.self)) }
    let answer = try await Curl.ask(node, "/f/echo/a?q=1", ["-H", "X-One: 1", "--data-binary", "a body"])
    #expect(answer.hasPrefix("HTTP/2 200"), "\(answer)")
    for expected in ["SERVER_PROTOCOL=HTTP/2", "REQUEST_METHOD=POST", "PATH_INFO=/a", "QUERY_STRING=q=1", "HTTP_X_ONE=1", "SERVER_NAME=127.0.0.1", "a body"] {
      #expect(answer.contains(expected), "\(expected) in \(answer)")
    }
    await node.end()
  }

  @Test func whatIsNoFunctionsPassesThrough() async throws {
    let node = try await NodeHarness { _ in .output("function") }
    #expect(try await Curl.ask(node, "/plain").hasSuffix("plain"))
    #expect(try await Curl.ask(node, "/count", ["--data-binary", "12345"]).hasSuffix("5"))
    #expect(try await Curl.ask(node, "/nothing").hasPrefix("HTTP/2 404"))
    await node.end()
  }

  @Test func largeBodiesPassBothWays() async throws {
    let node = try await NodeHarness { .output(String(decoding: $0.input, as: UTF8.self)) }
    let text = String(repeating: "0123456789abcdef", count: 200_000)
    // With their length announced, and without.
    for arguments in [["--data-binary", "@-"], ["-X", "POST", "-T", "-"]] {
      let answer = try await Curl.ask(node, "/f/echo", arguments, input: Data(text.utf8))
      #expect(answer.hasPrefix("HTTP/2 200"), "\(answer.prefix(300))")
      #expect(answer.hasSuffix("\n" + text))
    }
    await node.end()
  }

  /// A body that nobody has announced, and that its method does not have usually, is bounded as others are.
  @Test func aGETWithABodyIsBounded() async throws {
    var limits = FunctionService.Limits()
    limits.body = 100_000
    let node = try await NodeHarness(limits: limits) { .output(String(decoding: $0.input, as: UTF8.self)) }
    let text = String(repeating: "0123456789abcdef", count: 5000)
    #expect(try await Curl.ask(node, "/f/echo", ["-X", "GET", "-T", "-"], input: Data(text.utf8)).hasSuffix("\n" + text))
    let (_, output) = try await Curl.run(["-i", "-s", "-X", "GET", "-T", "-", "http://127.0.0.1:\(node.port)/f/echo"], input: Data((0..<8).flatMap { _ in text.utf8 }))
    #expect(output.hasPrefix("HTTP/2 413"), "\(output.prefix(300))")
    await node.end()
  }

  @Test(.enabled(if: Tool.h2load != nil, "needs h2load; Scripts/install-test-tools installs it"))
  func streamsOfOneConnectionAreAnsweredEach() async throws {
    let node = try await NodeHarness(slots: 4) { _ in .output("fine") }
    let (status, output) = try await Subprocess.runAside(
      try #require(Tool.h2load), ["-n", "300", "-c", "2", "-m", "20", "-T", "30", "http://127.0.0.1:\(node.port)/f/echo"])
    #expect(status == 0 && output.contains("300 succeeded, 0 failed") && output.contains("300 2xx"), "\(output)")
    await node.end()
  }

  @Test func anEndThatIsNotGoodIsSaidHonestly() async throws {
    let node = try await NodeHarness { _ in .output("half an answer", CallEnd(.trapped, start: .warm)) }
    let answer = try await Curl.ask(node, "/f/echo")
    #expect(answer.hasPrefix("HTTP/2 500") && !answer.contains("half"), "\(answer)")
    await node.end()
  }

  @Test func aHeaderThatIsTooLargeEndsNobodyElsesRequest() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let (status, output) = try await Curl.run(["-i", "-s", "-H", "X: " + String(repeating: "a", count: 120_000), "http://127.0.0.1:\(node.port)/f/echo"])
    #expect(status != 0 || output.hasPrefix("HTTP/2 431"), "\(status) \(output.prefix(200))")
    #expect(try await Curl.ask(node, "/f/echo").hasSuffix("fine"))
    await node.end()
  }
}

private enum Tool {
  static let curl = find("curl")
  static let h2load = find("h2load")

  private static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

private enum Curl {
  static var speaksHTTP2: Bool {
    guard let path = Tool.curl, let version = try? Subprocess.run(path, ["--version"]) else { return false }
    return version.output.contains("HTTP2")
  }

  static func run(_ arguments: [String], input: Data = Data()) async throws -> (status: Int32, output: String) {
    try await Subprocess.runAside(try #require(Tool.curl), ["--http2-prior-knowledge", "--max-time", "300"] + arguments, input: input)
  }

  /// The head and the body of an answer, with the head's lines ending in a newline alone.
  static func ask(_ node: NodeHarness, _ path: String, _ arguments: [String] = [], input: Data = Data()) async throws -> String {
    let (status, output) = try await run(["-i", "-s"] + arguments + ["http://127.0.0.1:\(node.port)\(path)"], input: input)
    #expect(status == 0, "\(output.prefix(300))")
    return output.replacing("\r\n", with: "\n")
  }
}

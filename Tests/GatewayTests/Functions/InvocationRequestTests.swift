import AsyncHTTPClient
import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Gateway
import NIOCore
import NIOHTTP1
import Testing

/// Requests that call exported functions, as the front takes them; what becomes of them in a monitor process is `ExportedFunctionTests`'.
@Suite(.serialized) struct InvocationRequestTests {
  private func node(_ body: @escaping @Sendable (FakeCall) -> FakeMonitors.Answer) async throws -> NodeHarness {
    try await NodeHarness(settings: FunctionSettings(environment: ["MODE=fast"], answer: .exports), body: body)
  }

  private func post(_ path: String, _ body: String, _ headers: HTTPHeaders = [:], _ node: NodeHarness) async throws -> (status: Int, headers: HTTPHeaders, body: String) {
    try await FunctionRequestTests.answer(
      FunctionRequestTests.request("/f/echo" + path, method: .POST, headers: headers, body: .bytes(ByteBuffer(string: body)), node))
  }

  @Test func aCallTravelsWithItsNameAndForms() async throws {
    let node = try await node { call in
      .output((call.head.arguments + call.head.environment + [String(decoding: call.input, as: UTF8.self)]).joined(separator: "|"))
    }
    for (path, body, accept, expected) in [
      ("/greet", "[1]", "", "greet|json|json|MODE=fast|[1]\n"), ("/greet", " \n(1)", "", "greet|wave|wave|MODE=fast| \n(1)\n"), ("/greet", "", "", "greet|json|json|MODE=fast|\n"),
      ("/a%2Fb:c%23d@1", "()", "application/json; q=1", "a/b:c#d@1|wave|json|MODE=fast|()\n"), ("", "[]", "text/html, text/plain", "|json|wave|MODE=fast|[]\n"),
    ] {
      let answer = try await post(path, body, accept.isEmpty ? [:] : ["Accept": accept], node)
      #expect(answer.status == 200 && answer.body == expected, "\(answer)")
      #expect(answer.headers["content-type"] == [expected.contains("|json|MODE") ? "application/json" : "text/plain; charset=utf-8"])
      #expect(answer.headers["content-security-policy"].first?.hasPrefix("sandbox") == true)
    }
    await node.end()
  }

  @Test func whatIsNoCallIsRefusedWithoutOne() async throws {
    let node = try await node { _ in .output("it ran") }
    let read = try await FunctionRequestTests.answer(FunctionRequestTests.request("/f/echo/greet", node))
    #expect(read.status == 405 && read.headers["allow"] == ["POST"] && read.body.contains("POST /f/echo/NAME"), "\(read)")
    let long = try await post("/greet", String(repeating: "1", count: 1 << 20 + 1), [:], node)
    #expect(long.status == 413, "\(long)")
    // Also where nobody says how long it will be.
    let request = "POST /f/echo/greet HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    let chunk = "10000\r\n" + String(repeating: "1", count: 1 << 16) + "\r\n"
    let unannounced = try await node.raw([request] + Array(repeating: chunk, count: 17), enough: { $0.contains("413") })
    #expect(unannounced.hasPrefix("HTTP/1.1 413 "), "\(unannounced.prefix(200))")
    #expect(try await post("/" + String(repeating: "a", count: 5000), "[]", [:], node).status == 404)
    await node.end()
  }

  @Test(arguments: [
    (CallEnd(.noFunction, message: "no \"x\""), 404), (CallEnd(.badArguments, message: String(repeating: "é", count: 9000)), 400), (CallEnd(.trapped, message: "secret"), 500),
    (CallEnd(.exited, status: 1), 500), (CallEnd(.timedOut), 504), (CallEnd(.failed, message: "secret"), 502),
    (CallEnd(.resultTooLong), 500),
  ]) func endingsBecomeStatuses(end: CallEnd, status: Int) async throws {
    // What came before the end is no result.
    let node = try await node { _ in .output("half", end) }
    let answer = try await post("/greet", "[]", [:], node)
    #expect(answer.status == status && !answer.body.contains("half") && !answer.body.contains("secret") && answer.body.utf8.count < 5000, "\(answer)")
    if status == 404 { #expect(answer.body.contains("no \\\"x\\\"")) }
    await node.end()
  }

  /// A monitor process that has been taken over cannot fill the front: what goes beyond the one number that both know is no result.
  @Test(arguments: [(0, 200), (1, 502), (1 << 20, 502)]) func aResultBeyondTheBoundIsGivenUp(more: Int, status: Int) async throws {
    let node = try await node { _ in .outputBytes([UInt8](repeating: 49, count: CallEnd.resultLimit + more), CallEnd(.exited)) }
    let answer = try await post("/greet", "[]", [:], node)
    #expect(answer.status == status && answer.body.utf8.count == (status == 200 ? CallEnd.resultLimit + 1 : answer.body.utf8.count))
    await node.end()
  }
}

import AsyncHTTPClient
import FunctionCalls
import FunctionDispatch
import Gateway
import NIOCore
import NIOHTTP1
import Testing

@Suite(.serialized) struct FunctionRequestTests {
  static func request(_ path: String, method: HTTPMethod = .GET, headers: HTTPHeaders = [:], body: HTTPClientRequest.Body? = nil, _ node: NodeHarness)
    -> HTTPClientRequest
  {
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(node.port)\(path)")
    request.method = method
    request.headers = headers
    request.body = body
    return request
  }

  static func answer(_ request: HTTPClientRequest) async throws -> (status: Int, headers: HTTPHeaders, body: String) {
    let response = try await HTTPClient.shared.execute(request, timeout: .seconds(90))
    return (Int(response.status.code), response.headers, String(buffer: try await response.body.collect(upTo: 64 << 20)))
  }

  @Test func aProgramIsToldItsRequestByCGI() async throws {
    let node = try await NodeHarness { .output($0.head.environment.sorted().joined(separator: "\n")) }
    let (status, headers, body) = try await Self.answer(
      Self.request(
        "/f/echo/a%20b?q=1", method: .POST,
        headers: [
          "Content-Type": "x/y", "X-One": "1", "Proxy": "evil", "Authorization": "Bearer own", "TE": "trailers", "X_One": "2", "Cookie": "c=d",
        ],
        body: .bytes(ByteBuffer(string: "abc")), node))
    #expect(status == 200)
    #expect(headers["content-type"] == ["text/plain; charset=utf-8"])
    #expect(headers["x-content-type-options"] == ["nosniff"])
    #expect(headers["content-security-policy"].first?.hasPrefix("sandbox") == true)
    #expect(headers["x-request-id"].first?.utf8.count == 16)
    #expect(headers["date"].count == 1)
    let variables = body.split(separator: "\n").map(String.init)
    for expected in [
      "GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=POST", "SCRIPT_NAME=/f/echo", "PATH_INFO=/a b", "QUERY_STRING=q=1", "CONTENT_TYPE=x/y",
      "CONTENT_LENGTH=3", "SERVER_PROTOCOL=HTTP/1.1", "REMOTE_ADDR=127.0.0.1", "SERVER_NAME=127.0.0.1", "SERVER_PORT=\(node.port)",
      "HTTP_X_ONE=1", "HTTP_AUTHORIZATION=Bearer own", "HTTP_COOKIE=c=d",
    ] {
      #expect(variables.contains(expected), "\(expected)")
    }
    for unwanted in ["HTTP_PROXY", "HTTP_TE", "HTTP_X_ONE=2", "HTTP_CONTENT_LENGTH"] {
      #expect(!variables.contains { $0.hasPrefix(unwanted) }, "\(unwanted)")
    }
    await node.end()
  }

  /// RFC 3875, 4.1.18: a program has one variable for all fields of a name.
  @Test func fieldsOfOneNameAreOneVariable() async throws {
    let node = try await NodeHarness { .output($0.head.environment.joined(separator: "\n")) }
    let (status, _, body) = try await Self.answer(
      Self.request(
        "/f/echo", headers: ["X-Forwarded-For": "1.2.3.4", "Cookie": "a=b", "x-forwarded-for": "5.6.7.8", "X-Forwarded-Fox": "9", "cookie": "c=d"], node))
    #expect(status == 200)
    let variables = body.split(separator: "\n").map(String.init)
    #expect(variables.filter { $0.hasPrefix("HTTP_X_FORWARDED_FOR=") } == ["HTTP_X_FORWARDED_FOR=1.2.3.4, 5.6.7.8"])
    #expect(variables.filter { $0.hasPrefix("HTTP_COOKIE=") } == ["HTTP_COOKIE=a=b; c=d"])
    #expect(variables.contains("HTTP_X_FORWARDED_FOX=9"))
    await node.end()
  }

  @Test func theNodesOwnTokensReachNoFunction() async throws {
    let node = try await NodeHarness { .output($0.head.environment.joined(separator: "\n")) }
    let (_, _, body) = try await Self.answer(
      Self.request("/f/echo", headers: ["Authorization": "Bearer coffer_abcdefghijkl_secret"], node))
    #expect(!body.contains("secret"))
    let (_, _, both) = try await Self.answer(
      Self.request("/f/echo", headers: ["Authorization": "Basic own", "authorization": "Bearer coffer_abcdefghijkl_secret"], node))
    #expect(!both.contains("secret"))
    await node.end()
  }

  static let answers: [(output: String, status: Int, type: String, body: String)] = [
    ("hello", 200, "text/plain; charset=utf-8", "hello"),
    ("", 200, "text/plain; charset=utf-8", ""),
    ("Content-Type: text/html\n\n<p>", 200, "text/html", "<p>"),
    ("Status: 404\nContent-Type: a/b\n\nnot here", 404, "a/b", "not here"),
    ("Content-Type: a/b\rSet-Cookie: x=y\n\nz", 200, "text/plain; charset=utf-8", "Content-Type: a/b\rSet-Cookie: x=y\n\nz"),
  ]

  @Test(arguments: answers.indices) func anAnswerIsTakenForWhatItIs(_ index: Int) async throws {
    let row = Self.answers[index]
    let node = try await NodeHarness { _ in .output(row.output) }
    let (status, headers, body) = try await Self.answer(Self.request("/f/echo", node))
    #expect(status == row.status)
    #expect(headers["content-type"] == [row.type])
    #expect(headers["content-length"] == ["\(row.body.utf8.count)"])
    #expect(headers["set-cookie"].isEmpty)
    #expect(body == row.body)
    await node.end()
  }

  static let endings: [(CallEnd, Int)] = [
    (CallEnd(.exited, start: .warm, status: 1), 500), (CallEnd(.trapped, start: .warm, message: "secret"), 500), (CallEnd(.timedOut, start: .warm), 504),
    (CallEnd(.processorTimeUsedUp, start: .warm), 504), (CallEnd(.killed, start: .warm, message: "secret"), 500),
    (CallEnd(.failed, message: "secret"), 502),
  ]

  @Test(arguments: endings.indices) func anEndThatIsNotGoodIsSaidHonestly(_ index: Int) async throws {
    let (end, expected) = Self.endings[index]
    let node = try await NodeHarness { _ in .output("Content-Type: text/html\n\nhalf an answer", end) }
    let (status, headers, body) = try await Self.answer(Self.request("/f/echo", node))
    #expect(status == expected)
    #expect(headers["content-type"] == ["application/problem+json"])
    #expect(body.contains("\"status\":\(expected)") && !body.contains("secret") && !body.contains("half"))
    await node.end()
  }

  @Test func aDeadMonitorIsA502ThatSaysSo() async throws {
    let node = try await NodeHarness { _ in .die }
    let (status, _, body) = try await Self.answer(Self.request("/f/echo", node))
    #expect(status == 502)
    #expect(body.contains("monitor process"))
    await node.end()
  }

  @Test func largeBodiesPassBothWays() async throws {
    let node = try await NodeHarness { .output(String(decoding: $0.input, as: UTF8.self)) }
    let text = String(repeating: "0123456789abcdef", count: 200_000)
    for body in [HTTPClientRequest.Body.bytes(ByteBuffer(string: text)), .stream([ByteBuffer(string: text)].async, length: .unknown)] {
      let (status, _, found) = try await Self.answer(Self.request("/f/echo", method: .POST, body: body, node))
      #expect(status == 200)
      #expect(found == text)
    }
    await node.end()
  }

  @Test func whatIsNoFunctionsPassesThrough() async throws {
    let node = try await NodeHarness { _ in .output("function") }
    for _ in 0..<3 {
      #expect(try await Self.answer(Self.request("/plain", node)).body == "plain")
      #expect(try await Self.answer(Self.request("/f/echo", node)).body == "function")
      #expect(try await Self.answer(Self.request("/count", method: .POST, body: .bytes(ByteBuffer(string: "12345")), node)).body == "5")
    }
    #expect(try await Self.answer(Self.request("/f/none", node)).status == 404)
    #expect(try await Self.answer(Self.request("/nothing", node)).status == 404)
    await node.end()
  }

  @Test func aBodyThatIsTooLargeIsRefused() async throws {
    var limits = FunctionService.Limits()
    limits.body = 1000
    let node = try await NodeHarness(limits: limits) { .output("\($0.input.count)") }
    let small = HTTPClientRequest.Body.bytes(ByteBuffer(string: String(repeating: "a", count: 1000)))
    #expect(try await Self.answer(Self.request("/f/echo", method: .POST, body: small, node)).body == "1000")
    let large = HTTPClientRequest.Body.bytes(ByteBuffer(string: String(repeating: "a", count: 1001)))
    #expect(try await Self.answer(Self.request("/f/echo", method: .POST, body: large, node)).status == 413)
    await node.end()
  }
}

extension Array where Element: Sendable {
  /// One after another.
  var async: AsyncStream<Element> {
    AsyncStream { continuation in
      for element in self { continuation.yield(element) }
      continuation.finish()
    }
  }
}

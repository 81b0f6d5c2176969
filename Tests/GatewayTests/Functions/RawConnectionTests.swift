import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Gateway
import Testing

/// Bytes on a socket that no well-behaved client would send.
@Suite(.serialized) struct RawConnectionTests {
  static let malformed: [(String, String)] = [
    ("a space in a field's name", "GET /f/echo HTTP/1.1\r\nHost: a\r\nX Y: z\r\n\r\n"),
    ("a length that is none", "POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"),
    ("a negative length", "POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
    ("two lengths", "POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("a length and chunks", "POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a chunk without size", "POST /f/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ("two hosts", "GET /f/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    ("the same host twice", "GET /f/echo HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n"),
    ("no host", "GET /f/echo HTTP/1.1\r\n\r\n"),
    ("a path that cannot be decoded", "GET /f/echo/%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
  ]

  @Test(arguments: malformed.map(\.0)) func whatIsNoRequestIsA400AndOthersGoOn(_ name: String) async throws {
    let bytes = try #require(Self.malformed.first { $0.0 == name }?.1)
    let node = try await NodeHarness { _ in .output("fine") }
    let answer = try await node.raw([bytes], enough: { $0.contains("\"detail\"") })
    #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
    #expect(try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]).hasSuffix("fine"))
    await node.end()
  }

  /// What is well-formed, and perhaps not for this server.
  @Test(arguments: [
    ("BREW /f/echo HTTP/1.1\r\nHost: a\r\n\r\n", "501"), ("hello there\r\n\r\n", "501"), ("GET /f/echo\r\n\r\n", "505"),
    ("GET /f/echo HTTP/9.9\r\nHost: a\r\n\r\n", "505"), ("GET /f/echo HTTP/2.0\r\nHost: a\r\n\r\n", "505"),
    ("POST /f/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "501"),
    ("POST /f/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "501"),
    ("POST /f/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "400"),
    ("POST /f/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n1;x=\"y;z\"\r\na\r\n0\r\nX: y\r\n\r\n", "200"),
  ]) func whatIsNotKnownHereIsSaidToBe(request: String, status: String) async throws {
    let node = try await NodeHarness { _ in .output("\"detail\"") }
    let answer = try await node.raw([request], enough: { $0.contains("\"detail\"") })
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
    await node.end()
  }

  @Test func aHeaderThatIsTooLargeIsA431() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    for header in [
      "X: " + String(repeating: "a", count: 200_000), (0..<2000).map { "X\($0): y" }.joined(separator: "\r\n"),
      (0..<100).map { "X\($0): " + String(repeating: "z", count: 2000) }.joined(separator: "\r\n"),
    ] {
      let answer = try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\n\(header)\r\n\r\n"], enough: { $0.contains("\"detail\"") })
      #expect(answer.hasPrefix("HTTP/1.1 431 ") && answer.contains("in 200 fields"), "\(answer.prefix(400))")
    }
    await node.end()
  }

  @Test func aTargetWithoutEndIsNotKept() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let answer = try await node.raw(
      ["GET /f/echo/"] + Array(repeating: String(repeating: "a", count: 65_536), count: 64), enough: { $0.contains("\"detail\"") })
    #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
    await node.end()
  }

  @Test func requestsInOnePieceAreAnsweredInTheirOrder() async throws {
    let node = try await NodeHarness { call in
      .output(call.head.environment.first { $0.hasPrefix("PATH_INFO=") } ?? "")
    }
    let requests = ["GET /f/echo/1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n", "GET /f/echo/3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]
    let answer = try await node.raw([requests.joined()])
    let first = try #require(answer.range(of: "PATH_INFO=/1")?.lowerBound)
    let second = try #require(answer.range(of: "plain", range: first..<answer.endIndex)?.lowerBound)
    #expect(answer[second...].contains("PATH_INFO=/3"))
    await node.end()
  }

  /// The second has come when the first one's answer ends, and is the last of its connection.
  @Test(arguments: ["GET", "HEAD"]) func theLastOfTwoRequestsInOnePieceIsAnswered(method: String) async throws {
    let node = try await NodeHarness { call in .output(call.head.environment.first { $0.hasPrefix("PATH_INFO=") } ?? "") }
    let answer = try await node.raw(
      ["\(method) /f/echo/1 HTTP/1.1\r\nHost: a\r\n\r\nGET /f/echo/2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    #expect(answer.ranges(of: "HTTP/1.1 200 ").count == 2 && answer.hasSuffix("PATH_INFO=/2"), "\(answer)")
    await node.end()
  }

  @Test func aRequestMayComeByteByByte() async throws {
    let node = try await NodeHarness { .output(String(decoding: $0.input, as: UTF8.self)) }
    let bytes = "POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello".map(String.init)
    let answer = try await node.raw(bytes, pause: .microseconds(200))
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("hello"), "\(answer)")
    await node.end()
  }

  @Test func oldClientsAreAnsweredInTheirVersion() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let answer = try await node.raw(["GET /f/echo HTTP/1.0\r\n\r\n"])
    #expect(answer.hasSuffix("\r\n\r\nfine") && answer.contains("connection: close"), "\(answer)")
    await node.end()
  }

  @Test func aHeadHasNoBody() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let answer = try await node.raw(["HEAD /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    #expect(answer.contains("content-length: 4") && answer.hasSuffix("\r\n\r\n"), "\(answer)")
    await node.end()
  }

  /// Nor one whose head goes out before the program has ended, whatever the program writes: what follows is the next answer.
  @Test(arguments: [("HEAD", "200"), ("GET", "204"), ("HEAD", "204")]) func whatComesInPartsHasNoBodyEither(method: String, status: String) async throws {
    let node = try await NodeHarness { call in
      call.head.environment.contains("PATH_INFO=/last")
        ? .output("last") : .outputInParts(["Content-Type: text/plain\nStatus: \(status) x\n\n", "more", "and more"])
    }
    let answer = try await node.raw(
      ["\(method) /f/echo HTTP/1.1\r\nHost: a\r\n\r\nGET /f/echo/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.ranges(of: "\r\n\r\nHTTP/1.1 200 ").count == 1 && answer.hasSuffix("\r\n\r\nlast"), "\(answer)")
    #expect(!answer.contains("more"), "\(answer)")
    await node.end()
  }

  /// RFC 9110, 15.3.6: it says that it has none, whether the program has written anything or not.
  @Test(arguments: [true, false]) func aResetContentHasNone(inParts: Bool) async throws {
    let node = try await NodeHarness { call in
      if call.head.environment.contains("PATH_INFO=/last") { return .output("last") }
      let parts = ["Content-Type: text/plain\nStatus: 205 x\n\n", "more", "and more"]
      return inParts ? .outputInParts(parts) : .output(parts.joined())
    }
    let answer = try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\n\r\nGET /f/echo/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    #expect(answer.hasPrefix("HTTP/1.1 205 ") && answer.hasSuffix("\r\n\r\nlast") && !answer.contains("more"), "\(answer)")
    #expect(inParts ? answer.contains("\r\n\r\n0\r\n\r\nHTTP/1.1 200 ") : answer.contains("content-length: 0\r\n"), "\(answer)")
    await node.end()
  }

  /// Nobody says how long the answer to GET would be.
  @Test func anEmptyAnswerToHEADHasNoLength() async throws {
    let node = try await NodeHarness { _ in .output("Content-Type: text/plain\n\n") }
    let answer = try await node.raw(["HEAD /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && !answer.contains("content-length") && !answer.contains("0\r\n\r\n"), "\(answer)")
    await node.end()
  }

  @Test func aClientIsToldToGoOn() async throws {
    let node = try await NodeHarness { .output(String(decoding: $0.input, as: UTF8.self)) }
    let answer = try await node.raw(
      ["POST /f/echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n", "hi"], pause: .milliseconds(50))
    #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ") && answer.hasSuffix("hi"), "\(answer)")
    await node.end()
  }

  @Test func aCallerThatGoesAwayEndsItsCall() async throws {
    let node = try await NodeHarness { _ in .nothing }
    _ = try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\n\r\n"], patience: 1)
    for _ in 0..<6000 where node.monitors.counts.stopped == 0 { try await Task.sleep(for: .milliseconds(10)) }
    #expect(node.monitors.counts.stopped == 1)
    func gone() -> UInt64 { node.dispatcher.statistics().functions.first?.answers["gone"] ?? 0 }
    for _ in 0..<6000 where gone() == 0 { try await Task.sleep(for: .milliseconds(10)) }
    #expect(gone() == 1)
    await node.end()
  }

  @Test func aBodyThatStopsIsNotWaitedForForEver() async throws {
    var limits = FunctionService.Limits()
    (limits.wholeBodyTime, limits.idleTime) = (0, 0)
    let node = try await NodeHarness(limits: limits) { _ in .output("fine") }
    var answer = ""
    for _ in 0..<4 where answer.isEmpty {
      answer = try await node.raw(["POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", "", "", ""], pause: .milliseconds(1500))
    }
    #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
    await node.end()
  }

  /// What is no function's has a place and memory for as long as its body is waited for.
  @Test(.timeLimit(.minutes(5)), arguments: ["a silence", "a trickle"]) func aBodyOfOthersIsNotWaitedForForEver(_ manner: String) async throws {
    var limits = FunctionService.Limits()
    // The first is told by the silence alone, the second by the whole alone.
    (limits.stallTime, limits.wholeBodyTime) = manner == "a silence" ? (0, 3600) : (3600, 0)
    let (failures, fail) = AsyncStream.makeStream(of: Void.self)
    let node = try await NodeHarness(
      limits: limits,
      routes: { router in
        router.put("/whole") { request, _ in
          // Whether as an error or as an end: nobody waits for more.
          defer { fail.yield() }
          return "\(try await request.body.collect(upTo: 1 << 20).readableBytes)"
        }
      }, body: { _ in .output("fine") })
    let head = "PUT /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
    let trickle = manner == "a silence" ? ["{"] : Array(repeating: "{", count: 200)
    async let answer = node.raw([head] + trickle, pause: .milliseconds(100), patience: 600)
    for await _ in failures { break }
    #expect(try await answer.isEmpty)
    await node.end()
  }

  @Test func aBodyOfOthersMayComeByteByByte() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let bytes = "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\nConnection: close\r\n\r\n\(String(repeating: "x", count: 500))".map(String.init)
    let answer = try await node.raw(bytes, pause: .microseconds(200))
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("500"), "\(answer)")
    await node.end()
  }
}

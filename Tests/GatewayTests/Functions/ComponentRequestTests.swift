import AsyncHTTPClient
import FunctionCalls
import FunctionDispatch
import Gateway
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// A front and a function that is an HTTP component, as far as their frames show.
@Suite(.serialized) struct ComponentRequestTests {
  private static let settings = FunctionSettings(answer: .component)

  private static func bytes(_ frames: [UInt8]...) -> [UInt8] { Array(frames.joined()) }

  /// What the program read: a request's head, and behind it the frames with their kinds.
  private struct Received {
    var method = ""
    var path = ""
    var authority = ""
    var fields: [String] = []
    var frames: [(kind: UInt8, content: [UInt8])] = []

    init(_ bytes: [UInt8]) {
      var rest = bytes[...]
      func number() -> Int { (0..<4).reduce(0) { $0 | Int(rest.popFirst() ?? 0) << (8 * $1) } }
      func text() -> String {
        let count = number()
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
      }
      guard rest.popFirst() == 1 else { return }
      _ = number()
      (method, path, authority) = (text(), text(), text())
      for _ in 0..<number() { fields.append("\(text()): \(text())") }
      while let kind = rest.popFirst() {
        let count = number()
        frames.append((kind, Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
      }
    }
  }

  @Test func aRequestComesAsItWasSent() async throws {
    let seen = Seen()
    let node = try await NodeHarness(settings: Self.settings) { call in
      seen.set(call.input)
      return .outputBytes(Self.bytes(ComponentFrames.head(204), ComponentFrames.end()))
    }
    _ = try await node.raw(
      [
        "POST /f/echo/a%2Fb//c?q=%20 HTTP/1.1\r\nHost: example:1\r\nX-A: 1\r\nx-a: 2\r\nX_B: 3\r\nConnection: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "2\r\nde\r\n0\r\nX-End: yes\r\n\r\n",
      ], enough: { $0.contains("\r\n\r\n") })
    let found = Received(seen.bytes)
    #expect(found.method == "POST")
    #expect(found.path == "/a%2Fb//c?q=%20")
    #expect(found.authority == "example:1")
    #expect(Array(found.fields.prefix(3)) == ["X-A: 1", "x-a: 2", "X_B: 3"])
    #expect(!found.fields.contains { $0.lowercased().hasPrefix("host:") || $0.lowercased().hasPrefix("connection:") })
    #expect(found.fields.contains { $0.hasPrefix("traceparent: 00-") })
    #expect(found.frames.filter { $0.kind == 2 }.flatMap(\.content) == Array("abcde".utf8))
    #expect(found.frames.last?.kind == 3)
    #expect(found.frames.last?.content == ComponentFrames.fields([("X-End", "yes")]))
    await node.end()
  }

  @Test func theTargetsAuthorityIsTold() async throws {
    let seen = Seen()
    let node = try await NodeHarness(settings: Self.settings) { call in
      seen.set(call.input)
      return .outputBytes(Self.bytes(ComponentFrames.head(204), ComponentFrames.end()))
    }
    _ = try await node.raw(["GET http://echo.localhost:81/a HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n"])
    let found = Received(seen.bytes)
    #expect(found.path == "/a" && found.authority == "echo.localhost:81")
    await node.end()
  }

  static let answers: [(output: [UInt8], end: CallEnd, status: Int, body: String)] = [
    (bytes(ComponentFrames.head(200), ComponentFrames.data("abc"), ComponentFrames.end()), CallEnd(.exited), 200, "abc"),
    (bytes(ComponentFrames.head(404, [("content-length", "3")]), ComponentFrames.data("abc"), ComponentFrames.end()), CallEnd(.exited), 404, "abc"),
    (bytes(ComponentFrames.head(204), ComponentFrames.end()), CallEnd(.exited), 204, ""),
    ([], CallEnd(.exited, status: 1), 502, "set no response"),
    ([], CallEnd(.trapped), 502, "trapped"),
    (bytes(ComponentFrames.head(200), ComponentFrames.data("abc")), CallEnd(.exited, status: 1), 502, "did not finish"),
    (bytes(ComponentFrames.error(33)), CallEnd(.exited), 502, "HTTP-response-timeout"),
    (Array("Content-Type: text/html\n\n".utf8), CallEnd(.exited), 502, "its frames are none"),
    ([], CallEnd(.timedOut), 504, "longer than it may"),
  ]

  @Test(arguments: answers.indices) func anAnswerIsTakenForWhatItIs(_ index: Int) async throws {
    let row = Self.answers[index]
    let node = try await NodeHarness(settings: Self.settings) { _ in .outputBytes(row.output, row.end) }
    let (status, headers, body) = try await FunctionRequestTests.answer(FunctionRequestTests.request("/f/echo", node))
    #expect(status == row.status)
    #expect(row.status == 502 || row.status == 504 ? body.contains(row.body) : body == row.body)
    #expect(headers["content-length"] == (row.status == 204 ? [] : ["\(body.utf8.count)"]))
    await node.end()
  }

  @Test func trailersOfAnAnswerAreSent() async throws {
    let node = try await NodeHarness(settings: Self.settings) { _ in
      .outputBytes(Self.bytes(ComponentFrames.head(200), ComponentFrames.data("abc"), ComponentFrames.end([
        ("Set-Cookie", "a=b"), ("content-length", "7"), ("Content-Security-Policy", "default-src *"), ("clear-site-data", "*"), ("x-end", "yes"),
      ])))
    }
    let answer = try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\n\r\n"], enough: { $0.hasSuffix("yes\r\n\r\n") })
    #expect(answer.contains("transfer-encoding: chunked"))
    #expect(answer.hasSuffix("3\r\nabc\r\n0\r\nx-end: yes\r\n\r\n"))
    await node.end()
  }

  @Test func nothingBehindAHeadOfAnAnswerToHEAD() async throws {
    let node = try await NodeHarness(settings: Self.settings) { _ in
      .outputBytes(Self.bytes(ComponentFrames.head(200), ComponentFrames.data("a body"), ComponentFrames.end()))
    }
    let answer = try await node.raw(
      ["HEAD /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && !answer.contains("a body") && answer.hasSuffix("\r\n\r\n"), "\(answer)")
    // As long as the answer to GET would be.
    #expect(answer.contains("content-length: 6\r\n") && !answer.contains("transfer-encoding"), "\(answer)")
    await node.end()
  }

  /// Nobody has said how long the answer to GET is: nor does the node (RFC 9110, 8.6). The connection goes on.
  @Test(arguments: [[("content-length", "9")], []] as [[(String, String)]]) func anAnswerToHEADSaysNoLengthThatNobodyKnows(fields: [(String, String)]) async throws {
    let node = try await NodeHarness(settings: Self.settings) { _ in .outputBytes(Self.bytes(ComponentFrames.head(200, fields), ComponentFrames.end())) }
    let request = "HEAD /f/echo HTTP/1.1\r\nHost: a\r\n\r\n"
    let answer = try await node.raw([request + request.replacing("Host: a", with: "Host: a\r\nConnection: close")])
    #expect(answer.ranges(of: "content-length: 9\r\n").count == 2 * fields.count && answer.ranges(of: "content-length").count == 2 * fields.count, "\(answer)")
    #expect(!answer.contains("transfer-encoding") && answer.ranges(of: "\r\n\r\n").count == 2 && answer.ranges(of: "\r\n\r\nHTTP/1.1 200").count == 1, "\(answer)")
    await node.end()
  }
}

/// What a call read.
private final class Seen: Sendable {
  private let state = Mutex<[UInt8]>([])
  var bytes: [UInt8] { state.withLock { $0 } }
  func set(_ bytes: [UInt8]) { state.withLock { $0 = bytes } }
}

import FunctionCalls
import Gateway
import Testing

/// RFC 9113, 8.1.1: a malformed request of HTTP/2 is an error of its stream.
@Suite(.serialized) struct MalformedStreamTests {
  private static let request = [(":method", "GET"), (":scheme", "http"), (":path", "/f/echo"), (":authority", "a")]

  @Test(arguments: [
    ("a name in capitals", [("X-One", "1")]), ("a field of the connection", [("connection", "close")]), ("an unknown pseudo-field", [(":other", "1")]),
    ("a pseudo-field twice", [(":path", "/f/echo")]), ("a line break in a value", [("x", "a\r\nb")]), ("no length", [("content-length", "x")]),
  ])
  func aMalformedRequestEndsItsStreamAlone(what: String, fields: [(String, String)]) async throws {
    let node = try await NodeHarness { call in .output("fine " + (call.head.environment.first { $0.hasPrefix("PATH_INFO=") } ?? "")) }
    let malformed = Wire.headers(3, Self.request + fields)
    let good = [1, 5].map { stream in Wire.headers(stream, Self.request.map { $0.0 == ":path" ? ($0.0, "/f/echo/\(stream)") : $0 }) }
    // One before it, one behind it, on the same connection.
    let answer = try await node.raw([Wire.beginning + good[0], malformed, good[1]], pause: .milliseconds(50), patience: 20,
      enough: { $0.contains("PATH_INFO=/5") && $0.contains("PATH_INFO=/1") })
    #expect(answer.contains("fine PATH_INFO=/1") && answer.contains("fine PATH_INFO=/5"), "\(what): \(answer.debugDescription)")
    #expect(answer.contains(Wire.reset(3)), "\(what): \(answer.debugDescription)")
    await node.end()
  }

  /// A call that has begun is over with its stream, and only it.
  @Test func aBodyThatIsLongerThanItsLengthEndsItsStreamAlone() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let head = Wire.headers(1, ends: false, [(":method", "POST")] + Self.request.dropFirst() + [("content-length", "2")])
    let answer = try await node.raw([Wire.beginning + head, Wire.frame(0, 1, 1, "longer"), Wire.headers(3, Self.request)], pause: .milliseconds(50), patience: 20, enough: { $0.contains("fine") })
    #expect(answer.contains("fine") && answer.contains(Wire.reset(1)), "\(answer.debugDescription)")
    await node.end()
  }

  /// Nor is an end waited for that never comes, whatever the method.
  @Test func aStreamWithoutEndIsNotWaitedForForEver() async throws {
    var limits = FunctionService.Limits()
    limits.stallTime = 0
    let node = try await NodeHarness(limits: limits) { _ in .output("fine") }
    let answer = try await node.raw([Wire.beginning + Wire.headers(1, ends: false, Self.request)], enough: { $0.contains("too slowly") })
    #expect(answer.contains("too slowly"), "\(answer.debugDescription)")
    await node.end()
  }

  /// What is wrong with the connection ends it, as before: a HEADERS frame of no stream.
  @Test func anErrorOfTheConnectionEndsIt() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let answer = try await node.raw([Wire.beginning, Wire.headers(0, Self.request)], pause: .milliseconds(50), patience: 20)
    #expect(!answer.contains("fine"))
    await node.end()
  }
}

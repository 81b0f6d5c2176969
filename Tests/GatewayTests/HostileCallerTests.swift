import FunctionCalls
import FunctionDispatch
import Gateway
import Synchronization
import Testing

/// Requests in an order, at a time or in a number that no well-behaved client would send.
@Suite(.serialized) struct HostileCallerTests {
  /// Each is answered as it comes, and all have come when the answer before them ends.
  @Test(arguments: [("/f/", FunctionSettings()), ("/f/echo", FunctionSettings(concurrency: 1, queue: 0))])
  func thousandsOfRequestsInOnePieceAreAnswered(path: String, settings: FunctionSettings) async throws {
    let node = try await NodeHarness(settings: settings) { _ in .output("fine") }
    let request = "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n"
    let many = String(repeating: request, count: 9000)
    // Reads grow with what there is to be read.
    let answer = try await node.raw([
      many, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n" + many, "GET /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ])
    #expect(answer.ranges(of: "HTTP/1.1 ").count == 18_002, "\(answer.suffix(300))")
    #expect(try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"]).hasSuffix("fine"))
    await node.end()
  }

  /// The decoder reads nothing behind it: whoever asks on is to know that nobody listens.
  @Test(arguments: ["/f/echo", "/plain"]) func aRequestToChangeTheProtocolIsTheLast(path: String) async throws {
    let node = try await NodeHarness { _ in .output("plain") }
    let answer = try await node.raw([
      "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
    ])
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.lowercased().contains("connection: close") && answer.hasSuffix("\r\n\r\nplain"), "\(answer)")
    await node.end()
  }

  @Test func oldClientsAreNotToldToGoOn() async throws {
    let node = try await NodeHarness { .output(String(decoding: $0.input, as: UTF8.self)) }
    let answer = try await node.raw(["POST /f/echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"])
    #expect(!answer.contains(" 100 ") && answer.hasSuffix("\r\n\r\nhi"), "\(answer)")
    await node.end()
  }

  /// Nobody has had such an answer.
  @Test func anAnswerThatBreaksOffIsNoGoodOne() async throws {
    let node = try await NodeHarness { _ in .outputInParts(["Content-Type: text/plain\n\n", "half"], CallEnd(.trapped, start: .warm)) }
    let answer = try await node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\n\r\n"])
    #expect(answer.contains("half") && !answer.hasSuffix("0\r\n\r\n"), "\(answer)")
    func answers() -> [String: UInt64] { node.dispatcher.statistics().functions.first?.answers ?? [:] }
    for _ in 0..<6000 where answers().isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    #expect(answers() == ["5xx": 1])
    await node.end()
  }

  @Test func whatIsRefusedBeforeACallCountsToo() async throws {
    let node = try await NodeHarness { _ in .output("fine") }
    let answer = try await node.raw(["POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n"], enough: { $0.contains("\"detail\"") })
    #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
    let counted = node.dispatcher.statistics().functions.first
    #expect(counted?.requests == 1 && counted?.answers == ["4xx": 1])
    await node.end()
  }

  /// Its name is another tenant's when its body is whole.
  @Test func aFunctionThatGoesWhileItsRequestComesIsNotCalled() async throws {
    let node = try await NodeHarness(catalogue: { ChangingCatalogue($0) }) { _ in .output("fine") }
    let answer = try await node.raw(["POST /f/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"])
    #expect(answer.hasPrefix("HTTP/1.1 404 ") && !answer.contains("fine"), "\(answer)")
    #expect(node.dispatcher.statistics().functions.isEmpty)
    await node.end()
  }

  /// Says something else each time.
  private final class ChangingCatalogue: FunctionCatalogue {
    private let route: Route
    private let count = Mutex(0)

    init(_ route: Route) { self.route = route }

    func route(_ function: String) -> Route? {
      var answer = route
      count.withLock { count in
        if count > 0 { answer.tenant += "\(count)" }
        count += 1
      }
      return answer
    }
  }
}

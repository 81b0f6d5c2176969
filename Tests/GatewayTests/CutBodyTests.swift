import FunctionCalls
import Glibc
import LoopbackSockets
import Hummingbird
import NIOCore
import Synchronization
import Testing

/// Bodies of requests that are no function's, whose callers, or the way to them, end within them: nobody may take them for whole.
@Suite(.serialized) struct CutBodyTests {
  /// What the handler was told of each body.
  private final class Bodies: Sendable {
    private let found = Mutex<[String]>([])
    var all: [String] { found.withLock { $0 } }

    func add(to router: Router<BasicRequestContext>) {
      router.put("/body") { [self] request, _ -> String in
        do {
          let body = try await request.body.collect(upTo: 1 << 20)
          found.withLock { $0.append(String(buffer: body)) }
        } catch {
          found.withLock { $0.append("cut") }
          throw error
        }
        return "whole"
      }
    }

    func wait() async throws {
      for _ in 0..<6000 where all.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    }
  }

  private static let length = "PUT /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello"
  private static let chunks = "PUT /body HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"

  private static func stream(ends: Bool) -> String {
    let fields = [(":method", "PUT"), (":scheme", "http"), (":path", "/body"), (":authority", "a")]
    return Wire.beginning + Wire.headers(1, ends: false, fields) + Wire.frame(0, ends ? 1 : 0, 1, "hello")
  }

  @Test(arguments: [length, chunks, stream(ends: false), stream(ends: false) + Wire.cancelled(1)]) func aCutBodyIsNotWhole(request: String) async throws {
    let bodies = Bodies()
    let node = try await NodeHarness(routes: bodies.add) { _ in .output("") }
    let connection = try Loopback.connection(to: UInt16(node.port))
    #expect(Loopback.send(Array(request.utf8), to: connection))
    // All that was sent has arrived before the end does.
    try await Task.sleep(for: .milliseconds(50))
    close(connection)
    try await bodies.wait()
    #expect(bodies.all == ["cut"])
    await node.end()
  }

  /// Who only says that no more comes is told, once.
  @Test(arguments: [length, chunks]) func itsCallerIsTold(request: String) async throws {
    let bodies = Bodies()
    let node = try await NodeHarness(routes: bodies.add) { _ in .output("") }
    let connection = try Loopback.connection(to: UInt16(node.port))
    defer { close(connection) }
    #expect(Loopback.send(Array(request.utf8), to: connection))
    shutdown(connection, Int32(SHUT_WR))
    let answer = Loopback.receive(from: connection).text
    #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("before its body was whole"), "\(answer)")
    #expect(answer.ranges(of: "HTTP/1.1 ").count == 1, "\(answer)")
    #expect(bodies.all == ["cut"])
    await node.end()
  }

  @Test func aWholeOneIs() async throws {
    let bodies = Bodies()
    let node = try await NodeHarness(routes: bodies.add) { _ in .output("") }
    let answer = try await node.raw([Self.stream(ends: true)], enough: { $0.contains("whole") })
    #expect(answer.contains("whole"))
    #expect(bodies.all == ["hello"])
    await node.end()
  }
}

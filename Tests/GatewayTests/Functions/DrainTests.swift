import AsyncHTTPClient
import Dispatch
import FunctionCalls
import Glibc
import LoopbackSockets
import Testing

/// What becomes of connections and calls when the node is told to end.
@Suite(.serialized) struct DrainTests {
  /// Nobody listens any more.
  private static func isClosed(_ node: NodeHarness) async -> Bool {
    for _ in 0..<1000 {
      do {
        _ = try await node.raw(["GET /plain HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
      } catch {
        return true
      }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func aCallThatRunsIsAnsweredAndNoOtherIsAccepted() async throws {
    let (beginnings, begun) = AsyncStream.makeStream(of: Void.self)
    let mayEnd = DispatchSemaphore(value: 0)
    let node = try await NodeHarness(drainTime: 60) { _ in
      begun.yield()
      mayEnd.wait()
      return .output("to the end")
    }
    async let answer = FunctionRequestTests.answer(FunctionRequestTests.request("/f/echo", node))
    for await _ in beginnings { break }
    async let end: Void = node.end()
    #expect(await Self.isClosed(node))
    mayEnd.signal()
    let (status, _, body) = try await answer
    #expect(status == 200)
    #expect(body == "to the end")
    await end
  }

  @Test func aCallThatNeverEndsIsEndedAndItsCallerTold() async throws {
    let (beginnings, begun) = AsyncStream.makeStream(of: Void.self)
    let node = try await NodeHarness(drainTime: 1) { _ in
      begun.yield()
      return .nothing
    }
    async let answer = FunctionRequestTests.answer(FunctionRequestTests.request("/f/echo", node))
    for await _ in beginnings { break }
    await node.end()
    let (status, headers, body) = try await answer
    #expect((502...503).contains(status), "\(status)")
    #expect(headers["content-type"] == ["application/problem+json"])
    #expect(body.contains("\"detail\""), "\(body)")
  }

  /// Whoever tells it twice does not want to wait.
  @Test func aNodeThatIsHurriedWaitsForNobody() async throws {
    let (beginnings, begun) = AsyncStream.makeStream(of: Void.self)
    let node = try await NodeHarness(drainTime: 3600) { _ in
      begun.yield()
      return .nothing
    }
    node.hurry()
    async let answer = FunctionRequestTests.answer(FunctionRequestTests.request("/f/echo", node))
    for await _ in beginnings { break }
    async let end: Void = node.end()
    // Not before it was told to end: then there is nothing to hurry.
    #expect(await Self.isClosed(node))
    node.hurry()
    #expect((502...503).contains(try await answer.0))
    await end
  }

  @Test func idleConnectionsHoldNobodyUp() async throws {
    let node = try await NodeHarness(drainTime: 3600) { _ in .output("fine") }
    // One that has said nothing, one in the middle of a head, one that is kept after an answer.
    let (stages, reached) = AsyncStream.makeStream(of: Void.self)
    async let silent = node.raw([], sent: { reached.yield() })
    async let half = node.raw(["GET /f/echo HTTP/1.1\r\nHo"], sent: { reached.yield() })
    async let kept = node.raw(["GET /f/echo HTTP/1.1\r\nHost: a\r\n\r\n"], enough: { if $0.hasSuffix("fine") { reached.yield() }; return false })
    for await _ in stages.prefix(3) {}
    let clock = ContinuousClock()
    let begin = clock.now
    await node.end()
    #expect(clock.now - begin < .seconds(1800))
    #expect(try await kept.hasSuffix("fine"))
    _ = try await (silent, half)
  }

  /// Neither new ones are taken there, nor do those that have said nothing yet hold anybody up.
  @Test(.timeLimit(.minutes(5))) func theAttestedEndDrainsWithTheRest() async throws {
    let (beginnings, begun) = AsyncStream.makeStream(of: Void.self)
    let mayEnd = DispatchSemaphore(value: 0)
    let node = try await NodeHarness(drainTime: 120, attests: true) { _ in
      begun.yield()
      mayEnd.wait()
      return .output("to the end")
    }
    let port = UInt16(clamping: node.attestedPort)
    // An ordinary client of TLS, which names nothing that could be attested, is not kept waiting for the handshake's time of 30 s to be over.
    let ordinary = try Loopback.connection(to: port, patience: 20)
    let hello: [UInt8] = [22, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0, 0, 0]
    #expect(Loopback.send(hello, to: ordinary))
    #expect(Loopback.receive(from: ordinary).isEnded)
    close(ordinary)
    let silent = try Loopback.connection(to: port)
    async let answer = FunctionRequestTests.answer(FunctionRequestTests.request("/f/echo", node))
    for await _ in beginnings { break }
    async let end: Void = node.end()
    var isClosed = false
    // Until nobody listens there; the call still runs, so that the node has not ended.
    for _ in 0..<6000 where !isClosed {
      do { close(try Loopback.connection(to: port)) } catch { isClosed = true }
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(isClosed)
    mayEnd.signal()
    #expect(try await answer.2 == "to the end")
    await end
    close(silent)
  }
}

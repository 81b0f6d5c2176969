import Attestation
import DevelopmentPlatform
import Foundation
import KeyBroker
import KeyBrokerProtocol
import Logging
import LoopbackSockets
import Platform
import SampleFunctions
import Testing
import coffer_node

/// HTTP before a broker: what comes over a socket, byte by byte.
@Suite struct BrokerServerTests {
  /// A broker on a free port of the loopback interface, in this process.
  private func serving(_ change: (inout BrokerServer.Limits) -> Void = { _ in }, _ work: @escaping @Sendable (Int) async throws -> Void) async throws {
    let scratch = try ScratchDirectory()
    let store = try BrokerStore(directory: "\(scratch.path)/broker", key: MasterKey())
    var limits = BrokerServer.Limits()
    change(&limits)
    let server = BrokerServer(try KeyBroker(store: store), limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let (ports, port) = AsyncStream<Int>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run(host: "127.0.0.1", port: 0) { port.yield($0) } }
      for await port in ports {
        try await work(port)
        break
      }
      group.cancelAll()
    }
    withExtendedLifetime(scratch) {}
  }

  /// Writes pieces with a pause before each but the first, then reads until the other side ends or is silent for long.
  private static func exchange(_ port: Int, _ pieces: [String], pause: UInt32 = 0, seconds: Int = 300) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Swift.Result { try Self.blockingExchange(port, pieces, pause: pause, seconds: seconds) })
      }
    }
  }

  private static func blockingExchange(_ port: Int, _ pieces: [String], pause: UInt32, seconds: Int) throws -> String {
    let descriptor = try Loopback.connection(to: UInt16(port), patience: seconds)
    defer { close(descriptor) }
    for (index, piece) in pieces.enumerated() {
      if index > 0 { usleep(pause) }
      guard Loopback.send(Array(piece.utf8), to: descriptor) else { break }
    }
    let received = Loopback.receive(from: descriptor)
    // A connection that does not end is a failure, unless little time was given to it.
    if !received.isEnded, seconds >= 60 { throw POSIXError(.ETIMEDOUT) }
    return received.text
  }

  private static let auth = "POST /kbs/v0/auth HTTP/1.1\r\nHost: broker\r\n"

  @Test func aBodyThatComesByDripsIsNotWaitedFor() async throws {
    try await serving { $0.bodyTime = 1 } _: { port in
      let drips = ["\(Self.auth)Content-Length: 1000\r\n\r\n"] + [String](repeating: "{", count: 40)
      let started = Date()
      let answer = try await Self.exchange(port, drips, pause: 100_000)
      #expect(answer.hasPrefix("HTTP/1.1 408") && answer.lowercased().contains("connection: close"), "\(answer)")
      #expect(Date().timeIntervalSince(started) < 60)
    }
  }

  /// One address's bodies, and all together, take only so much memory at once; what was answered takes none.
  @Test func bodiesOnTheirWayHaveABound() async throws {
    let changes: [(@Sendable (inout BrokerServer.Limits) -> Void, String)] = [
      ({ $0.peerBodies = 20_000 }, "HTTP/1.1 429"), ({ $0.bodies = 20_000 }, "HTTP/1.1 503"),
    ]
    for (change, refusal) in changes {
      try await serving {
        ($0.bodyTime, $0.idleTime) = (600, 600)
        change(&$0)
      } _: { port in
        // A body without a length takes what it could have.
        let endless = "\(Self.auth)Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        var answer = ""
        var slow: Int32 = -1
        for pause in 1..<100 where !answer.hasPrefix(refusal) {
          // Which of two is looked at first is not the order in which they were sent: the slow one may be refused for the other.
          if slow >= 0 { close(slow) }
          slow = try Loopback.connection(to: UInt16(port))
          #expect(Loopback.send(Array("\(Self.auth)Content-Length: 16000\r\n\r\n{".utf8), to: slow))
          try await Task.sleep(for: .milliseconds(20 * pause))
          answer = try await Self.exchange(port, [endless])
        }
        #expect(answer.hasPrefix(refusal) && answer.lowercased().contains("retry-after: 1"), "\(answer)")
        #expect(try await Self.exchange(port, ["\(Self.auth)Connection: close\r\nContent-Length: 1\r\n\r\n{"]).hasPrefix("HTTP/1.1 400"))
        close(slow)
        answer = ""
        for _ in 0..<100 where !answer.hasPrefix("HTTP/1.1 400") { answer = try await Self.exchange(port, [endless]) }
        #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
      }
    }
  }

  @Test func aConnectionThatSaysNothingEnds() async throws {
    try await serving { $0.idleTime = 1 } _: { port in
      // The read would return at its own limit; the server ends before it, without a word.
      let answer = try await Self.exchange(port, ["POST /kbs"])
      #expect(answer.isEmpty, "\(answer)")
    }
  }

  /// The idle time is so long that waiting for it would show.
  @Test func whatIsTooLargeIsNotRead() async throws {
    try await serving { $0.idleTime = 600 } _: { port in
      let requests = [
        "\(Self.auth)Content-Length: 99999999\r\n\r\n", "\(Self.auth)Content-Length: 16385\r\n\r\n",
        "\(Self.auth)Transfer-Encoding: chunked\r\n\r\n5000\r\n\(String(repeating: "a", count: 0x5000))\r\n",
        "GET /kbs/v0/resource/a/b/c HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx",
      ]
      for request in requests {
        let answer = try await Self.exchange(port, [request])
        #expect(answer.hasPrefix("HTTP/1.1 413"), "\(request.prefix(80)): \(answer)")
      }
      let header = try await Self.exchange(port, ["\(Self.auth)X: \(String(repeating: "a", count: 100_000))\r\n\r\n"])
      #expect(!header.hasPrefix("HTTP/1.1 2"), "\(header)")
    }
  }

  /// The rest of these requests never comes: what is asked before a body is read is answered at once.
  @Test func whoMayNotAskIsToldBeforeTheBody() async throws {
    try await serving { ($0.idleTime, $0.bodyTime) = (600, 600) } _: { port in
      for (head, status) in [
        ("POST /kbs/v0/attest", "401"), ("POST /kbs/v0/attest HTTP/1.1\r\nCookie: kbs-session-id=abc", "401"), ("PUT /v1/tenants/default/resources/a/b/c", "401"),
        ("POST /kbs/v0/resource/a/b/c", "401"), ("PUT /nothing", "404"),
      ] {
        let line = head.contains("HTTP/1.1") ? head : "\(head) HTTP/1.1"
        let answer = try await Self.exchange(port, ["\(line)\r\nHost: b\r\nContent-Length: 500000\r\n\r\n"])
        #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(head): \(answer)")
      }
    }
  }

  @Test func anAddressHasOnlySoManyConnections() async throws {
    try await serving { ($0.idleTime, $0.peerConnections) = (600, 3) } _: { port in
      // These wait for more, which does not come within their time.
      let waiting = (0..<3).map { _ in Task { try await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nHost: b\r\n\r\n"], seconds: 20) } }
      let end = Date.now + 60
      var answer = "?"
      while !answer.isEmpty, Date.now < end {
        try await Task.sleep(for: .milliseconds(200))
        answer = (try? await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"], seconds: 10)) ?? ""
      }
      #expect(answer.isEmpty, "\(answer)")
      for task in waiting { #expect(try await task.value.hasPrefix("HTTP/1.1 200")) }
      // And who has ended his connections may come again.
      answer = ""
      while answer.isEmpty, Date.now < end + 60 {
        answer = (try? await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"], seconds: 10)) ?? ""
        try await Task.sleep(for: .milliseconds(200))
      }
      #expect(answer.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func headersThatSayTwoThings() async throws {
    try await serving { port in
      let get = "GET /kbs/v0/resource/a/b/c HTTP/1.1\r\nHost: b\r\nConnection: close\r\n"
      for (fields, status) in [
        ("Cookie: kbs-session-id=a\r\nCookie: kbs-session-id=b\r\n", "400"), ("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n", "400"),
        ("Authorization: Basic YTpi\r\n", "401"), ("Authorization: Bearer\r\n", "401"), ("Authorization: Bearer a b\r\n", "401"), ("Authorization: Bearer a\r\n", "401"),
        ("Cookie: kbs-session-id=a; kbs-session-id=b\r\n", "401"), ("", "401"),
      ] {
        let answer = try await Self.exchange(port, ["\(get)\(fields)\r\n"])
        #expect(answer.hasPrefix("HTTP/1.1 \(status)") && answer.contains("application/problem+json"), "\(fields): \(answer)")
      }
    }
  }

  @Test func bytesThatAreNoRequestEndTheConnection() async throws {
    try await serving { port in
      for text in ["\u{16}\u{3}\u{1}", "GET", "GET / HTTP/9.9\r\n\r\n", "\r\n\r\n\r\n\r\n\0\0\0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let answer = try await Self.exchange(port, [text], seconds: 2)
        #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)")
      }
      #expect(try await Self.exchange(port, ["GET /healthz HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"]).hasPrefix("HTTP/1.1 200"))
    }
  }
}

import Glibc
import LoopbackSockets
import Testing
import WASIClients

/// Requests that are made side by side: none waits for another's connection, and nothing else of the program for either.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding), .serialized)
struct ConcurrentRequestTests {
  private func together(_ rule: String, _ words: String..., options: [String] = []) throws -> CofferCommand.Result {
    let place = try Workplace()
    try place.write("together.wasm", try WASIClients.together())
    return try CofferCommand.run(["run", "--timeout", "300s", "--net", rule] + options + ["together.wasm", "--"] + words, in: place.path)
  }

  private func lines(_ result: CofferCommand.Result) -> [String] { result.output.split(separator: "\n").map(String.init) }

  /// Of three peers that are to speak TLS none says anything before there are three: who waited for the first's TLS would never see the second. 12: TLS-protocol-error.
  @Test(arguments: ["kvm", "process"]) func requestsConnectAtTheSameTime(machine: String) throws {
    let peer = try MeetingPeer(3, says: [], readsHeads: false)
    defer { peer.end() }
    let result = try together("tls:localhost:\(peer.port)", "https", "localhost:\(peer.port)", "3", options: ["--machine", machine])
    #expect(lines(result) == ["begun", "time goes on", "error 12", "error 12", "error 12"], "\(result)")
  }

  /// More than the host connects at a time: the others have their turn, and all of them an answer.
  @Test func moreRequestsThanTheHostConnectsAtATime() throws {
    let peer = try MeetingPeer(32, says: [], readsHeads: false)
    defer { peer.end() }
    let result = try together("tls:localhost:\(peer.port)", "https", "localhost:\(peer.port)", "100")
    #expect(lines(result) == ["begun", "time goes on"] + [String](repeating: "error 12", count: 100), "\(result)")
    // A process for TLS ends with its locks on, and by itself.
    #expect(result.status == 0 && !result.errors.contains("Signal"), "\(result.errors)")
    let answering = try MeetingPeer(1, says: Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), readsHeads: true)
    defer { answering.end() }
    let many = try together("connect:127.0.0.1:*", "http", "127.0.0.1:\(answering.port)", "200")
    #expect(lines(many) == ["begun", "time goes on"] + [String](repeating: "status 200", count: 200), "\(many)")
  }

  /// The peer answers nobody before it has both heads, of which the first belongs to a request that nobody asks about.
  @Test func aRequestIsSentWhileAnotherIsWaitedFor() throws {
    let peer = try MeetingPeer(2, says: Array("HTTP/1.1 204 No Content\r\n\r\n".utf8), readsHeads: true)
    defer { peer.end() }
    let result = try together("connect:127.0.0.1:*", "http", "127.0.0.1:\(peer.port)", "2", "last")
    #expect(lines(result) == ["begun", "time goes on", "status 204"], "\(result)")
  }

  /// What becomes of a connection is the future's to say: 6, connection-refused. What is not allowed is `handle`'s: 15, HTTP-request-denied.
  @Test func errorsOfConnectingComeWithTheFuture() throws {
    let port = try Loopback.freePort()
    let refused = try together("connect:127.0.0.1:*", "http", "127.0.0.1:\(port)", "2")
    #expect(lines(refused) == ["begun", "time goes on", "error 6", "error 6"], "\(refused)")
    let denied = try together("connect:127.0.0.1:\(port)", "http", "127.0.0.2:\(port)", "1")
    #expect(lines(denied) == ["error of handle 15", "begun", "time goes on"], "\(denied)")
  }
}

/// A peer that does nothing before so many connections are there; then all of them get the same bytes and end, and so do those that come later.
final class MeetingPeer: Sendable {
  let port: UInt16
  private let listener: Int32
  private let count: Int
  private let answer: [UInt8]
  private let readsHeads: Bool

  /// - Parameter readsHeads: of each connection, before it counts.
  init(_ count: Int, says answer: [UInt8], readsHeads: Bool) throws {
    (self.count, self.answer, self.readsHeads) = (count, answer, readsHeads)
    (listener, port) = try Loopback.socket(listens: 256)
    var thread = pthread_t()
    let owned = Unmanaged.passRetained(self)
    let started = pthread_create(&thread, nil, { context in
      if let context { Unmanaged<MeetingPeer>.fromOpaque(context).takeRetainedValue().serve() }
      return nil
    }, owned.toOpaque())
    if started == 0 { pthread_detach(thread) } else { owned.release() }
    try #require(started == 0)
  }

  /// No connection is taken any more.
  func end() { shutdown(listener, Int32(SHUT_RDWR)) }

  private func serve() {
    var waiting: [Int32] = []
    var isMet = false
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { break }
      let end = Array("\r\n\r\n".utf8)
      if readsHeads { _ = Loopback.receive(from: connection) { $0.firstRange(of: end) != nil } }
      waiting.append(connection)
      isMet = isMet || waiting.count == count
      guard isMet else { continue }
      for connection in waiting {
        Loopback.send(answer, to: connection)
        close(connection)
      }
      waiting = []
    }
    for connection in waiting { close(connection) }
    close(listener)
  }
}

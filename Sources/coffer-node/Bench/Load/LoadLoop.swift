import CLinux
import Foundation
import Glibc

/// Carries a plan out, on one thread: what it costs is the same for every server, and little.
final class LoadLoop {
  private let plan: LoadPlan
  private let requests: [[UInt8]]
  private let set: Int32
  private var connections: [LoadConnection] = []
  private var result = LoadResult()
  private var asked = 0
  private var ended = 0
  private var counting: UInt64 = 0
  private var deadline = UInt64.max
  /// Failures in a row: a server that is gone is not asked for ever.
  private var failuresInARow = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)

  private static let failureLimit = 10_000
  /// Bytes of a wrong answer.
  private static let shown = 200
  /// Bytes of an answer that is wanted.
  private static let answerLimit = 1 << 28

  init(_ plan: LoadPlan) throws {
    guard !plan.requests.isEmpty, plan.connections > 0 else { throw CommandFailure("a load needs a request and a connection") }
    self.plan = plan
    requests = plan.requests.map { Self.encoded($0, port: plan.port) }
    set = coffer_event_set()
    guard set >= 0 else { throw CommandFailure("no event set could be made") }
    try Self.allowDescriptors(plan.connections + 64)
  }

  deinit {
    close(set)
    buffer.deallocate()
  }

  func run() throws -> LoadResult {
    connections = (0..<plan.connections).map { LoadConnection(UInt64($0), port: plan.port, set: set) }
    let begin = LoadClock.now
    counting = begin + Self.nanoseconds(plan.warmUp)
    if case .seconds(let seconds) = plan.amount { deadline = counting + Self.nanoseconds(seconds) }
    for connection in connections { next(connection) }
    var looked = begin
    while ended < asked || mayAsk {
      try serveEvents(milliseconds: 100)
      let now = LoadClock.now
      if now >= deadline { break }
      if now - looked > 250_000_000 {
        looked = now
        losePatience(now)
      }
    }
    let end = min(LoadClock.now, deadline)
    result.seconds = Double(end - min(end, counting)) / 1e9
    return result
  }

  private var mayAsk: Bool {
    guard failuresInARow < Self.failureLimit else { return false }
    return switch plan.amount {
    case .seconds: true
    case .requests(let count): asked < count
    // Carried out by HeldRequests.
    case .held: false
    }
  }

  private func next(_ connection: LoadConnection) {
    while mayAsk, LoadClock.now < deadline {
      let number = asked % requests.count
      asked += 1
      do throws(ResponseFailure) {
        try connection.ask(number, requests[number], keeping: kept(of: number))
        return
      } catch {
        fail(connection, error.text)
        // It may be about to start again.
        usleep(1000)
      }
    }
  }

  private func kept(of number: Int) -> Int {
    plan.keepsAnswer ? Self.answerLimit : max(Self.shown, plan.requests[number].answer.map { $0.count + 1 } ?? 0)
  }

  private func serveEvents(milliseconds: Int32) throws {
    var numbers = [UInt64](repeating: 0, count: 32)
    let count = coffer_event_set_wait(set, &numbers, numbers.count, milliseconds)
    guard count >= 0 || count == -EINTR else { throw CommandFailure("waiting for events: \(String(cString: strerror(-count)))") }
    for number in numbers.prefix(Int(max(count, 0))) {
      let connection = connections[Int(number)]
      guard connection.request != nil else {
        // Without a request there is nothing to hear but the end.
        connection.disconnect()
        continue
      }
      serve(connection)
    }
  }

  private func serve(_ connection: LoadConnection) {
    do throws(ResponseFailure) {
      if !connection.isSent { try connection.send() }
      guard try connection.receive(into: buffer) else { return }
      succeed(connection)
      let next = LoadClock.now + Self.nanoseconds(plan.pause)
      while LoadClock.now < next {}
    } catch {
      fail(connection, error.text)
    }
    next(connection)
  }

  private func succeed(_ connection: LoadConnection) {
    ended += 1
    failuresInARow = 0
    if let number = connection.request, connection.began >= counting {
      let now = LoadClock.now
      let request = plan.requests[number]
      let (status, body) = (connection.reader.status, connection.reader.body)
      result.answered += 1
      if plan.keepsAnswer { result.lastAnswer = Data(body) }
      result.latency.record(max(1, now - connection.began))
      result.firstByte.record(max(1, connection.firstByte - connection.began))
      result.statuses[status, default: 0] += 1
      let isRight = request.status.map { $0 == status } ?? (200..<300).contains(status)
      if !isRight || request.answer.map({ !$0.elementsEqual(body) }) ?? false {
        result.wrong += 1
        result.wrongAnswer = result.wrongAnswer ?? "\(status) \(String(decoding: body.prefix(Self.shown), as: UTF8.self))"
      }
    }
    connection.finish()
  }

  private func fail(_ connection: LoadConnection, _ why: String) {
    ended += 1
    failuresInARow += 1
    if connection.began >= counting { result.failures[why, default: 0] += 1 }
    connection.disconnect()
  }

  private func losePatience(_ now: UInt64) {
    let patience = Self.nanoseconds(plan.patience)
    for connection in connections where connection.request != nil && now - min(now, connection.began) > patience {
      fail(connection, "none in \(plan.patience) s")
      next(connection)
    }
  }

  // MARK: Bytes

  private static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(max(0, min(seconds, 1e6)) * 1e9) }

  private static func encoded(_ request: LoadPlan.Request, port: UInt16) -> [UInt8] {
    var head = "\(request.method) \(request.path) HTTP/1.1\r\nHost: \(request.host ?? "127.0.0.1:\(port)")\r\n"
    for (name, value) in request.headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    guard let body = request.body else { return Array((head + "\r\n").utf8) }
    guard request.isChunked else { return Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body }
    head += "Transfer-Encoding: chunked\r\n\r\n\(String(body.count, radix: 16))\r\n"
    return Array(head.utf8) + body + Array("\r\n0\r\n\r\n".utf8)
  }

  private static func allowDescriptors(_ count: Int) throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    guard limit.rlim_cur < rlim_t(count) else { return }
    limit.rlim_cur = rlim_t(count)
    limit.rlim_max = max(limit.rlim_max, limit.rlim_cur)
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw CommandFailure("\(count) open files are too many here (ulimit -n)")
    }
  }
}

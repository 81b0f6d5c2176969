import FunctionCalls
import FunctionDispatch
import Gateway
import Glibc
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// A whole front on a port of its own, over fake monitors.
final class NodeHarness: Sendable {
  let monitors: FakeMonitors
  let dispatcher: Dispatcher
  let port: Int
  private let loops: MultiThreadedEventLoopGroup
  private let server: Task<Void, any Error>

  init(
    slots: Int = 8, settings: FunctionSettings = FunctionSettings(), limits: FunctionService.Limits = .init(), drainTime: Int = 5,
    change: (inout DispatchConfiguration) -> Void = { _ in }, body: @escaping @Sendable (FakeCall) -> FakeMonitors.Answer
  ) async throws {
    monitors = FakeMonitors(slots: slots, body: body)
    loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    var configuration = DispatchConfiguration(monitor: "", slots: slots, processLimit: 8)
    change(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    dispatcher = Dispatcher(configuration, monitors, eventLoops: loops, logSink: NoLines(), logger: logger)
    let route = Route(
      tenant: "t", function: "echo",
      revisions: [.init(revision: Revision(measurement: String(repeating: "0", count: 96), imageFile: #filePath, settings: settings), percent: 100)])
    let router = Router()
    router.get("/plain") { _, _ in "plain" }
    router.post("/count") { request, _ in "\(try await request.body.collect(upTo: 1 << 20).readableBytes)" }
    let node = Node(
      NodeConfiguration(port: 0, dispatch: configuration, limits: limits, drainTime: drainTime), dispatcher: dispatcher, eventLoops: loops,
      catalogue: FixedCatalogue([route]), logger: logger)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    server = Task { try await node.run(router, whenListening: { found.yield($0) }) }
    var iterator = ports.makeAsyncIterator()
    port = await iterator.next() ?? 0
  }

  func end() async {
    server.cancel()
    _ = await server.result
  }

  /// Sends bytes as they are and returns what comes back until the node closes, or until `enough` holds, or nothing has come for so many seconds.
  /// - Parameter sent: is told when all has been sent.
  func raw(
    _ pieces: [String], pause: Duration = .zero, patience: Int = 90, sent: @escaping @Sendable () -> Void = {},
    enough: @escaping @Sendable (String) -> Bool = { _ in false }
  ) async throws -> String {
    let port = self.port
    return try await withCheckedThrowingContinuation { continuation in
      Thread.start {
        do { continuation.resume(returning: try Self.exchange(port, pieces, pause, patience, sent, enough)) } catch { continuation.resume(throwing: error) }
      }
    }
  }

  struct SocketError: Error {}

  private static func exchange(
    _ port: Int, _ pieces: [String], _ pause: Duration, _ patience: Int, _ whenSent: () -> Void, _ enough: (String) -> Bool
  ) throws -> String {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard connected == 0 else { throw SocketError() }
    var limit = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    for piece in pieces {
      var rest = Array(piece.utf8)[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent > 0 else { break }
        rest = rest.dropFirst(sent)
      }
      if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
    }
    whenSent()
    var found: [UInt8] = []
    var space = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &space, space.count, 0)
      guard count > 0 else { break }
      found += space[..<count]
      if enough(String(decoding: found, as: UTF8.self)) { break }
    }
    return String(decoding: found, as: UTF8.self)
  }
}

private struct NoLines: LogSink {
  func record(_ line: FunctionLogLine) {}
}

/// A thread for calls that block.
private enum Thread {
  private final class Box { let body: () -> Void; init(_ body: @escaping () -> Void) { self.body = body } }

  static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { box in
        if let box { Unmanaged<Box>.fromOpaque(box).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
  }
}

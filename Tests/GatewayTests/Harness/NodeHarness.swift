import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Gateway
import Glibc
import Hummingbird
import Logging
import LoopbackSockets
import NIOCore
import NIOPosix
import Synchronization

/// A whole front on a port of its own, over fake monitors.
final class NodeHarness: Sendable {
  let monitors: FakeMonitors
  let dispatcher: Dispatcher
  let port: Int
  /// Of attested channels; 0 for none.
  let attestedPort: Int
  private let loops: MultiThreadedEventLoopGroup
  private let server: Task<Void, any Error>
  private let node: Node

  init(
    slots: Int = 8, settings: FunctionSettings = FunctionSettings(), limits: FunctionService.Limits = .init(), drainTime: Int = 5, attests: Bool = false,
    catalogue: (Route) -> any FunctionCatalogue = { FixedCatalogue([$0]) }, change: (inout DispatchConfiguration) -> Void = { _ in },
    routes: (Router<BasicRequestContext>) -> Void = { _ in }, body: @escaping @Sendable (FakeCall) -> FakeMonitors.Answer
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
    let router = Router(context: BasicRequestContext.self)
    router.get("/plain") { _, _ in "plain" }
    router.post("/count") { request, _ in "\(try await request.body.collect(upTo: 1 << 20).readableBytes)" }
    routes(router)
    var front = NodeConfiguration(port: 0, dispatch: configuration, limits: limits, drainTime: drainTime)
    if attests { front.attested = ("127.0.0.1", 0) }
    node = Node(
      front, dispatcher: dispatcher, eventLoops: loops, catalogue: catalogue(route), logger: logger)
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    server = Task { [node] in try await node.run(router, whenListening: { found.yield($0) }) }
    var iterator = ports.makeAsyncIterator()
    port = await iterator.next() ?? 0
    attestedPort = node.attestedPort.load(ordering: .acquiring)
  }

  func hurry() { node.hurry() }

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

  private static func exchange(
    _ port: Int, _ pieces: [String], _ pause: Duration, _ patience: Int, _ whenSent: () -> Void, _ enough: (String) -> Bool
  ) throws -> String {
    let descriptor = try Loopback.connection(to: UInt16(port), patience: patience)
    defer { close(descriptor) }
    for piece in pieces {
      Loopback.send(Array(piece.utf8), to: descriptor)
      if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
    }
    whenSent()
    return Loopback.receive(from: descriptor) { enough(String(decoding: $0, as: UTF8.self)) }.text
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

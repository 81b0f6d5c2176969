import FunctionDispatch
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// How a node listens.
public struct NodeConfiguration: Sendable {
  public var host: String
  /// 0 for any that is free.
  public var port: Int
  public var dispatch: DispatchConfiguration
  public var limits: FunctionService.Limits
  /// At once; others wait in the system's queue.
  public var connections: Int
  /// Threads that serve connections.
  public var threads: Int
  /// Seconds that calls may go on after the node was told to end.
  public var drainTime: Int
  /// The only function that there is, which every path is for; nil where paths and host names tell which one a request is for.
  public var soleFunction: String?
  /// Where functions are served by attested channels too; nil for nowhere.
  public var attested: (host: String, port: Int)?
  /// For a line about each request of a function; nil for none.
  public var requestLogger: Logger?

  public init(
    host: String = "127.0.0.1", port: Int = 8080, dispatch: DispatchConfiguration, limits: FunctionService.Limits = .init(),
    connections: Int = 20_000, threads: Int = System.coreCount, drainTime: Int = 30
  ) {
    self.host = host
    self.port = port
    self.dispatch = dispatch
    self.limits = limits
    self.connections = connections
    self.threads = max(threads, 1)
    self.drainTime = drainTime
  }
}

/// The node's front, put together: connections, functions behind them, and whatever else is served beside those.
public final class Node: Sendable {
  public let configuration: NodeConfiguration
  public let dispatcher: Dispatcher
  private let service: FunctionService
  private let eventLoops: MultiThreadedEventLoopGroup
  private let logger: Logger
  private let deadline = Mutex<Deadline?>(nil)
  /// Of the attested channels, as soon as it is listened on.
  public let attestedPort = Atomic<Int>(0)

  public convenience init(_ configuration: NodeConfiguration, catalogue: any FunctionCatalogue, logSink: any LogSink, logger: Logger) {
    let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
    let dispatcher = Dispatcher(configuration.dispatch, eventLoops: eventLoops, logSink: logSink, logger: logger)
    self.init(configuration, dispatcher: dispatcher, eventLoops: eventLoops, catalogue: catalogue, logger: logger)
  }

  package init(
    _ configuration: NodeConfiguration, dispatcher: Dispatcher, eventLoops: MultiThreadedEventLoopGroup, catalogue: any FunctionCatalogue,
    logger: Logger
  ) {
    self.configuration = configuration
    self.logger = logger
    self.eventLoops = eventLoops
    self.dispatcher = dispatcher
    service = FunctionService(
      catalogue, dispatcher, limits: configuration.limits, soleFunction: configuration.soleFunction, requestLogger: configuration.requestLogger)
  }

  /// Serves until the process is told to end (SIGTERM, SIGINT) or the task is cancelled; what runs then may finish.
  /// - Parameters:
  ///   - router: all that is no function's.
  ///   - whenListening: is told the port.
  ///   - whenDraining: what streams for ever is to end now.
  public func run<Context: RequestContext>(
    _ router: Router<Context>, whenListening: @escaping @Sendable (Int) async -> Void = { _ in }, whenDraining: @escaping @Sendable () -> Void = {}
  ) async throws where Context: InitializableFromSource<ApplicationRequestContextSource> {
    dispatcher.start()
    let service = service
    let connections = OpenConnections()
    var attested: AttestedListener?
    if let place = configuration.attested {
      let listener = AttestedListener(
        service, dispatcher, eventLoops: eventLoops, connections: connections, limit: configuration.connections, logger: logger)
      attested = listener
      let channel: any Channel
      do {
        channel = try await listener.listen(host: place.host, port: place.port)
      } catch let error as IOError {
        await dispatcher.shutDown()
        throw AttestedListenFailure(error: error)
      }
      attestedPort.store(channel.localAddress?.port ?? 0, ordering: .releasing)
    }
    let application = Application(
      responder: router.buildResponder(), server: HTTPServerBuilder { NodeChannel(service, connections, responder: $0) },
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port), serverName: nil, backlog: 4096,
        availableConnectionsDelegate: ConnectionRoom(configuration.connections, configuration.dispatch.descriptors)),
      onServerRunning: { channel in await whenListening(channel.localAddress?.port ?? 0) },
      eventLoopGroupProvider: .shared(eventLoops), logger: logger)
    let listener = attested
    let deadline = Deadline(configuration.drainTime) { [dispatcher] in
      // Calls end now, and their callers are told; connections that do not end even so are closed.
      await dispatcher.shutDown()
      try? await Task.sleep(for: .seconds(1))
      connections.closeAll()
    }
    self.deadline.withLock { $0 = deadline }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: application),
          .init(
            service: DrainNotice {
              whenDraining()
              listener?.drain()
              deadline.begin()
            }),
        ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    // Not a child of this task: being cancelled is to be told to end, not to break off.
    let serving = Task { try await group.run() }
    let result = await withTaskCancellationHandler {
      await serving.result
    } onCancel: {
      Task { await group.triggerGracefulShutdown() }
    }
    if let listener {
      // Nothing will end the connections of one that could not begin.
      if case .failure = result { connections.closeAll() }
      try? await listener.drain().get()
    }
    await deadline.end()
    await dispatcher.shutDown()
    try? await eventLoops.shutdownGracefully()
    try result.get()
  }

  /// Ends what still runs, of a node that was told to end before.
  public func hurry() { deadline.withLock { $0 }?.hurry() }
}

/// Attested channels could not be listened for where they were to be.
public struct AttestedListenFailure: Error {
  public let error: IOError
}

/// Whether there is room for another caller's connection; others wait in the system's queue.
private struct ConnectionRoom: AvailableConnectionsDelegate {
  private let limit: Int
  private let descriptors: DescriptorBudget?
  private var count = 0

  init(_ limit: Int, _ descriptors: DescriptorBudget?) { (self.limit, self.descriptors) = (limit, descriptors) }

  mutating func connectionOpened() {
    count += 1
    descriptors?.connectionOpened()
  }

  mutating func connectionClosed() {
    count -= 1
    descriptors?.connectionClosed()
  }

  func isAcceptingNewConnections() -> Bool { count < limit && descriptors?.hasRoomForConnection ?? true }
}

/// What is done some time after the end has begun, unless all is over by then.
private final class Deadline: Sendable {
  private let seconds: Int
  private let body: @Sendable () async -> Void
  private let task = Mutex<Task<Void, Never>?>(nil)
  private let isOver = Mutex(false)

  init(_ seconds: Int, _ body: @escaping @Sendable () async -> Void) {
    self.seconds = seconds
    self.body = body
  }

  func begin() {
    let (seconds, body) = (seconds, body)
    task.withLock { task in
      task = Task {
        try? await Task.sleep(for: .seconds(seconds))
        guard !self.isOver.withLock({ $0 }) else { return }
        // Waits itself, which a task that was cancelled cannot.
        await Task { await body() }.value
      }
    }
  }

  /// Nothing before it has begun.
  func hurry() { task.withLock { $0 }?.cancel() }

  func end() async {
    isOver.withLock { $0 = true }
    let task = task.withLock { $0 }
    task?.cancel()
    await task?.value
  }
}

/// Tells somebody when the end begins.
private struct DrainNotice: Service {
  let notify: @Sendable () -> Void

  func run() async throws {
    try? await gracefulShutdown()
    notify()
  }
}

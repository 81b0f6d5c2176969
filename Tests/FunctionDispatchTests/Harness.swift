import FakeMonitor
import FunctionCalls
import FunctionDispatch
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Keeps all lines.
final class LineCollector: LogSink {
  private let kept = Mutex<[FunctionLogLine]>([])
  var lines: [FunctionLogLine] { kept.withLock { $0 } }
  func record(_ line: FunctionLogLine) { kept.withLock { $0.append(line) } }
}

/// A dispatcher over fake monitors.
///
/// Its suites run one test at a time: each harness opens dozens of sockets, and Foundation's `Process`, by which other tests start programs,
/// reads past its directory buffer in a process of more than some 1,350 descriptors.
final class Harness: Sendable {
  static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 2)

  let monitors: FakeMonitors
  let dispatcher: Dispatcher
  let lines = LineCollector()

  init(
    slots: Int = 4, welcomes: @escaping @Sendable (Int) -> Bool = { _ in true }, readsControl: @escaping @Sendable (Int) -> Bool = { _ in true },
    change: (inout DispatchConfiguration) -> Void = { _ in },
    body: @escaping @Sendable (FakeCall) -> FakeMonitors.Answer
  ) {
    monitors = FakeMonitors(slots: slots, welcomes: welcomes, readsControl: readsControl, body: body)
    var configuration = DispatchConfiguration(monitor: "", slots: slots, processLimit: 8)
    change(&configuration)
    let hasConnections = configuration.connections != nil
    monitors.configured.withLock { $0 = hasConnections }
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    dispatcher = Dispatcher(configuration, monitors, eventLoops: Self.loops, logSink: lines, logger: logger)
    dispatcher.start()
  }

  /// Hundreds of harnesses live in one process: what each opened has to go with it.
  deinit {
    let dispatcher = dispatcher
    Task { await dispatcher.shutDown() }
  }

  static func route(_ function: String, tenant: String = "t", settings: FunctionSettings = FunctionSettings(), image: String = #filePath) -> Route {
    let digits = function.utf8.map { String($0 % 16, radix: 16) }.joined()
    let measurement = String((digits + String(repeating: "0", count: 96)).prefix(96))
    return Route(
      tenant: tenant, function: function,
      revisions: [.init(revision: Revision(measurement: measurement, imageFile: image, settings: settings), percent: 100)])
  }

  struct Answer: Sendable {
    var output: String
    var ending: CallEnding
  }

  /// - Parameters:
  ///   - age: nanoseconds since the request's head came.
  ///   - isRead: whether its caller takes the answer.
  func call(
    _ route: Route, input: String = "", environment: [(String, String)] = [], loop: Int = 0, age: UInt64 = 0, isRead: Bool = true
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      let loops = Array(Self.loops.makeIterator())
      let eventLoop = loops[loop % loops.count]
      eventLoop.execute {
        var variables = CallEnvironment()
        for (name, value) in environment { variables.append(name, value) }
        let now = NIODeadline.now().uptimeNanoseconds
        let collector = Collector(continuation)
        let call = FunctionCall(
          route, route.revisions[0].revision, environment: variables, request: "r", arrival: now - min(now, age),
          input: ByteBuffer(string: input), inputEnds: true, eventLoop: eventLoop, receiver: collector)
        if !isRead { collector.held = call }
        self.dispatcher.submit(call)
      }
    }
  }

  /// A call whose caller goes as soon as it has been submitted.
  func abandonedCall(_ route: Route) async {
    let eventLoop = Self.loops.any()
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      eventLoop.execute {
        let call = FunctionCall(
          route, route.revisions[0].revision, environment: CallEnvironment(), request: "r", arrival: NIODeadline.now().uptimeNanoseconds,
          input: ByteBuffer(), inputEnds: true, eventLoop: eventLoop, receiver: Nobody())
        self.dispatcher.submit(call)
        call.stop(self.dispatcher)
        continuation.resume()
      }
    }
  }

  private final class Nobody: CallReceiver {
    func callWrote(_ bytes: ByteBuffer) {}
    func callPaused() {}
    func callWantsInput() {}
    func callEnded(_ ending: CallEnding) {}
  }

  private final class Collector: CallReceiver {
    private var output = ByteBuffer()
    private let continuation: CheckedContinuation<Answer, Never>
    /// Paused by the first of its output.
    var held: FunctionCall?

    init(_ continuation: CheckedContinuation<Answer, Never>) { self.continuation = continuation }

    func callWrote(_ bytes: ByteBuffer) {
      var bytes = bytes
      output.writeBuffer(&bytes)
      held?.pause()
    }
    func callPaused() {}
    func callWantsInput() {}
    func callEnded(_ ending: CallEnding) { continuation.resume(returning: Answer(output: String(buffer: output), ending: ending)) }
  }

  /// Waits until something holds, at most for a minute.
  static func wait(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<12_000 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(5))
    }
    return condition()
  }
}

extension CallEnding {
  var exited: Bool {
    if case .ended(let end) = self { return end.outcome == .exited && end.status == 0 }
    return false
  }

  var refusal: CallRefusal? {
    if case .refused(let refusal) = self { return refusal }
    return nil
  }

  var isLost: Bool {
    if case .lost = self { return true }
    return false
  }
}

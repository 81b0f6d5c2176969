import CLinux
import FunctionCalls
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Runs calls in monitor processes: decides by ``DispatchState``, carries out, and keeps the processes alive.
public final class Dispatcher: Sendable {
  let configuration: DispatchConfiguration
  private let loops: [any EventLoop]
  /// One thread, of which all monitor processes are children: they die with it.
  private let supervisors: MultiThreadedEventLoopGroup
  private let supervisor: any EventLoop
  private let logSink: any LogSink
  private let logger: Logger
  private let launcher: any MonitorLaunching
  private let launcherHasEnded = Atomic<Bool>(false)
  package let state: Mutex<DispatchState>
  let startTime = NIODeadline.now().uptimeNanoseconds

  /// - Parameter eventLoops: those of the connections; each process's slots are spread over them.
  public convenience init(_ configuration: DispatchConfiguration, eventLoops: any EventLoopGroup, logSink: any LogSink, logger: Logger) {
    let launcher: any MonitorLaunching =
      if let attester = configuration.attester {
        AttestedLauncher(
          attester, monitor: configuration.monitor, machine: configuration.machine, slots: configuration.slots, hasConnections: configuration.connections != nil)
      } else {
        MonitorLauncher(program: configuration.monitor, machine: configuration.machine, slots: configuration.slots, hasConnections: configuration.connections != nil)
      }
    self.init(configuration, launcher, eventLoops: eventLoops, logSink: logSink, logger: logger)
  }

  package init(
    _ configuration: DispatchConfiguration, _ launcher: any MonitorLaunching, eventLoops: any EventLoopGroup, logSink: any LogSink, logger: Logger
  ) {
    self.configuration = configuration
    loops = Array(eventLoops.makeIterator())
    supervisors = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    supervisor = supervisors.next()
    self.logSink = logSink
    self.logger = logger
    self.launcher = launcher
    state = Mutex(DispatchState(configuration, loops: max(loops.count, 1)))
  }

  /// Starts what vouches for monitors, before the first of them.
  /// - Returns: on what its evidence rests; nil where nobody vouches for anything.
  public func startAttester() async throws -> AttesterWelcome? {
    let launcher = launcher
    return try await supervisor.submit { try launcher.prepare() }.get()
  }

  /// Starts the spare processes, and what is done once a second.
  public func start() {
    decide { state, _ in state.replenish() }
    let pause = TimeAmount.nanoseconds(Int64(DispatchState.housekeepingPause))
    supervisor.scheduleRepeatedTask(initialDelay: pause, delay: pause) { [weak self] task in
      if let self { self.keepHouse() } else { task.cancel() }
    }
    supervisor.scheduleRepeatedTask(initialDelay: Self.budgetPause, delay: Self.budgetPause) { [weak self] task in
      if let self { self.settleBudgets() } else { task.cancel() }
    }
  }

  /// Gets ready for calls of what was deployed; from any thread.
  public func prepare(_ route: Route) {
    decide { state, now in state.prepare(route, now: now) }
  }

  /// Keeps nothing of a function that was removed but what runs; from any thread.
  public func forget(_ function: String) { state.withLock { $0.forget(function) } }

  var anyLoop: any EventLoop { loops.randomElement() ?? supervisor }

  /// On the call's event loop.
  public func submit(_ call: FunctionCall) {
    let loop = loops.firstIndex { $0 === call.eventLoop } ?? 0
    decide { state, now in state.submit(call, loop: loop, now: now) }
  }

  /// For the statistics: what the caller was told in the end; 0 for one who has gone.
  public func answered(_ call: FunctionCall, status: Int) {
    let now = NIODeadline.now().uptimeNanoseconds
    state.withLock { $0.answered(call.function, status: status, time: now &- min(now, call.arrival)) }
  }

  /// For the statistics: a request for a function that was answered without a call.
  public func refused(_ route: Route, _ revision: Revision, status: Int, arrival: UInt64) {
    let now = NIODeadline.now().uptimeNanoseconds
    state.withLock { state in
      let function = state.state(of: route, revision)
      function.statistics.requests += 1
      state.answered(function, status: status, time: now &- min(now, arrival))
    }
  }

  func withdraw(_ call: FunctionCall) { state.withLock { $0.withdraw(call) } }

  // MARK: What slots say

  func finished(_ slot: Slot, _ call: FunctionCall, _ ending: CallEnding) {
    decide { state, now in state.finish(slot, call, ending, now: now) }
    if case .ended(let end) = ending, let text = end.complaint { log(text, .end, of: call) }
    if case .lost(let reason) = ending { log("the call was lost: \(reason)", .node, of: call) }
  }

  func notLoaded(_ slot: Slot, _ call: FunctionCall) {
    decide { state, now in state.putBack(slot, call, now: now) }
  }

  func log(_ line: LineAssembler.Line, of call: FunctionCall) {
    log(line.text, .standardError, of: call, isCut: line.isCut)
  }

  func log(_ text: String, _ stream: FunctionLogLine.Stream, of call: FunctionCall, isCut: Bool = false) {
    logSink.record(
      FunctionLogLine(
        time: coffer_wall_clock(), tenant: call.route.tenant, function: call.route.function, revision: call.revision.measurement,
        request: call.request, trace: call.trace, stream: stream, text: text, isCut: isCut))
  }

  func log(_ line: FunctionLogLine) { logSink.record(line) }

  // MARK: What processes say

  func childIsReady(_ child: MonitorChild, _ welcome: MonitorWelcome) {
    let isFirst = state.withLock { _ in
      defer { child.welcome = welcome }
      return child.welcome == nil && !child.isGone
    }
    guard isFirst else { return child.fail("it said welcome twice") }
    decide { state, now in state.childStarted(child, now: now) }
  }

  func childHasLoaded(_ child: MonitorChild, _ number: UInt32, _ loaded: RevisionLoaded) {}

  func childCouldNotLoad(_ child: MonitorChild, _ number: UInt32, _ reason: String) {
    let revision = state.withLock { state in
      state.loadFailed(child, number)
      return state.revision(number)
    }
    guard let revision else { return }
    logSink.record(
      FunctionLogLine(
        time: coffer_wall_clock(), tenant: revision.function.tenant.name, function: revision.function.name,
        revision: revision.revision.measurement, request: "", stream: .node, text: "the revision could not be loaded: \(reason)"))
  }

  func childReported(_ child: MonitorChild, _ report: MonitorReport) {
    state.withLock { _ in child.report = report }
  }

  func childComplained(_ child: MonitorChild, _ text: String) {
    logger.warning("monitor process", metadata: ["pid": "\(child.processNumber)", "says": "\(text.prefix(2000))"])
  }

  func childFailed(_ child: MonitorChild, isExpected: Bool, reason: String) {
    let process = child.processNumber
    decide { state, now in
      state.childLost(child, wasReady: child.welcome != nil, isExpected: isExpected, reason: reason, now: now)
    }
    supervisor.execute { [logger, supervisor] in
      child.clearAway(on: supervisor) { exit in
        guard !isExpected else { return }
        logger.error(
          "a monitor process was lost",
          metadata: [
            "pid": "\(process)", "reason": "\(reason)", "end": exit.signaled != 0 ? "signal \(exit.status)" : "status \(exit.status)",
          ])
      }
    }
    retryStarts()
  }

  /// After a start that failed: not at once, and later each time.
  private func retryStarts() {
    let failures = state.withLock { $0.mayStart ? 0 : $0.failedStarts }
    guard failures > 0 else { return }
    supervisor.scheduleTask(in: .milliseconds(Int64(100) << Int64(min(failures, 6)))) { [weak self] in
      self?.decide { state, now in
        state.mayStart = true
        return state.serveQueues(now: now) + state.replenish()
      }
    }
  }

  // MARK: Carrying out

  func decide(_ body: (inout DispatchState, UInt64) -> [DispatchState.Action]) {
    let now = NIODeadline.now().uptimeNanoseconds
    let actions = state.withLock { body(&$0, now) }
    for action in actions { carryOut(action) }
  }

  private func carryOut(_ action: DispatchState.Action) {
    switch action {
    case .run(let call, let slot, let revision, let loads):
      if loads {
        do throws(MonitorStartError) {
          try slot.child.load(revision)
        } catch {
          log("\(error)", .node, of: call)
          decide { state, now in state.refuse(slot, call, reason: error.description, now: now) }
          return
        }
      }
      slot.onLoop { $0.begin(call, revision: revision.number, settings: revision.environment) }
    case .end(let call, let ending): call.end(ending)
    case .startProcess: supervisor.execute { self.startProcess() }
    case .endProcess(let child, let reason): child.end(reason: reason)
    case .failProcess(let child, let reason): child.fail(reason)
    case .giveUp(let slot, let call): slot.onLoop { $0.giveUp(call) }
    case .cool(let slot, let revision): slot.onLoop { $0.tell(.cool, revision: revision.number) }
    case .load(let child, let revision):
      do throws(MonitorStartError) { try child.load(revision) } catch { state.withLock { $0.prepareFailed(child, revision) } }
    case .unload(let child, let revision): child.unload(revision.number)
    case .lookAgain(let time):
      supervisor.scheduleTask(in: .nanoseconds(Int64(clamping: time))) { [weak self] in
        self?.decide { state, now in
          state.looksAgain = false
          return state.serveQueues(now: now)
        }
      }
    }
  }

  private func startProcess() {
    let child = MonitorChild(self)
    let isWanted = state.withLock { state in
      guard !state.isDraining else {
        state.starting -= 1
        return false
      }
      state.beginning.append(child)
      state.opening += 1
      return true
    }
    guard isWanted else { return }
    child.start(launcher, supervisor: supervisor, loops: loops).whenComplete { result in
      if case .failure(let error) = result { child.fail("\(error)") }
      self.state.withLock { $0.opening -= 1 }
    }
    supervisor.scheduleTask(in: .nanoseconds(Int64(clamping: configuration.startTime))) { [weak self] in
      guard let self else { return }
      let isReady = self.state.withLock { _ in child.welcome != nil || child.isGone }
      if !isReady { child.fail("it was not ready in time") }
    }
  }

  // MARK: The end

  /// No new calls: they are refused. Returns when those that run or wait have ended, at the latest after so long.
  public func drain(within time: Duration) async {
    state.withLock { $0.isDraining = true }
    let end = ContinuousClock.now + time
    while state.withLock({ $0.running + $0.queued }) > 0, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Ends all processes.
  public func shutDown() async {
    let children = state.withLock { state in
      state.isDraining = true
      return state.children + state.beginning
    }
    for child in children { child.end(reason: "the node ends") }
    // Reaped on the supervisor's event loop, whose thread has to outlive them, as those of connections have to outlive what is still being opened on them.
    while state.withLock({ !$0.children.isEmpty || !$0.beginning.isEmpty || $0.opening > 0 }) { try? await Task.sleep(for: .milliseconds(1)) }
    // Once: a second end finds no thread any more that could do it.
    if !launcherHasEnded.exchange(true, ordering: .acquiringAndReleasing) {
      let launcher = launcher
      try? await supervisor.submit { launcher.end() }.get()
    }
    try? await supervisors.shutdownGracefully()
  }
}

extension CallEnd {
  /// What the function's author should know; nil for a call that ended well.
  var complaint: String? {
    switch outcome {
    case .exited: status == 0 ? nil : "the program ended with status \(status)"
    case .trapped: "the program trapped: \(message)"
    case .timedOut: "the program was ended at its time limit"
    case .processorTimeUsedUp: "the program was ended at its limit of processor time"
    case .stopped: "the program was ended because its caller had gone"
    case .killed: "the machine was ended: \(message)"
    case .failed: "the program could not be run: \(message)"
    case .notLoaded: "the revision was not loaded: \(message)"
    case .resultTooLong: "the function's result has more than \(CallEnd.resultLimit) bytes, which is all that is passed on: a program or an HTTP component can answer at any length"
    // The caller's fault, and the caller is told.
    case .noFunction, .badArguments: nil
    }
  }
}

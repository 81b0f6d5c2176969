import CLinux
import FunctionCalls
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A monitor process, as the front has it: its slots, its control socket, and its end.
///
/// `@unchecked Sendable`: each property says whose it is.
package final class MonitorChild: @unchecked Sendable {
  let dispatcher: Dispatcher
  private(set) var slots: [Slot] = []

  // Behind the dispatcher's lock.
  var tenant: TenantState?
  /// Slots without a machine.
  var blank: [Slot] = []
  /// Revisions that it was told of.
  var loaded: [UInt32: RevisionState] = [:]
  /// Those of them that it could not start.
  var failed: Set<UInt32> = []
  package var busy = 0
  var lastUse: UInt64 = 0
  /// No new calls: it ends when those that run have ended.
  var isRetiring = false
  var isGone = false
  var welcome: MonitorWelcome?
  var report: MonitorReport?
  /// Its processor time when that was looked at last.
  var knownTime: UInt64 = 0

  // From any thread.
  private struct Connection {
    /// A second descriptor of the control socket, so that nobody sends on one that has been closed and given away.
    var control: Int32 = -1
    var process: coffer_child?
    /// Whether this process has to wait for its end; else somebody else does.
    var isChild = true
    var lossReason: String?
    var isExpected = false
    /// Calls to be stopped, by slot, of which the control socket could not take word: of a slot, only its newest can still run.
    var unsaid: [Int: UInt32] = [:]
    /// Since when it has been full; nil while it is not.
    var fullSince: NIODeadline?
  }
  private let connection = Mutex(Connection())

  // The supervisor's event loop.
  private var channels: [any Channel] = []
  private var controlReader = FrameReader()
  /// What was said before all slots were open.
  private var earlyWelcome: MonitorWelcome?
  private var isOpen = false

  init(_ dispatcher: Dispatcher) { self.dispatcher = dispatcher }

  var processNumber: Int32 { connection.withLock { $0.process?.pid ?? 0 } }

  var lossReason: String { connection.withLock { $0.lossReason } ?? "its monitor process has ended" }

  func takeBlank(loop: Int) -> Slot? { takeBlank(onlyLoop: loop) ?? blank.popLast() }

  func takeBlank(onlyLoop loop: Int) -> Slot? {
    guard let index = blank.lastIndex(where: { $0.loopIndex == loop }) else { return nil }
    return blank.remove(at: index)
  }

  // MARK: Start, on the supervisor's event loop

  /// - Returns: fails where there is no process then. It is ready when it says `welcome`.
  func start(_ launcher: any MonitorLaunching, supervisor: any EventLoop, loops: [any EventLoop]) -> EventLoopFuture<Void> {
    do {
      let ends = try launcher.launch()
      if ends.connections >= 0 { dispatcher.configuration.connections?.serve(ends.connections, for: self) }
      connection.withLock { connection in
        connection.process = ends.process
        connection.isChild = ends.isChild
        connection.control = ends.controlForSending
      }
      var opened: [EventLoopFuture<any Channel>] = []
      for (index, socket) in ends.slots.enumerated() {
        let loop = loops[index % loops.count]
        let slot = Slot(self, index: index, eventLoop: loop, loopIndex: index % loops.count)
        slots.append(slot)
        opened.append(Self.open(socket, on: loop) { [slot] in slot })
      }
      opened.append(Self.open(ends.control, on: supervisor) { ControlHandler(self) })
      opened.append(Self.open(ends.complaints, on: supervisor) { ComplaintHandler(self) })
      return EventLoopFuture.whenAllSucceed(opened, on: supervisor).map { self.channelsAreOpen($0) }
    } catch {
      return supervisor.makeFailedFuture(error)
    }
  }

  private static func open(
    _ socket: Int32, on loop: any EventLoop, handler: @escaping @Sendable () -> any ChannelInboundHandler & Sendable
  ) -> EventLoopFuture<any Channel> {
    ClientBootstrap(group: loop)
      // One read gets all of a usual answer; a second one would only learn that there is no more.
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 32 << 10, high: 128 << 10))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
      }
      .withConnectedSocket(socket)
  }

  // MARK: Speaking, from any thread

  /// - Throws: what stands in the way of reading the image.
  func load(_ revision: RevisionState) throws(MonitorStartError) {
    let image = revision.revision.imageDescriptor.map(coffer_open_again) ?? coffer_open_image(revision.revision.imageFile)
    guard image >= 0 else { throw MonitorStartError("cannot open the image", errorNumber: -image) }
    defer { close(image) }
    send(Frame(.load, number: revision.number, payload: revision.load.payload), descriptor: image)
  }

  func unload(_ revision: UInt32) { send(Frame(.unload, number: revision)) }

  /// Callers who go by the thousand, as a connection of HTTP/2 lets them, say this faster than a process that computes for them reads: what the socket does
  /// not take is said with the next report that is asked for.
  func stop(call: UInt32, slot: Int) {
    let isSilent = connection.withLock { connection -> Bool in
      connection.unsaid[slot] = call
      return saysStops(&connection)
    }
    if isSilent { fail(Self.deafness) }
  }

  /// Each second.
  func askForReport() {
    let isSilent = connection.withLock { connection -> Bool in
      if saysStops(&connection) { return true }
      return connection.unsaid.isEmpty && says(Frame(.report), &connection)
    }
    if isSilent { fail(Self.deafness) }
  }

  /// - Returns: whether the process has not read for longer than one that lives does.
  private func saysStops(_ connection: inout Connection) -> Bool {
    for (slot, call) in connection.unsaid {
      if says(Frame(.stop, number: UInt32(truncatingIfNeeded: slot), payload: CallStop(call: call).payload), &connection) { return true }
      if connection.fullSince != nil { return false }
      connection.unsaid[slot] = nil
    }
    return false
  }

  private func says(_ frame: Frame, _ connection: inout Connection) -> Bool {
    guard connection.control >= 0 else { return false }
    let bytes = frame.encoded
    let sent = bytes.withUnsafeBytes { coffer_send_with_descriptor(connection.control, $0.baseAddress, $0.count, -1) }
    guard sent != bytes.count else {
      connection.fullSince = nil
      return false
    }
    // Half a frame could not be followed by anything.
    guard sent == -Int(EAGAIN) else { return true }
    let since = connection.fullSince ?? .now()
    connection.fullSince = since
    return NIODeadline.now() - since > .nanoseconds(Int64(clamping: dispatcher.configuration.grace))
  }

  private static let deafness = "it does not read its control socket"

  private func send(_ frame: Frame, descriptor: Int32 = -1) {
    let bytes = frame.encoded
    let isSent = connection.withLock { connection -> Bool in
      // A process that has ended is noticed by those who read from it.
      guard connection.control >= 0 else { return true }
      return bytes.withUnsafeBytes { coffer_send_with_descriptor(connection.control, $0.baseAddress, $0.count, descriptor) } == bytes.count
    }
    if !isSent { fail(Self.deafness) }
  }

  // MARK: End, from any thread

  /// What it said is not what it may say: nothing it says counts any more.
  func broke(by error: FrameError) { fail("it broke the rules: \(error)") }

  func end(reason: String) {
    connection.withLock { $0.isExpected = $0.lossReason == nil }
    fail(reason)
  }

  /// Ends the process if it still lives. The first reason counts.
  func fail(_ reason: String) {
    let (isFirst, isExpected) = connection.withLock { connection -> (Bool, Bool) in
      guard connection.lossReason == nil else { return (false, false) }
      connection.lossReason = reason
      if connection.control >= 0 { close(connection.control) }
      connection.control = -1
      if var process = connection.process {
        // The number of somebody else's child may be another's by now.
        if connection.isChild { coffer_kill_group(&process) } else { coffer_trustlet_kill(process.pidfd) }
      }
      return (true, connection.isExpected)
    }
    guard isFirst else { return }
    dispatcher.childFailed(self, isExpected: isExpected, reason: reason)
  }

  /// On the supervisor's event loop, after ``fail(_:)``.
  func clearAway(on supervisor: any EventLoop, report: @escaping @Sendable (coffer_exit) -> Void) {
    for slot in slots { slot.onLoop { $0.close() } }
    for channel in channels.suffix(2) { channel.close(promise: nil) }
    channels = []
    reap(on: supervisor, report: report)
  }

  private func reap(on supervisor: any EventLoop, report: @escaping @Sendable (coffer_exit) -> Void) {
    guard let process = connection.withLock({ $0.process }) else { return report(coffer_exit()) }
    var exit = coffer_exit()
    if coffer_reap(process.pidfd, 0, &exit) == 0 {
      supervisor.scheduleTask(in: .milliseconds(5)) { self.reap(on: supervisor, report: report) }
      return
    }
    close(process.pidfd)
    connection.withLock { $0.process = nil }
    report(exit)
  }

  // MARK: Listening, on the supervisor's event loop

  fileprivate func receivedControl(_ bytes: ByteBuffer) {
    bytes.withUnsafeReadableBytes { controlReader.append($0) }
    do throws(FrameError) {
      while let frame = try controlReader.next() {
        switch frame.kind {
        case .welcome: receivedWelcome(try MonitorWelcome(frame.payload[...]))
        case .loaded: dispatcher.childHasLoaded(self, frame.number, try RevisionLoaded(frame.payload[...]))
        case .loadFailed: dispatcher.childCouldNotLoad(self, frame.number, String(decoding: frame.payload.prefix(4096), as: UTF8.self))
        case .reported: dispatcher.childReported(self, try MonitorReport(frame.payload[...]))
        default: throw .unexpected(frame.kind)
        }
      }
    } catch {
      broke(by: error)
    }
  }

  private func receivedWelcome(_ welcome: MonitorWelcome) {
    if isOpen { dispatcher.childIsReady(self, welcome) } else { earlyWelcome = welcome }
  }

  private func channelsAreOpen(_ channels: [any Channel]) {
    self.channels = channels
    isOpen = true
    if let welcome = earlyWelcome { dispatcher.childIsReady(self, welcome) }
  }

  private final class ControlHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let child: MonitorChild

    init(_ child: MonitorChild) { self.child = child }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { child.receivedControl(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { child.fail("it has died") }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  private final class ComplaintHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let child: MonitorChild

    init(_ child: MonitorChild) { self.child = child }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      child.dispatcher.childComplained(child, String(buffer: unwrapInboundIn(data)))
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}

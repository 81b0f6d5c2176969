import CLinux
import FunctionCalls
import Machine
import Monitor
import Synchronization
import TrustletImage
import TrustletRun

/// One thread with one socket to the front: at most one machine, one call at a time.
final class Slot: Sendable {
  /// What its thread has ready for the next call.
  final class Seat: Sendable {
    let revision: Revision
    let template: ApplicationTemplate
    let settings: CallSettings
    /// With one machine at most.
    let pool: TrustletPool

    init(_ revision: Revision, _ template: ApplicationTemplate, _ settings: CallSettings) {
      (self.revision, self.template, self.settings) = (revision, template, settings)
      pool = TrustletPool(
        template.template, idleLimit: 1, opensDoorbells: false, reuse: revision.load.isReused ? TrustletReuse() : nil)
    }
  }

  private struct Running {
    var call: UInt32?
    var stopper: TrustletStopper?
    var revision: UInt32?
    /// A call that was to be stopped before it had begun here.
    var stopped: UInt32?
  }

  private let number: Int
  private let revisions: Revisions
  private let control: ControlLine
  let kind: any MachineKind
  let attester: AttesterLine?
  private let connections: ConnectionLine?
  /// Taken out while a call uses it.
  private let seat = Mutex<Seat?>(nil)
  private let running = Mutex(Running())

  init(
    _ number: Int, _ revisions: Revisions, _ control: ControlLine, _ kind: any MachineKind, _ attester: AttesterLine?,
    _ connections: ConnectionLine?
  ) {
    self.number = number
    self.revisions = revisions
    self.control = control
    self.kind = kind
    self.attester = attester
    self.connections = connections
  }

  // MARK: From any thread

  /// Ends the call if it runs here, or as soon as it arrives.
  func stop(call: UInt32) {
    let stopper = running.withLock { running -> TrustletStopper? in
      guard running.call == call else {
        running.stopped = call
        return nil
      }
      running.stopped = call
      return running.stopper
    }
    stopper?.stop()
  }

  /// Gives up an idle machine of the revision.
  func forget(_ revision: Revision) {
    let former = seat.withLock { seat -> Seat? in
      guard seat?.revision === revision else { return nil }
      defer { seat = nil }
      return seat
    }
    _ = consume former
  }

  /// The revision of which there is a machine here.
  var machineRevision: UInt32? { seat.withLock { $0?.revision.number } ?? running.withLock { $0.revision } }

  // MARK: The slot's thread

  /// Until the front closes the socket.
  func serve(_ socket: FrameSocket) throws(ConversationEnd) {
    defer { seat.withLock { $0 = nil } }
    while let header = try socket.header() {
      switch header.kind {
      case .call: try carryOut(header, socket)
      case .input: try socket.skip(header.payloadLength)
      case .warm:
        try socket.skip(header.payloadLength)
        let failure = warm(header.number)
        socket.add(Frame(.warmed, number: header.number, payload: Array((failure ?? "").utf8)))
        try socket.send()
      case .cool:
        try socket.skip(header.payloadLength)
        seat.withLock { $0 = nil }
      default: throw .violated(.unexpected(header.kind))
      }
    }
  }

  private func warm(_ number: UInt32) -> String? {
    guard let revision = find(number) else { return "revision \(number) is not loaded here" }
    switch revision.ground() {
    case .nothing(let reason): return reason
    case .image:
      revision.leaveImage()
      return "the revision's template is still being made"
    case .template(let template, let settings):
      let seat = takeSeat(revision, template, settings)
      defer { self.seat.withLock { $0 = seat } }
      do {
        try seat.pool.prepare(1)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }

  private func find(_ number: UInt32) -> Revision? {
    if let revision = revisions[number] { return revision }
    // Its loading may stand on the other socket, said before the call was.
    control.catchUp()
    return revisions[number]
  }

  private func takeSeat() -> Seat? {
    seat.withLock { seat in
      defer { seat = nil }
      return seat
    }
  }

  func takeSeat(_ revision: Revision, _ template: ApplicationTemplate, _ settings: CallSettings) -> Seat {
    if let former = takeSeat(), former.revision === revision { return former }
    return Seat(revision, template, settings)
  }

  private func carryOut(_ header: FrameHeader, _ socket: FrameSocket) throws(ConversationEnd) {
    let arrival = coffer_monotonic_clock()
    let head = try head(header, socket)
    let streams = CallStreams(socket, call: header.number, first: head.input[...], inputEnds: header.flags.contains(.inputEnds), isInvocation: header.flags.contains(.invokes))
    // Of the call before this one: then there is nothing to ask that other slots ask too.
    var seat = takeSeat()
    if let former = seat, former.revision.number != head.revision || former.revision.isUnloaded {
      seat = nil
      revisions.leave(former)
    }
    let revision = seat?.revision ?? find(head.revision)
    let result: CallEnd
    var trustlet: Trustlet?
    if header.flags.contains(.attests) {
      let evidence: [UInt8]
      (result, evidence, seat) = attest(revision, seat, head)
      if !evidence.isEmpty { socket.add(Frame(.output, number: header.number, payload: evidence)) }
    } else if let revision {
      do throws(InvocationRefusal) {
        let invocation = header.flags.contains(.invokes) ? try prepare(head, revision, streams) : nil
        (result, trustlet, seat) = run(revision, seat, head, streams, header.number, arrival, invocation)
      } catch {
        result = error.end
      }
    } else {
      result = CallEnd(.notLoaded, message: "revision \(head.revision) is not loaded here")
    }
    running.withLock { $0 = Running(stopped: $0.stopped) }
    streams.stopper = nil
    if let end = streams.conversationEnd { throw end }
    socket.add(Frame(.ended, number: header.number, payload: result.payload))
    try socket.send()
    // The caller has its answer: from here on nobody waits.
    if let seat, let trustlet { try? seat.pool.giveBack(trustlet) }
    trustlet = nil
    if result.start == .clone || result.start == .image { revisions.machineWasTaken() }
    keepSeat(seat, revision)
    try streams.skipRest()
  }

  /// What was read of the socket goes before the next is: nobody else keeps its memory.
  private func head(_ header: FrameHeader, _ socket: FrameSocket) throws(ConversationEnd) -> CallHead {
    let payload = try socket.payload(header.payloadLength)
    do throws(FrameError) { return try CallHead(payload) } catch { throw .violated(error) }
  }

  private func keepSeat(_ seat: Seat?, _ revision: Revision?) {
    guard let revision, !revision.isUnloaded else { return }
    var seat = seat
    // It ran from the image, and the template has come meanwhile.
    if seat == nil, case .template(let template, let settings) = revision.present() { seat = takeSeat(revision, template, settings) }
    guard let seat else { return }
    try? seat.pool.prepare(1)
    self.seat.withLock { $0 = seat }
    // Said between the look above and now.
    if revision.isUnloaded { forget(revision) }
  }

  private func run(
    _ revision: Revision, _ former: Seat?, _ head: CallHead, _ streams: CallStreams, _ call: UInt32, _ arrival: UInt64,
    _ invocation: Invocation?
  ) -> (CallEnd, Trustlet?, Seat?) {
    var start = CallEnd.Start.none
    defer { if start == .image { revision.leaveImage() } }
    var secrets: InstanceSecretsSource?
    defer { if let failure = secrets?.failure { streams.note("no secrets: \(failure)") } }
    let network = connections.map { CarriedNetwork($0, revision.number) }
    // Whatever holds it: an instance that has ended has no connection.
    defer { network?.end() }
    do {
      let trustlet: Trustlet
      let image: TrustletImage
      var seat: Seat?
      switch former.map({ .template($0.template, $0.settings) }) ?? revision.ground() {
      case .nothing(let reason): return (CallEnd(.failed, message: reason), nil, nil)
      case .image(let found, let settings):
        image = found
        start = .image
        secrets = settings.secrets(head, revision, image, attester)
        trustlet = try TrustletRunner.start(image, try settings.service(head, streams, secrets, network), settings.limits(head), on: kind)
      case .template(let template, let settings):
        image = template.image
        let taken = former ?? takeSeat(revision, template, settings)
        start = taken.pool.idleCount > 0 ? .warm : .clone
        seat = taken
        secrets = settings.secrets(head, revision, image, attester)
        trustlet = try taken.pool.take(service: settings.service(head, streams, secrets, network), limits: settings.limits(head))
        if trustlet.continues { start = .reused }
      }
      streams.stopper = trustlet.stopper
      let isStopped = running.withLock { running in
        running.call = call
        running.stopper = trustlet.stopper
        running.revision = revision.number
        return running.stopped == call
      }
      if isStopped { trustlet.stopper.stop() }
      let begin = coffer_monotonic_clock()
      let (outcome, isTooLong) =
        try invocation.map { try perform($0, trustlet, image, seat?.template, streams) } ?? (TrustletRunner.runCommand(image, trustlet), false)
      trustlet.leavesHandles = network?.hasHandles ?? false
      var end = isTooLong ? CallEnd(.resultTooLong, start: start) : CallEnd(outcome, start: start, in: image)
      let statistics = trustlet.statistics
      end.startTime = begin - arrival
      end.runTime = statistics.wallTime
      end.processorTime = statistics.processorTime ?? 0
      end.memory = statistics.linearMemory
      end.memoryWasRefused = statistics.refused.contains(.memory)
      end.outputWasRefused = statistics.refused.contains(.output)
      end.hasWaited = statistics.hasWaited
      return (end, trustlet, seat)
    } catch {
      return (CallEnd(.failed, start: start, message: "\(error)"), nil, nil)
    }
  }
}

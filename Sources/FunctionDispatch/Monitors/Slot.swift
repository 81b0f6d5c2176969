import FunctionCalls
import NIOCore
import Synchronization

/// The front's end of a slot: one socket of a monitor process, one call at a time.
///
/// `@unchecked Sendable`: each property says whose it is.
final class Slot: ChannelInboundHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer

  let child: MonitorChild
  let index: Int
  let eventLoop: any EventLoop
  /// The event loop's place in the dispatcher's lists.
  let loopIndex: Int

  // Behind the dispatcher's lock.
  /// Of which revision there is a machine here, or is about to be.
  var machine: RevisionState?
  var isBusy = false
  var freeSince: UInt64 = 0
  /// When a call counts as hung.
  var deadline: UInt64 = .max
  /// The call that it is busy with, until that has been given up.
  var current: FunctionCall?

  // The event loop's.
  private var context: ChannelHandlerContext?
  private var reader = SlotFrameReader()
  private var call: FunctionCall?
  private var number: UInt32 = 0
  /// Kept until the first word of an answer, for the case that the process has not got the revision.
  private var sentInput: ByteBuffer?
  private var wroteSinceRead = false
  private var isDiscarding = false
  private var flushIsDue = false
  /// What the program has written to standard error since its last whole line.
  private var lines = LineAssembler()

  private let canTakeInput = Atomic<Bool>(true)

  init(_ child: MonitorChild, index: Int, eventLoop: any EventLoop, loopIndex: Int) {
    self.child = child
    self.index = index
    self.eventLoop = eventLoop
    self.loopIndex = loopIndex
  }

  /// From any thread: whether the socket is not full.
  var takesInput: Bool { canTakeInput.load(ordering: .relaxed) }

  func onLoop(_ body: @escaping @Sendable (Slot) -> Void) {
    if eventLoop.inEventLoop { body(self) } else { eventLoop.execute { body(self) } }
  }

  // MARK: Front to monitor, on the event loop

  func begin(_ call: FunctionCall, revision: UInt32, settings: CallEnvironment) {
    guard let context else {
      // It has died since the call was given to it.
      let ending = CallEnding.lost(reason: child.lossReason)
      call.end(ending)
      child.dispatcher.finished(self, call, ending)
      return
    }
    number &+= 1
    self.call = call
    isDiscarding = false
    let beginning = call.begin(on: self, number: number)
    var input = beginning.input
    sentInput = input
    var frame = context.channel.allocator.buffer(capacity: 1024)
    frame.writeCall(
      number: number, revision: revision, time: 0, environment: call.environment, settings: settings, input: &input,
      inputEnds: beginning.inputEnds, attests: call.attests, invocation: call.invocation?.texts ?? [])
    if input.readableBytes > 0 { Self.writeInput(&input, ends: beginning.inputEnds, number: number, to: &frame) }
    write(frame, context)
    // What was enough for a call that waited need not fill the socket, which then never says that it has room again.
    if beginning.isFull && context.channel.isWritable { call.deliverRoom() }
    if beginning.isStopped { child.stop(call: number, slot: index) }
    if call.isPaused { setPaused(true, for: call) }
  }

  func sendInput(_ bytes: ByteBuffer, ends: Bool, of call: FunctionCall, number: UInt32) {
    guard let context, self.call === call, self.number == number else { return }
    // From here on the call could not be repeated elsewhere.
    sentInput = nil
    var bytes = bytes
    var frame = context.channel.allocator.buffer(capacity: bytes.readableBytes + FrameHeader.size)
    Self.writeInput(&bytes, ends: ends, number: number, to: &frame)
    write(frame, context)
    if context.channel.isWritable { call.deliverRoom() }
  }

  private static func writeInput(_ bytes: inout ByteBuffer, ends: Bool, number: UInt32, to frame: inout ByteBuffer) {
    repeat {
      let count = min(bytes.readableBytes, FrameHeader.payloadLimit)
      let isLast = count == bytes.readableBytes
      frame.write(FrameHeader(.input, flags: ends && isLast ? .inputEnds : [], number: number, payloadLength: count))
      if var part = bytes.readSlice(length: count) { frame.writeBuffer(&part) }
    } while bytes.readableBytes > 0
  }

  /// Sent when this turn of the event loop is over: the monitor's thread that it wakes would else have the processor before the turn's other events.
  private func write(_ frame: ByteBuffer, _ context: ChannelHandlerContext) {
    context.write(NIOAny(frame), promise: nil)
    guard !flushIsDue else { return }
    flushIsDue = true
    eventLoop.execute {
      self.flushIsDue = false
      self.context?.flush()
    }
  }

  /// The slot's machine may go, or is made ready.
  func tell(_ kind: FrameKind, revision: UInt32) {
    guard let context else { return }
    var frame = context.channel.allocator.buffer(capacity: FrameHeader.size)
    frame.write(FrameHeader(kind, number: revision))
    write(frame, context)
  }

  func setPaused(_ isPaused: Bool, for call: FunctionCall) {
    guard let context, self.call === call, !isDiscarding else { return }
    // Reading goes on by itself once it is switched on.
    try? context.channel.syncOptions?.setOption(.autoRead, value: !isPaused)
  }

  func discardOutput(of call: FunctionCall) {
    guard self.call === call else { return }
    setPaused(false, for: call)
    isDiscarding = true
  }

  /// Ends the call towards its caller, who has not read its answer in time, and reads what its process says of it: an end that stands behind output
  /// which nobody takes cannot be seen.
  func giveUp(_ call: FunctionCall) {
    guard self.call === call else { return }
    discardOutput(of: call)
    call.end(.ended(CallEnd(.timedOut)))
  }

  func close() { context?.close(promise: nil) }

  // MARK: Monitor to front

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    reader.append(unwrapInboundIn(data))
    do throws(FrameError) {
      while let piece = try reader.next() { try take(piece) }
    } catch {
      child.broke(by: error)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if wroteSinceRead {
      wroteSinceRead = false
      call?.deliverPause()
    }
  }

  private func take(_ piece: SlotFrameReader.Piece) throws(FrameError) {
    switch piece {
    case .output(let number, let bytes):
      guard let call, number == self.number else { throw .unexpected(.output) }
      sentInput = nil
      wroteSinceRead = true
      if !isDiscarding { call.deliver(bytes) }
    case .frame(let header, let payload):
      switch header.kind {
      case .log:
        guard let call, header.number == number else { throw .unexpected(.log) }
        sentInput = nil
        for line in lines.append(payload.readableBytesView) { child.dispatcher.log(line, of: call) }
      case .ended:
        guard let call, header.number == number else { throw .unexpected(.ended) }
        let end = try CallEnd(Array(payload.readableBytesView)[...])
        try finish(call, end)
      // It answers `warm`; that a slot is not ready shows when it is used.
      case .warmed: break
      default: throw .unexpected(header.kind)
      }
    }
  }

  private func finish(_ call: FunctionCall, _ end: CallEnd) throws(FrameError) {
    // Nothing of it has run, and nothing of its input is gone: another process may have it.
    if end.outcome == .notLoaded, let sentInput, !call.hasBeenRefusedByAProcess {
      forget(call)
      call.takeBack(input: sentInput)
      child.dispatcher.notLoaded(self, call)
      return
    }
    forget(call)
    if call.isPaused { try? context?.channel.syncOptions?.setOption(.autoRead, value: true) }
    call.end(.ended(end))
    child.dispatcher.finished(self, call, .ended(end))
  }

  private func forget(_ call: FunctionCall) {
    if let line = lines.end() { child.dispatcher.log(line, of: call) }
    self.call = nil
    sentInput = nil
    wroteSinceRead = false
    isDiscarding = false
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let isWritable = context.channel.isWritable
    canTakeInput.store(isWritable, ordering: .relaxed)
    if isWritable { call?.deliverRoom() }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    child.fail("its slot \(index) was closed")
    guard let call else { return }
    forget(call)
    let ending = CallEnding.lost(reason: child.lossReason)
    call.end(ending)
    child.dispatcher.finished(self, call, ending)
  }
}

import FunctionCalls
import NIOCore
import Synchronization

/// Why a call did not run.
public enum CallRefusal: Sendable, Hashable {
  /// The function's queue, or the node's, is full.
  case queueFull
  /// It waited for as long as calls may.
  case queueTimedOut
  /// The node ends.
  case draining
  /// The image cannot be read, or no monitor process can be started.
  case unavailable(reason: String)
  /// More variables than a call's frame has room for.
  case tooLarge
}

public enum CallEnding: Sendable, Hashable {
  case refused(CallRefusal)
  /// The monitor process that carried it out has died, or was ended because it broke the rules. The program may have run.
  case lost(reason: String)
  case ended(CallEnd)
}

/// Whoever waits for a call's answer. All of this happens on the call's event loop.
public protocol CallReceiver: AnyObject {
  /// Bytes of standard output. More follow in the same turn of the event loop, or ``callPaused`` does.
  func callWrote(_ bytes: ByteBuffer)
  /// Nothing more for now.
  func callPaused()
  /// The last of a call.
  func callEnded(_ ending: CallEnding)
  /// After ``FunctionCall/send(_:ends:)`` has said that there is enough for now: there is room again.
  func callWantsInput()
}

/// Which exported function a call is of, and how its values are written ("json", "wave").
public struct Invocation: Sendable, Hashable {
  public var function: String
  public var input: String
  public var output: String

  public init(function: String, input: String, output: String) {
    self.function = function
    self.input = input
    self.output = output
  }

  /// As a monitor process is told.
  var texts: [String] { [function, input, output] }
}

/// A call from its submission to its end. Made, fed and stopped on its event loop.
///
/// `@unchecked Sendable`: what other threads touch is behind `state`; `receiver` is used on the event loop alone.
public final class FunctionCall: @unchecked Sendable {
  public let route: Route
  public let revision: Revision
  /// As the caller is told it.
  public let request: String
  /// The request's `traceparent`, as the program is told it; empty where there is none.
  public let trace: String
  /// Nanoseconds of the monotonic clock when the request came.
  public let arrival: UInt64
  public let eventLoop: any EventLoop
  let environment: CallEnvironment
  /// The program is not run: the answer is evidence of an instance.
  let attests: Bool
  /// An exported function is called, and not the program.
  let invocation: Invocation?
  private var receiver: (any CallReceiver)?

  private struct State {
    var slot: Slot?
    var number: UInt32 = 0
    var input = ByteBuffer()
    var inputEnds: Bool
    var isStopped = false
    var isOver = false
    /// The receiver was told that there is enough.
    var isFull = false
    var isPaused = false
    var hasBeenPaused = false
  }

  private let state: Mutex<State>
  // Behind the dispatcher's lock.
  var function: FunctionState?
  var queuedAt: UInt64 = 0
  /// When it was known enough of to run.
  var submittedAt: UInt64 = 0
  var dispatchedAt: UInt64 = 0
  var chargedTime: UInt64 = 0
  var hasBeenRefusedByAProcess = false
  var isQueued = false
  /// The event loop's place in the dispatcher's lists.
  var loop = 0

  /// Of input that waits for a slot.
  private static let inputLimit = 64 << 10

  public init(
    _ route: Route, _ revision: Revision, environment: CallEnvironment, request: String, trace: String = "", arrival: UInt64, input: ByteBuffer, inputEnds: Bool,
    eventLoop: any EventLoop, receiver: any CallReceiver, attests: Bool = false, invocation: Invocation? = nil
  ) {
    self.attests = attests
    self.invocation = invocation
    self.route = route
    self.revision = revision
    self.environment = environment
    self.request = request
    self.trace = trace
    self.arrival = arrival
    self.eventLoop = eventLoop
    self.receiver = receiver
    state = Mutex(State(input: input, inputEnds: inputEnds))
  }

  // MARK: The caller's side

  /// More input. - Returns: false when that is enough until ``CallReceiver/callWantsInput()``.
  public func send(_ bytes: ByteBuffer, ends: Bool) -> Bool {
    let (slot, number, goesOn) = state.withLock { state -> (Slot?, UInt32, Bool) in
      guard !state.isOver, !state.inputEnds else { return (nil, 0, true) }
      state.inputEnds = ends
      if let slot = state.slot {
        state.isFull = state.isFull || !slot.takesInput
        return (slot, state.number, !state.isFull)
      }
      var bytes = bytes
      state.input.writeBuffer(&bytes)
      state.isFull = state.input.readableBytes > Self.inputLimit
      return (nil, 0, !state.isFull)
    }
    slot?.onLoop { $0.sendInput(bytes, ends: ends, of: self, number: number) }
    return goesOn
  }

  /// Nobody waits for the answer any more: nothing is received from here on.
  public func stop(_ dispatcher: Dispatcher) {
    receiver = nil
    let (slot, number) = state.withLock { state -> (Slot?, UInt32) in
      state.isStopped = true
      return (state.isOver ? nil : state.slot, state.number)
    }
    if let slot {
      slot.child.stop(call: number, slot: slot.index)
      // A program that is blocked because nobody reads its output has to get on to notice.
      slot.onLoop { $0.discardOutput(of: self) }
    } else {
      dispatcher.withdraw(self)
    }
  }

  /// Holds the program up until ``resume()``, as soon as what the sockets keep is full.
  public func pause() { changePause(true) }
  public func resume() { changePause(false) }

  private func changePause(_ isPaused: Bool) {
    let slot = state.withLock { state -> Slot? in
      state.isPaused = isPaused
      if isPaused { state.hasBeenPaused = true }
      return state.slot
    }
    slot?.onLoop { $0.setPaused(isPaused, for: self) }
  }

  // MARK: The slot's side

  var isStopped: Bool { state.withLock { $0.isStopped } }

  struct Beginning {
    /// The input so far, and whether that is all.
    var input: ByteBuffer
    var inputEnds: Bool
    var isStopped: Bool
    /// The receiver waits for ``CallReceiver/callWantsInput()``.
    var isFull: Bool
  }

  /// The slot has the call from now on.
  func begin(on slot: Slot, number: UInt32) -> Beginning {
    state.withLock { state in
      state.slot = slot
      state.number = number
      defer { state.input = ByteBuffer() }
      return Beginning(input: state.input, inputEnds: state.inputEnds, isStopped: state.isStopped, isFull: state.isFull)
    }
  }

  /// Takes the call off a slot that turned out not to be able to carry it out; nothing of it ran.
  func takeBack(input: ByteBuffer) {
    state.withLock { state in
      state.slot = nil
      state.input = input
    }
  }

  var isPaused: Bool { state.withLock { $0.isPaused } }

  /// Its caller has not always read its answer.
  var hasBeenPaused: Bool { state.withLock { $0.hasBeenPaused } }

  func deliver(_ bytes: ByteBuffer) { onLoop { $0.receiver?.callWrote(bytes) } }

  func deliverPause() { onLoop { $0.receiver?.callPaused() } }

  func deliverRoom() {
    let wasFull = state.withLock { state in
      defer { state.isFull = false }
      return state.isFull
    }
    if wasFull { onLoop { $0.receiver?.callWantsInput() } }
  }

  func end(_ ending: CallEnding) {
    let isFirst = state.withLock { state in
      defer {
        state.isOver = true
        state.slot = nil
      }
      return !state.isOver
    }
    guard isFirst else { return }
    onLoop {
      let receiver = $0.receiver
      $0.receiver = nil
      receiver?.callEnded(ending)
    }
  }

  private func onLoop(_ body: @escaping @Sendable (FunctionCall) -> Void) {
    if eventLoop.inEventLoop { body(self) } else { eventLoop.execute { body(self) } }
  }
}

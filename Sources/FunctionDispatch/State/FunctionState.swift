import FunctionCalls
import NIOCore

/// A tenant that has functions which were called. Everything is behind the dispatcher's lock.
package final class TenantState: @unchecked Sendable {
  let name: String
  package var running = 0
  /// Its calls that wait.
  package var queued = 0
  var limits = TenantLimits()
  package var budget = ProcessorBudget()
  /// As ``DispatchState/isMemoryShort``, by its own limit.
  var isMemoryShort = false
  /// Time of machines that its calls have had, in the node's virtual time: whoever has had least is next.
  var used: UInt64 = 0
  /// Its functions with calls that wait; the first is next.
  var waiting = CircularBuffer<FunctionState>()
  var children: [MonitorChild] = []

  /// By class of status, of all its calls since the start: what is counted there never falls, whichever of its functions are removed.
  var answers: [String: UInt64] = [:]

  init(_ name: String) { self.name = name }
}

/// A function that was called. Everything is behind the dispatcher's lock.
final class FunctionState: @unchecked Sendable {
  let name: String
  let tenant: TenantState
  var settings = FunctionSettings()
  package var running = 0
  /// Calls that wait, and such as were withdrawn since.
  private(set) var queue = CircularBuffer<FunctionCall>()
  private(set) var queued = 0
  var isWaiting = false
  /// It is in ``DispatchState/lively``.
  var isLively = false
  /// By measurement.
  var revisions: [String: RevisionState] = [:]
  /// Such as were replaced by one of the same code with other settings, until their machines are gone.
  var former: [RevisionState] = []
  var statistics = FunctionCounters()
  /// As it was told last, of one that was not lively then; with ``FunctionCounters/changes``.
  var told: (DispatchStatistics.Function, changes: UInt64)?
  /// Nanoseconds that a call has lately taken.
  var usualTime: UInt64 = 1_000_000
  /// Of its last calls, in 1,024ths, how many have waited for anything but a processor. Unknown at first, which counts as many.
  private var waitingShare = 512

  init(_ name: String, _ tenant: TenantState) {
    self.name = name
    self.tenant = tenant
  }

  /// Whether its calls only compute.
  var computes: Bool { waitingShare < 128 }

  func noteWaiting(_ hasWaited: Bool) { waitingShare = (waitingShare * 7 + (hasWaited ? 1024 : 0)) / 8 }

  func enqueue(_ call: FunctionCall) {
    call.isQueued = true
    queue.append(call)
    queued += 1
  }

  var firstQueued: FunctionCall? {
    while let call = queue.first {
      if call.isQueued { return call }
      queue.removeFirst()
    }
    return nil
  }

  /// Of those that have waited longest, the first of this event loop, or else the first.
  func firstQueued(loop: Int) -> FunctionCall? {
    guard let first = firstQueued else { return nil }
    return queue.prefix(Self.lookAhead).first { $0.isQueued && $0.loop == loop } ?? first
  }

  /// Calls that one behind them may overtake at most.
  private static let lookAhead = 16

  func withdraw(_ call: FunctionCall) {
    guard call.isQueued else { return }
    call.isQueued = false
    queued -= 1
    // What was withdrawn in the middle stays until its turn comes; not without bound.
    if queue.count > 2 * queued + 64 { queue = CircularBuffer(queue.filter(\.isQueued)) }
  }

  var allRevisions: [RevisionState] { former + revisions.values }

  var machines: Int { isLively ? allRevisions.reduce(0) { $0 + $1.machines } : 0 }

  /// Whether there is something of it in any process, or will be.
  var isAlive: Bool { running > 0 || queued > 0 || !former.isEmpty || revisions.values.contains { $0.machines > 0 || !$0.children.isEmpty } }
}

/// What has happened with a function's calls.
struct FunctionCounters {
  /// Another number after each change of what follows.
  var changes: UInt64 = 0
  var requests: UInt64 = 0
  var reused: UInt64 = 0
  var answers: [String: UInt64] = [:]
  var lastRevision = ""
  var cold = LatencyHistogram()
  var warm = LatencyHistogram()
  var queue = LatencyHistogram()
  var run = LatencyHistogram()
  var request = LatencyHistogram()
}

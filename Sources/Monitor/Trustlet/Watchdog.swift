import CLinux
import Glibc
import Machine
import Synchronization

/// Stops trustlets at their limits of time: one thread for the whole process, started with the first limit.
///
/// What it watches stands in a ``Watch`` for each machine, with a lock of its own. Trustlets that begin and end at the same moment on many threads have
/// no lock in common here: with one, whoever was put aside while holding it held up all others, and a node spent a tenth of its time so.
final class Watchdog: Sendable {
  fileprivate static let shared = Watchdog()

  private struct State {
    var watched: [ObjectIdentifier: WatchedCommand] = [:]
    var threadRuns = false
  }

  private let state = Mutex(State())
  /// When the thread wakes by itself; while it looks, no time at all.
  private let wakingTime = Atomic<UInt64>(.max)
  /// Readable when an earlier deadline has come in; -1 where there was no descriptor for it, and then the thread looks by itself.
  private let alarm = coffer_event()
  private static let longestSleepWithoutAlarm: UInt64 = 1_000_000

  /// - Returns: Whether there is a thread that watches.
  fileprivate func add(_ watched: WatchedCommand) -> Bool {
    state.withLock { state in
      if !state.threadRuns { state.threadRuns = HostThread.startDetached { Watchdog.shared.watch() } }
      if state.threadRuns { state.watched[ObjectIdentifier(watched)] = watched }
      return state.threadRuns
    }
  }

  fileprivate func remove(_ watched: WatchedCommand) {
    state.withLock { _ = $0.watched.removeValue(forKey: ObjectIdentifier(watched)) }
  }

  /// Behind the arming: either the thread is still to look there, or it is woken.
  fileprivate func note(due: UInt64) {
    guard due < wakingTime.load(ordering: .sequentiallyConsistent) else { return }
    var one: UInt64 = 1
    _ = write(alarm, &one, 8)
  }

  private func watch() {
    while true {
      wakingTime.store(.max, ordering: .sequentiallyConsistent)
      let now = coffer_monotonic_clock()
      let watched = state.withLock { Array($0.watched.values) }
      var waking = watched.reduce(UInt64.max) { min($0, $1.look(at: now)) }
      if alarm < 0 { waking = min(waking, now + Self.longestSleepWithoutAlarm) }
      wakingTime.store(waking, ordering: .sequentiallyConsistent)
      let later = coffer_monotonic_clock()
      var awaited = pollfd(fd: alarm, events: Int16(POLLIN), revents: 0)
      coffer_poll(&awaited, 1, waking == .max ? -1 : Int64(clamping: waking - min(waking, later)))
      var count: UInt64 = 0
      if awaited.revents != 0 { _ = read(alarm, &count, 8) }
    }
  }
}

/// The watching of one machine's commands, one after another. Belongs to the machine's owner.
final class Watch {
  private let watched = WatchedCommand()
  private var isWatched = false

  deinit { Watchdog.shared.remove(watched) }

  /// - Parameters:
  ///   - deadline: by the monotonic clock.
  ///   - processorLimit: by the given clock, in nanoseconds too.
  /// - Returns: false where there is no thread to watch.
  func arm(deadline: UInt64?, processorLimit: (clock: ProcessorClock, limit: UInt64)?, _ stopper: TrustletStopper) -> Bool {
    if !isWatched { isWatched = Watchdog.shared.add(watched) }
    guard isWatched else { return false }
    Watchdog.shared.note(due: watched.arm(deadline, processorLimit.map { WatchedProcessor($0.clock, limit: $0.limit) }, stopper))
    return true
  }

  /// When this has returned, neither the stopper nor the clock is used any more.
  func disarm() { watched.disarm() }
}

private final class WatchedCommand: Sendable {
  private struct State {
    var stopper: TrustletStopper?
    var deadline = UInt64.max
    var processor: WatchedProcessor?
  }

  private let state = Mutex(State())

  /// - Returns: when to look at it.
  func arm(_ deadline: UInt64?, _ processor: WatchedProcessor?, _ stopper: TrustletStopper) -> UInt64 {
    state.withLock { state in
      state = State(stopper: stopper, deadline: deadline ?? .max, processor: processor)
      return min(state.deadline, processor?.due ?? .max)
    }
  }

  func disarm() { state.withLock { $0 = State() } }

  /// Stops what is over its limits. - Returns: when to look again.
  func look(at now: UInt64) -> UInt64 {
    state.withLock { state in
      guard let stopper = state.stopper else { return .max }
      if state.deadline <= now {
        stopper.stop(.timeLimit)
        state = State()
      } else if let processor = state.processor, processor.due <= now {
        state.processor = processor.looked(at: now)
        if state.processor == nil {
          stopper.stop(.processorTimeLimit)
          state = State()
        }
      }
      return min(state.deadline, state.processor?.due ?? .max)
    }
  }
}

/// A limit of processor time, and when to look at its clock again.
private struct WatchedProcessor {
  /// The clock is not looked at more often, however little is left of its limit.
  private static let shortestPause: UInt64 = 1_000_000
  /// ... nor, of a trustlet that waits, more seldom: by so much one that begins to compute again can pass its limit.
  private static let longestIdlePause: UInt64 = 32_000_000

  private let clock: ProcessorClock
  private let limit: UInt64
  /// By the monotonic clock.
  private(set) var due: UInt64
  /// What the processor clock said last.
  private var seen: UInt64
  private var pause: UInt64 = 0

  init(_ clock: ProcessorClock, limit: UInt64) {
    (self.clock, self.limit) = (clock, limit)
    seen = clock.now
    // Processor time passes at most as fast as time does: before this there is nothing to see.
    due = coffer_monotonic_clock().addingOrMaximum(limit - min(seen, limit))
  }

  /// - Returns: nil when the limit is reached.
  func looked(at now: UInt64) -> Self? {
    let used = clock.now
    guard used < limit else { return nil }
    var next = self
    // One that waits close to its limit is left alone longer and longer.
    let isIdle = used - min(seen, used) < Self.shortestPause / 10
    next.pause = isIdle ? min(max(2 * pause, Self.shortestPause), Self.longestIdlePause) : Self.shortestPause
    next.seen = used
    next.due = now.addingOrMaximum(max(limit - used, next.pause))
    return next
  }
}

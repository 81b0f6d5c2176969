import CLinux
import Glibc
import Machine
import Synchronization

/// Stops trustlets at their limits of time: one thread for the whole process, started with the first limit.
final class Watchdog: Sendable {
  static let shared = Watchdog()

  enum Condition {
    /// Of the monotonic clock, in nanoseconds.
    case time(UInt64)
    /// Of the given clock, in nanoseconds.
    case processorTime(ProcessorClock, UInt64)
  }

  fileprivate struct Watch {
    let token: UInt64
    let condition: Condition
    let stopper: TrustletStopper
    /// When to look at it, by the monotonic clock.
    var due: UInt64
    /// What its processor clock said then.
    var seen: UInt64 = 0
    var pause: UInt64 = 0
  }

  private struct State {
    var watches: [Watch] = []
    var lastToken: UInt64 = 0
    var threadRuns = false
    /// When the thread wakes by itself.
    var wakingTime = UInt64.max
  }

  private let state = Mutex(State())
  /// Readable when an earlier deadline has come in; -1 where there was no descriptor for it, and then the thread looks by itself.
  private let alarm = coffer_event()
  private static let longestSleepWithoutAlarm: UInt64 = 1_000_000
  /// A processor clock is not looked at more often, however little is left of its limit.
  fileprivate static let shortestPause: UInt64 = 1_000_000
  /// ... nor, of a trustlet that waits, more seldom: by so much one that begins to compute again can pass its limit.
  fileprivate static let longestIdlePause: UInt64 = 32_000_000

  /// - Returns: What ``disarm(_:)`` takes, or nil when there is no thread to watch.
  func arm(_ condition: Condition, _ stopper: TrustletStopper) -> UInt64? {
    let (token, wakes): (UInt64?, Bool) = state.withLock { state in
      if !state.threadRuns { state.threadRuns = HostThread.startDetached { Watchdog.shared.watch() } }
      guard state.threadRuns else { return (nil, false) }
      state.lastToken += 1
      let watch = Watch(token: state.lastToken, condition: condition, stopper: stopper, now: coffer_monotonic_clock())
      state.watches.append(watch)
      return (state.lastToken, watch.due < state.wakingTime)
    }
    if wakes { wake() }
    return token
  }

  /// When this has returned, neither the stopper nor the clock is used any more.
  func disarm(_ token: UInt64) {
    state.withLock { state in
      if let index = state.watches.firstIndex(where: { $0.token == token }) { state.watches.swapRemove(index) }
    }
  }

  private func wake() {
    var one: UInt64 = 1
    _ = write(alarm, &one, 8)
  }

  private func watch() {
    while true {
      let waking: UInt64 = state.withLock { state in
        let now = coffer_monotonic_clock()
        state.watches = state.watches.compactMap { $0.due <= now ? $0.looked(at: now) : $0 }
        state.wakingTime = state.watches.map(\.due).min() ?? .max
        if alarm < 0 { state.wakingTime = min(state.wakingTime, now + Self.longestSleepWithoutAlarm) }
        return state.wakingTime
      }
      let now = coffer_monotonic_clock()
      var watched = pollfd(fd: alarm, events: Int16(POLLIN), revents: 0)
      coffer_poll(&watched, 1, waking == .max ? -1 : Int64(clamping: waking - min(waking, now)))
      var count: UInt64 = 0
      if watched.revents != 0 { _ = read(alarm, &count, 8) }
    }
  }
}

extension Watchdog.Watch {
  fileprivate init(token: UInt64, condition: Watchdog.Condition, stopper: TrustletStopper, now: UInt64) {
    self.token = token
    self.condition = condition
    self.stopper = stopper
    switch condition {
    case .time(let deadline): due = deadline
    case .processorTime(let clock, let limit):
      seen = clock.now
      // Processor time passes at most as fast as time does: before this there is nothing to see.
      due = now.addingOrMaximum(limit - min(seen, limit))
    }
  }

  /// The watch with the time at which to look again, or nil when it has stopped its trustlet.
  fileprivate func looked(at now: UInt64) -> Self? {
    switch condition {
    case .time:
      stopper.stop(.timeLimit)
      return nil
    case .processorTime(let clock, let limit):
      let used = clock.now
      guard used < limit else {
        stopper.stop(.processorTimeLimit)
        return nil
      }
      var next = self
      // One that waits close to its limit is left alone longer and longer.
      let isIdle = used - min(seen, used) < Watchdog.shortestPause / 10
      next.pause = isIdle ? min(max(2 * pause, Watchdog.shortestPause), Watchdog.longestIdlePause) : Watchdog.shortestPause
      next.seen = used
      next.due = now.addingOrMaximum(max(limit - used, next.pause))
      return next
    }
  }
}

extension Array {
  fileprivate mutating func swapRemove(_ index: Int) {
    swapAt(index, count - 1)
    removeLast()
  }
}

import CLinux
import Glibc
import Synchronization

/// Stops trustlets at their deadlines: one thread for the whole process, started with the first deadline.
final class Watchdog: Sendable {
  static let shared = Watchdog()

  private struct Watch {
    let token: UInt64
    let deadline: UInt64
    let stopper: TrustletStopper
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

  /// - Parameter deadline: Of the monotonic clock, in nanoseconds.
  /// - Returns: What ``disarm(_:)`` takes, or nil when there is no thread to watch.
  func arm(_ deadline: UInt64, _ stopper: TrustletStopper) -> UInt64? {
    let (token, wakes): (UInt64?, Bool) = state.withLock { state in
      if !state.threadRuns { state.threadRuns = startThread() }
      guard state.threadRuns else { return (nil, false) }
      state.lastToken += 1
      state.watches.append(Watch(token: state.lastToken, deadline: deadline, stopper: stopper))
      return (state.lastToken, deadline < state.wakingTime)
    }
    if wakes { wake() }
    return token
  }

  /// When this has returned, the stopper is not used any more.
  func disarm(_ token: UInt64) {
    state.withLock { state in
      if let index = state.watches.firstIndex(where: { $0.token == token }) { state.watches.swapRemove(index) }
    }
  }

  private func wake() {
    var one: UInt64 = 1
    _ = write(alarm, &one, 8)
  }

  private func startThread() -> Bool {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return false }
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    return pthread_create(
      &thread, &attributes,
      { _ in
        Watchdog.shared.watch()
        return nil
      }, nil) == 0
  }

  private func watch() {
    while true {
      let waking: UInt64 = state.withLock { state in
        let now = coffer_monotonic_clock()
        for watch in state.watches where watch.deadline <= now { watch.stopper.stop(.timeLimit) }
        state.watches.removeAll { $0.deadline <= now }
        state.wakingTime = state.watches.map(\.deadline).min() ?? .max
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

extension Array {
  fileprivate mutating func swapRemove(_ index: Int) {
    swapAt(index, count - 1)
    removeLast()
  }
}

import CLinux
import Glibc
import Machine
import Synchronization

/// Something that waits in the system (a name server, a peer, a certificate), done by a thread of its own while the trustlet goes on.
final class Errand<Outcome: Sendable>: Sendable {
  enum State: Sendable {
    case running
    case done(Outcome)
    case taken
    /// Nobody wants the outcome any more.
    case abandoned
  }

  /// Readable when it is done.
  let signal: Int32
  private let state = Mutex<State>(.running)
  private let discard: @Sendable (Outcome) -> Void
  private let running: ErrandCount

  /// - Parameter discard: gives back what an outcome holds that nobody takes.
  /// - Returns: nil when the system has no descriptor or no thread left, or too many run already.
  static func start(
    _ running: ErrandCount, discard: @escaping @Sendable (Outcome) -> Void, _ body: @escaping @Sendable () -> Outcome
  ) -> Errand? {
    guard running.begin() else { return nil }
    let signal = coffer_event()
    guard signal >= 0 else {
      running.end()
      return nil
    }
    let errand = Errand(signal: signal, running, discard: discard)
    // The resolver of the C library wants its room.
    guard HostThread.startDetached(stackSize: 512 << 10, { errand.finish(body()) }) else {
      running.end()
      return nil
    }
    return errand
  }

  private init(signal: Int32, _ running: ErrandCount, discard: @escaping @Sendable (Outcome) -> Void) {
    (self.signal, self.running, self.discard) = (signal, running, discard)
  }

  deinit { close(signal) }

  private func finish(_ outcome: Outcome) {
    running.end()
    let isWanted = state.withLock { state in
      guard case .running = state else { return false }
      state = .done(outcome)
      return true
    }
    guard isWanted else { return discard(outcome) }
    var one: UInt64 = 1
    _ = write(signal, &one, 8)
  }

  /// The outcome, once; nil while it is not there.
  func take() -> Outcome? {
    state.withLock { state in
      guard case .done(let outcome) = state else { return nil }
      state = .taken
      return outcome
    }
  }

  func abandon() {
    let left = state.withLock { state -> Outcome? in
      defer { state = .abandoned }
      if case .done(let outcome) = state { return outcome }
      return nil
    }
    if let left { discard(left) }
  }
}

/// How many errands of one trustlet run. Whoever gives one up has its thread until that ends.
final class ErrandCount: Sendable {
  private let count = Atomic<Int>(0)
  private static let limit = 32

  func begin() -> Bool {
    guard count.add(1, ordering: .relaxed).newValue <= Self.limit else {
      end()
      return false
    }
    return true
  }

  func end() { count.subtract(1, ordering: .relaxed) }
}

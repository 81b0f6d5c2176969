import Glibc
import Machine
import Synchronization

/// A thread with a body, joined before anything it uses goes away.
public final class JoinedThread: Sendable {
  private let thread: HostThread?

  public init(_ body: @escaping @Sendable () -> Void) { thread = HostThread.start(body) }

  public func join() { thread?.join() }
}

/// Does something when nobody cancels it in time.
package final class Watch: Sendable {
  private let isCancelled: Atomic<Bool>
  private let thread = Mutex<JoinedThread?>(nil)

  package init(seconds: Double, _ alarm: @escaping @Sendable () -> Void) {
    isCancelled = Atomic(false)
    let deadline = monotonicNanoseconds() + UInt64(seconds * 1e9)
    let started = JoinedThread { [weak self] in
      while monotonicNanoseconds() < deadline {
        guard let self, !self.isCancelled.load(ordering: .relaxed) else { return }
        usleep(1000)
      }
      alarm()
    }
    thread.withLock { $0 = started }
  }

  package func cancel() {
    isCancelled.store(true, ordering: .relaxed)
    thread.withLock { $0?.join() }
  }
}

public func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

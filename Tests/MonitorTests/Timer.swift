import CLinux
import Machine

/// A thread that does one thing after some nanoseconds.
final class Timer {
  private let thread: HostThread?

  init(after delay: UInt64 = 0, _ run: @escaping @Sendable () -> Void) {
    thread = HostThread.start {
      if delay > 0 { coffer_poll(nil, 0, Int64(delay)) }
      run()
    }
  }

  func join() { thread?.join() }
}

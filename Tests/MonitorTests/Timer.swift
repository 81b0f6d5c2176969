import CLinux
import Glibc

/// A thread that does one thing after some nanoseconds.
final class Timer {
  private final class Work {
    let run: @Sendable () -> Void
    let delay: UInt64
    init(_ delay: UInt64, _ run: @escaping @Sendable () -> Void) {
      self.delay = delay
      self.run = run
    }
  }

  private var thread = pthread_t()

  init(after delay: UInt64 = 0, _ run: @escaping @Sendable () -> Void) {
    let work = Unmanaged.passRetained(Work(delay, run))
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
        if work.delay > 0 { coffer_poll(nil, 0, Int64(work.delay)) }
        work.run()
        return nil
      }, work.toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}

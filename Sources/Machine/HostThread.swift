import Glibc

/// A thread of the system for what waits in system calls, where Swift's own threads must not.
package struct HostThread {
  private let thread: pthread_t

  /// - Parameter stackSize: in bytes; nil for what the system gives.
  /// - Returns: nil when the system gives none. What comes back is to be detached or waited for, once.
  package static func start(stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) -> HostThread? {
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    if let stackSize, pthread_attr_setstacksize(&attributes, stackSize) != 0 { return nil }
    let start = Unmanaged.passRetained(Start(body))
    let result = pthread_create(
      &thread, &attributes,
      { start in
        // The very object that was passed on, and retained for this thread alone.
        if let start { Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body() }
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      start.release()
      return nil
    }
    return HostThread(thread: thread)
  }

  /// Nobody waits for it. - Returns: Whether there is a thread.
  package static func startDetached(stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void) -> Bool {
    guard let started = start(stackSize: stackSize, body) else { return false }
    pthread_detach(started.thread)
    return true
  }

  /// Waits until it has ended.
  package func join() { pthread_join(thread, nil) }

  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

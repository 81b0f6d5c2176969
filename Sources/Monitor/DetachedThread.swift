import Glibc

/// Starts a thread that nobody waits for. - Returns: Whether the system gave one.
func startDetachedThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  var attributes = pthread_attr_t()
  guard pthread_attr_init(&attributes) == 0 else { return false }
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  var thread = pthread_t()
  let start = Unmanaged.passRetained(ThreadStart(body))
  let result = pthread_create(
    &thread, &attributes,
    { start in
      // The very object that was passed on, and retained for this thread alone.
      if let start { Unmanaged<ThreadStart>.fromOpaque(start).takeRetainedValue().body() }
      return nil
    }, start.toOpaque())
  if result != 0 { start.release() }
  return result == 0
}

private final class ThreadStart: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

import Glibc

private final class Start: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

private func makeThread(_ body: @escaping @Sendable () -> Void) throws -> pthread_t {
  var thread = pthread_t()
  let start = Unmanaged.passRetained(Start(body))
  let result = pthread_create(
    &thread, nil,
    { start in
      if let start { Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body() }
      return nil
    }, start.toOpaque())
  guard result == 0 else {
    start.release()
    throw Lives.Wrong(description: "no thread could be started: \(result)")
  }
  return thread
}

func startThread(_ body: @escaping @Sendable () -> Void) throws {
  pthread_detach(try makeThread(body))
}

func withFourThreads(_ body: @escaping @Sendable () -> Void) throws {
  for thread in try (0..<4).map({ _ in try makeThread(body) }) { pthread_join(thread, nil) }
}

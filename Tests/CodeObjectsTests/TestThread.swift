import Glibc
import Testing

/// Runs the body on a thread of its own and waits for the thread's end.
func onThread(_ body: @escaping () -> Void) throws {
  final class Box {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
  var thread = pthread_t()
  let argument = Unmanaged.passRetained(Box(body)).toOpaque()
  let result = pthread_create(
    &thread, nil,
    { argument in
      if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
      return nil
    }, argument)
  try #require(result == 0)
  pthread_join(thread, nil)
}

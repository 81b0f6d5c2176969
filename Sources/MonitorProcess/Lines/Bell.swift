import CLinux
import Glibc

/// Wakes a thread that waits in poll(2). Rings that come before anybody looks are one.
final class Bell: Sendable {
  let descriptor: Int32

  init() throws(StartError) {
    descriptor = coffer_event()
    guard descriptor >= 0 else { throw StartError("cannot make an event descriptor", 0 - descriptor) }
  }

  deinit { close(descriptor) }

  func ring() {
    var one: UInt64 = 1
    // Only a counter at its limit makes this fail, and then the bell has been heard all the same.
    _ = write(descriptor, &one, 8)
  }

  func silence() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
  }

  /// - Parameter nanoseconds: after which nobody needs to have rung; for ever where that is negative.
  func wait(nanoseconds: Int64) {
    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    coffer_poll(&watched, 1, nanoseconds)
    silence()
  }
}

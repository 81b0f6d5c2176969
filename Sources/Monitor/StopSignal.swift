import CLinux
import Glibc
import Synchronization

/// Ends whatever the edge-call service waits for. Once raised it stays so. May be raised from any thread.
public final class StopSignal: Sendable {
  let descriptor: Int32
  private let raised = Atomic<Bool>(false)

  init() throws(EdgeServiceError) {
    descriptor = coffer_event()
    guard descriptor >= 0 else { throw .noDescriptor(errorNumber: 0 - descriptor) }
  }

  deinit { close(descriptor) }

  public var isRaised: Bool { raised.load(ordering: .acquiring) }

  public func raise() {
    raised.store(true, ordering: .releasing)
    var one: UInt64 = 1
    // Only a counter at its limit makes this fail, and then the descriptor is readable all the same.
    _ = write(descriptor, &one, 8)
  }
}

import CLinux
import Glibc
import Synchronization

/// Ends whatever the edge-call service waits for. Once raised it stays so. May be raised from any thread.
public final class StopSignal: Sendable {
  private let raised = Atomic<Bool>(false)
  /// Made by the first that waits: most trustlets never do.
  private let event = Mutex<Int32>(-1)

  deinit {
    event.withLock { if $0 >= 0 { close($0) } }
  }

  public var isRaised: Bool { raised.load(ordering: .acquiring) }

  public func raise() {
    raised.store(true, ordering: .releasing)
    event.withLock { if $0 >= 0 { Self.signal($0) } }
  }

  /// Readable once the signal is raised; stays the signal's.
  /// - Throws: the error of a process that has no descriptor left.
  func descriptor() throws(CallFailure) -> Int32 {
    try event.withLock { event throws(CallFailure) in
      if event < 0 {
        event = try checked(coffer_event())
        if isRaised { Self.signal(event) }
      }
      return event
    }
  }

  private static func signal(_ descriptor: Int32) {
    var one: UInt64 = 1
    // Only a counter at its limit makes this fail, and then the descriptor is readable all the same.
    _ = write(descriptor, &one, 8)
  }
}

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

  /// Whether there was anything to wait for so far.
  var hasBeenWaitedWith: Bool { event.withLock { $0 >= 0 } }

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

  /// Waits for a descriptor. - Returns: 0 when it has one of the events of poll(2), or an error number below zero: -EINTR where the
  /// signal was raised.
  public func wait(for descriptor: Int32, _ events: Int32) -> Int {
    guard let own = try? self.descriptor() else { return Int(-EMFILE) }
    var watched = (pollfd(fd: own, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(events), revents: 0))
    while true {
      let result = withUnsafeMutablePointer(to: &watched) {
        $0.withMemoryRebound(to: pollfd.self, capacity: 2) { coffer_poll($0, 2, -1) }
      }
      if isRaised { return Int(-EINTR) }
      if result < 0 && result != -EINTR { return Int(result) }
      if watched.1.revents != 0 { return 0 }
    }
  }

  private static func signal(_ descriptor: Int32) {
    var one: UInt64 = 1
    // Only a counter at its limit makes this fail, and then the descriptor is readable all the same.
    _ = write(descriptor, &one, 8)
  }
}

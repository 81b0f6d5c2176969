import CLinux
import EdgeCalls
import Machine
import Synchronization

/// The doorbell of one machine, and who answers it at present.
///
/// `@unchecked Sendable`: `number` is written before anybody else has the object; the rest is under the lock.
package final class Doorbell: @unchecked Sendable {
  let machine: MachineDoorbell
  var number: UInt64 = 0
  private let window: EdgeWindowView
  /// The trustlet's service while its guest runs. Its own thread takes it from here too, so that no two calls are served at once.
  private let service = Mutex<Unchecked?>(nil)
  /// Whether the server looks for calls without being rung for; it alone writes this.
  private let isWatched = Atomic<Bool>(false)
  /// The server looks at the window, without the lock; not any more once the machine is to go.
  private let isLookedAt = Atomic<Bool>(false)
  private let isClosed = Atomic<Bool>(false)

  /// On which processor the trustlet's thread was last seen; -2 when that is of no use any more.
  private let processor = Atomic<Int32>(-2)

  /// The service belongs to whoever holds the lock.
  private struct Unchecked: @unchecked Sendable {
    let service: EdgeService
  }

  /// - Returns: nil when nobody can serve it.
  package init?(_ machine: MachineDoorbell) {
    guard let window = EdgeWindowView(machine.window) else { return nil }
    self.machine = machine
    self.window = window
    guard DoorbellServer.shared.add(self) else { return nil }
  }

  /// Nobody looks at the machine any more when this has returned.
  package func close() {
    detach()
    isClosed.store(true, ordering: .sequentiallyConsistent)
    while isLookedAt.load(ordering: .sequentiallyConsistent) { coffer_processor_pause() }
    DoorbellServer.shared.remove(self)
  }

  /// The server looks ten million times in a second: with the lock it would hold up the trustlet's own thread.
  private var isPosted: Bool {
    isLookedAt.store(true, ordering: .sequentiallyConsistent)
    defer { isLookedAt.store(false, ordering: .sequentiallyConsistent) }
    return !isClosed.load(ordering: .sequentiallyConsistent) && window.doorbellState == DoorbellState.posted.rawValue
  }

  /// From now on calls are served: before the guest runs.
  package func attach(_ service: EdgeService) {
    processor.store(coffer_current_processor(), ordering: .relaxed)
    let service = Unchecked(service: service)
    self.service.withLock {
      $0 = service
      publish()
    }
    publishLateSleep()
  }

  /// Nobody touches the service or the window any more when this has returned.
  package func detach() {
    service.withLock { $0 = nil }
  }

  /// What the trustlet's own thread does with the service while the doorbell is attached.
  package func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    defer { publishLateSleep() }
    return try service.withLock { holder in
      // The server could not say meanwhile that it went to sleep.
      defer { if holder != nil { publish() } }
      return try body()
    }
  }

  /// Whether the guest cannot go on while the caller computes: they share a processor. True once for each command, since the system moves
  /// threads and nobody hears of it.
  func waitsForThisProcessor() -> Bool {
    processor.compareExchange(expected: coffer_current_processor(), desired: -2, ordering: .relaxed).exchanged
  }

  func watch(_ isWatched: Bool) {
    self.isWatched.store(isWatched, ordering: .sequentiallyConsistent)
    service.withLockIfAvailable { if $0 != nil { publish() } }
  }

  /// For whoever holds the lock.
  private func publish() {
    window.publish(isWatched.load(ordering: .sequentiallyConsistent) ? .awake : .asleep)
  }

  /// A server that went to sleep while another held the lock, after that other had said that it was awake, did not say so.
  private func publishLateSleep() {
    if !isWatched.load(ordering: .sequentiallyConsistent) {
      service.withLockIfAvailable { if $0 != nil { window.publish(.asleep) } }
    }
  }

  /// - Returns: Whether there was a call. Not while the trustlet's own thread serves one, perhaps for long: then its guest waits for that.
  func serve() -> Bool {
    guard isPosted else { return false }
    return service.withLockIfAvailable { holder in
      guard let service = holder?.service, window.takePosted() else { return false }
      service.serveByDoorbell(window)
      return true
    } ?? false
  }
}

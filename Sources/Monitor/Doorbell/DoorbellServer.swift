import CLinux
import EdgeCalls
import Glibc
import Machine
import Synchronization

/// Serves calls by doorbell, of all trustlets of this process: one thread, which sleeps until a doorbell rings and then looks for further
/// calls of the same trustlets for a while, since calls come in bunches.
final class DoorbellServer: Sendable {
  static let shared = DoorbellServer()

  private struct State {
    var doorbells: [UInt64: Doorbell] = [:]
    var lastNumber: UInt64 = 0
    var threadRuns = false
  }

  private let state = Mutex(State())
  private let events = coffer_event_set()

  /// How long the thread looks for a further call before it sleeps: about what its waking up costs...
  private static let attention: UInt64 = 20_000
  /// ... or longer when it had slept shorter than this: as long as KVM itself polls for an idle processor.
  private static let longAttention: UInt64 = 200_000
  /// While it looks at some trustlets, others ring.
  private static let glance: UInt64 = 4_000

  /// - Returns: Whether doorbells are served here: not where the guest and the thread would take turns on one processor.
  func add(_ doorbell: Doorbell) -> Bool {
    guard events >= 0, sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 else { return false }
    return state.withLock { state in
      if !state.threadRuns {
        state.threadRuns = HostThread.startDetached { DoorbellServer.shared.serve() }
        guard state.threadRuns else { return false }
      }
      state.lastNumber += 1
      guard coffer_event_set_add(events, doorbell.machine.descriptor, state.lastNumber) == 0 else { return false }
      doorbell.number = state.lastNumber
      state.doorbells[state.lastNumber] = doorbell
      return true
    }
  }

  func remove(_ doorbell: Doorbell) {
    state.withLock { state in
      guard state.doorbells.removeValue(forKey: doorbell.number) != nil else { return }
      coffer_event_set_remove(events, doorbell.machine.descriptor)
    }
  }

  private func serve() {
    var numbers = [UInt64](repeating: 0, count: 32)
    var asleep = coffer_monotonic_clock()
    while true {
      var active = rung(&numbers, wait: -1)
      for doorbell in active { doorbell.watch(true) }
      var last = coffer_monotonic_clock()
      let attention = last - asleep < Self.longAttention ? Self.longAttention : Self.attention
      var glanced = last
      while true {
        var served = false
        for doorbell in active where doorbell.serve() { served = true }
        let now = coffer_monotonic_clock()
        if served { last = now }
        if now - last > attention || active.contains(where: { $0.waitsForThisProcessor() }) { break }
        if now - glanced > Self.glance {
          glanced = now
          for doorbell in rung(&numbers, wait: 0) where !active.contains(where: { $0 === doorbell }) {
            doorbell.watch(true)
            active.append(doorbell)
          }
        }
        coffer_processor_pause()
      }
      // Said first and looked at once more then: a call that was posted in between did not ring.
      for doorbell in active {
        doorbell.watch(false)
        _ = doorbell.serve()
      }
      asleep = coffer_monotonic_clock()
    }
  }

  private func rung(_ numbers: inout [UInt64], wait: Int32) -> [Doorbell] {
    let count = coffer_event_set_wait(events, &numbers, numbers.count, wait)
    guard count > 0 else { return [] }
    return state.withLock { state in numbers[..<Int(count)].compactMap { state.doorbells[$0] } }
  }
}

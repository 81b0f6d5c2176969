import Machine
import Synchronization

/// Ends a trustlet from any thread, whether its guest computes or waits.
public final class TrustletStopper: Sendable {
  enum Reason: UInt8, AtomicRepresentable {
    case none
    case timeLimit
    case processorTimeLimit
    case request
  }

  private let machine: any Machine
  private let signal: StopSignal
  private let stored = Atomic<Reason>(.none)

  init(machine: any Machine, signal: StopSignal) {
    self.machine = machine
    self.signal = signal
  }

  /// The trustlet's run ends soon, as ``Outcome/stopped``; so does every later one.
  public func stop() { stop(.request) }

  /// The first reason stays.
  func stop(_ reason: Reason) {
    _ = stored.compareExchange(expected: .none, desired: reason, ordering: .acquiringAndReleasing)
    signal.raise()
    machine.interrupt()
  }

  /// How the run ends, if it has been stopped.
  var outcome: Outcome? {
    switch stored.load(ordering: .acquiring) {
    case .none: nil
    case .timeLimit: .timedOut
    case .processorTimeLimit: .processorTimeUsedUp
    case .request: .stopped
    }
  }
}

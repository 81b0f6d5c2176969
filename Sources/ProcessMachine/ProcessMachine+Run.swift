import CLinux
import EdgeCalls
import Machine

extension ProcessMachine {
  public func run() throws(MachineError) -> MachineExit {
    if let ending { return .killed(reason: ending) }
    let turn = child.turn.address
    switch resumption {
    case .giveTurn:
      standsAtEdgeCall = false
      // Only where the turn is the monitor's: a guest that died meanwhile, or wrote nonsense, gets none.
      while true {
        let value = coffer_word_load(turn)
        guard value & ~Turn.interruption == Turn.monitor else { break }
        if coffer_word_exchange(turn, value, Turn.guest) {
          coffer_word_wake(turn)
          break
        }
      }
    case .lookAgain: break
    case .goOn: child.goOn()
    }
    resumption = .giveTurn
    var spins = Self.spins
    while true {
      if isInterruptionRequested.exchange(false, ordering: .sequentiallyConsistent) {
        coffer_word_clear_bits(turn, Turn.interruption)
        if coffer_word_load(turn) & ~Turn.interruption == Turn.guest {
          // It may come to an edge call before the signal stops it: the next run looks.
          child.stop()
          resumption = .goOn
        } else {
          resumption = .lookAgain
        }
        statistics.interruptions += 1
        statistics.exits += 1
        return .interrupted
      }
      let value = coffer_word_load(turn)
      switch value & ~Turn.interruption {
      case Turn.guest:
        if spins > 0 {
          spins -= 1
          coffer_pause()
        } else {
          coffer_word_wait(turn, value)
        }
      case Turn.monitor:
        statistics.exits += 1
        statistics.edgeCalls += 1
        standsAtEdgeCall = true
        return .edgeCall
      default:
        // Its keeper says that it has ended, or it has written nonsense itself.
        return killed(child.end ?? "it wrote \(value) where it takes turns with its monitor, expected 0 or 1")
      }
    }
  }

  /// About twenty microseconds: most edge calls of a program that makes many come sooner, and falling asleep and waking costs as much.
  private static let spins = 1000

  public func interrupt() {
    isInterruptionRequested.store(true, ordering: .sequentiallyConsistent)
    turnInUse.withLock { word in
      guard let word else { return }
      coffer_word_set_bits(word.address, Turn.interruption)
      coffer_word_wake(word.address)
    }
  }

  private func killed(_ reason: String) -> MachineExit {
    let reason = "the machine stopped the guest: \(reason)"
    ending = reason
    return .killed(reason: reason)
  }
}

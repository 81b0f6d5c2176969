import CLinux
import EdgeCalls
import SeededNumbers

/// Calls by doorbell that a liar takes, races for with the thread that serves them, or seems to.
extension WindowScribbler {
  /// Looks once at what the guest may have posted.
  func lieByDoorbell(_ random: inout SeededGenerator) {
    if random.isOneOf(2000) { put(random.pick([0, 1, 2, 2, 3, .max]), EdgeWindow.doorbellListenerOffset) }
    guard coffer_window_load_32(window + Int(EdgeWindow.doorbellStateOffset)) == DoorbellState.posted.rawValue else {
      return coffer_pause()
    }
    // Otherwise it is left to the one whose call it is.
    guard !random.isOneOf(3) else { return pause(random.below(600)) }
    let isTaken =
      coffer_window_exchange_32(
        window + Int(EdgeWindow.doorbellStateOffset), DoorbellState.posted.rawValue, DoorbellState.taken.rawValue)
    guard isTaken || random.isOneOf(4) else { return }
    let call = EdgeCall(rawValue: coffer_window_load_32(window + Int(EdgeWindow.callOffset)))
    let wanted = UInt32(truncatingIfNeeded: coffer_window_load_64(window + Int(EdgeWindow.argumentsOffset) + 16))
    let reached = call == .readFile && !random.isOneOf(4) ? tellProgress(wanted, &random) : 0
    answer(wanted, reached, &random)
    let states: [DoorbellState] = [.answered, .answered, .answered, .answered, .answered, .declined, .idle, .posted, .taken]
    put(random.isOneOf(20) ? random.pick([5, 6, 1 << 31, .max]) : random.pick(states).rawValue, EdgeWindow.doorbellStateOffset)
  }

  /// Progress that rises, falls, and passes what was wanted and what there is. - Returns: where it was last.
  private func tellProgress(_ wanted: UInt32, _ random: inout SeededGenerator) -> UInt32 {
    let capacity = UInt32(EdgeWindow.payloadCapacity)
    var reached: UInt32 = 0
    for _ in 0...random.below(6) {
      let steps: [UInt32] = [
        reached &+ 1, reached &+ wanted / 3, reached &+ wanted / 3, reached &- 1, reached / 2, wanted, wanted &+ 1, 0, capacity, capacity + 1, .max,
      ]
      reached = random.pick(steps)
      coffer_window_store_32(window + Int(EdgeWindow.payloadOffset) + 4 * random.below(1000), UInt32(truncatingIfNeeded: random.next()))
      put(reached, EdgeWindow.doorbellProgressOffset)
      pause(random.below(300))
    }
    return reached
  }

  private func answer(_ wanted: UInt32, _ reached: UInt32, _ random: inout SeededGenerator) {
    let lengths: [UInt32] = [0, 1, 64, wanted, wanted, wanted &+ 1, reached, reached &- 1, reached / 2, 0x4_0000, 0x4_0001, .max]
    put(random.pick(lengths), EdgeWindow.responseLengthOffset)
    for index in 0..<3 where random.isOneOf(2) {
      let values: [UInt64] = [0, 1, 2, 3, 4, 7, 8, UInt64(wanted), 4096, 1 << 31, 1 << 32, 1 << 63, .max, random.next()]
      coffer_window_store_64(window + Int(EdgeWindow.resultsOffset) + 8 * index, random.pick(values))
    }
    put(random.isOneOf(4) ? random.pick([2, 4, 9, 11, 4095, 4096, .max]) : 0, EdgeWindow.errorOffset)
  }

  private func put(_ value: UInt32, _ offset: UInt64) { coffer_window_publish_32(window + Int(offset), value) }

  private func pause(_ turns: Int) {
    for _ in 0..<turns { coffer_pause() }
  }
}

import CLinux
import EdgeCalls
import Glibc
import Machine
import Synchronization

/// A process that waits to be copied: the first loader, and the mould of each image and template (Guest/process/loader.c). It runs no code
/// but the loader's. It ends with this object, and with it the copy that nobody has taken.
final class KeptProcess: Sendable {
  private let keeper: ProcessKeeper
  private let process: SlotProcess

  private struct Orders {
    /// False after one that it has not answered.
    var areAnswered = true
    /// Of the one that was given ahead of time.
    var ahead: SharedSlots.Slot?
  }

  /// One at a time.
  private let orders = Mutex(Orders())
  /// It answers in less than a millisecond, unless something has stopped it.
  private static let patience = Duration.seconds(5)
  /// About a hundred microseconds: a copy takes less, and falling asleep and waking meanwhile makes it take half as long again.
  private static let spins = 4000
  /// How often a copy that somebody waits for looks for its first turn, for the same reason.
  private static let looks: UInt32 = 4000

  /// - Parameter process: Its slot is its board.
  init(_ keeper: ProcessKeeper, _ process: SlotProcess) {
    self.keeper = keeper
    self.process = process
  }

  deinit {
    // As long as its original can still say which it is.
    orders.withLock { _ = takeAhead(&$0) }
  }

  var number: Int32 { process.child.number }

  /// No more copies can be made of it.
  var isLost: Bool { coffer_word_load(turn) == ProcessKeeper.ended || !orders.withLock { $0.areAnswered } }

  /// A copy of the process with a slot of its own, as its window or its board: the one that was made ahead of time, or a new one.
  /// - Parameter prepare: Done just before an order, while nobody else can give one.
  func copy(prepare: (SharedSlots.Slot) throws(MachineError) -> Void = { _ in }) throws(MachineError) -> SlotProcess {
    let result = orders.withLock { orders -> Result<SlotProcess, MachineError> in
      if let ahead = takeAhead(&orders) { return .success(ahead) }
      do throws(MachineError) {
        let slot = try keeper.slots.take()
        coffer_window_store_32(slot.address + Int(ProcessControl.firstLooksOffset), Self.looks)
        try order(slot, &orders, prepare)
        return .success(try receive(slot, &orders))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Orders the next copy without waiting for it. Who cannot have one gets none: it is made when it is asked for.
  func copyAhead() {
    // Whoever gives an order at this moment starts a machine, and orders ahead at its end.
    _ = orders.withLockIfAvailable { orders in
      guard orders.ahead == nil, let slot = try? keeper.slots.take() else { return }
      guard (try? order(slot, &orders) { _ in }) != nil else { return }
      orders.ahead = slot
    }
  }

  /// The number of the copy made ahead; waits while it is being made.
  var aheadNumber: Int32? {
    orders.withLock { orders in
      guard orders.ahead != nil else { return nil }
      try? awaitAnswer()
      let number = answeredNumber
      return number > 0 ? number : nil
    }
  }

  /// Nil where there is none, or somebody has killed it.
  private func takeAhead(_ orders: inout Orders) -> SlotProcess? {
    guard let slot = orders.ahead else { return nil }
    orders.ahead = nil
    guard let copy = try? receive(slot, &orders), copy.child.end == nil else { return nil }
    return copy
  }

  private var turn: UnsafeMutablePointer<UInt32> { Turn(process.slot).word.address }
  /// struct coffer_board of Guest/process/plan.h.
  private var board: UnsafeMutableRawPointer { process.slot.address + Int(ProcessControl.turnOffset) + 8 }
  private var answeredNumber: Int32 { Int32(bitPattern: coffer_window_load_32(board + 4)) }

  /// - Parameter slot: Is given back when this throws.
  private func order(
    _ slot: SharedSlots.Slot, _ orders: inout Orders, _ prepare: (SharedSlots.Slot) throws(MachineError) -> Void
  ) throws(MachineError) {
    do throws(MachineError) {
      guard orders.areAnswered else { throw ended }
      do throws(MachineError) {
        try prepare(slot)
        coffer_window_store_32(board, UInt32(truncatingIfNeeded: slot.number))
        coffer_window_store_32(board + 4, 0)
        guard coffer_word_exchange(turn, Turn.monitor, Turn.guest) else { throw ended }
      } catch {
        give(up: &orders)
        throw error
      }
    } catch {
      keeper.slots.giveBack(slot)
      throw error
    }
    coffer_word_wake(turn)
  }

  /// The copy that has been ordered.
  private func receive(_ slot: SharedSlots.Slot, _ orders: inout Orders) throws(MachineError) -> SlotProcess {
    do throws(MachineError) {
      try awaitAnswer()
    } catch {
      give(up: &orders)
      // Perhaps it has made a copy and could not say which. That would wait for its first turn until this process ends.
      guard answeredNumber > 0 else {
        keeper.slots.abandon(slot)
        throw error
      }
    }
    let number = answeredNumber
    return try SlotProcess(keeper, slot) { _ throws(MachineError) in
      guard number > 0 else { throw systemCallFailed("copying a process", -number) }
      return number
    }
  }

  private func give(up orders: inout Orders) {
    orders.areAnswered = false
    process.child.kill()
  }

  private func awaitAnswer() throws(MachineError) {
    let deadline = ContinuousClock.now + Self.patience
    var spins = Self.spins
    while true {
      let value = coffer_word_load(turn)
      if value == Turn.monitor { break }
      if value == Turn.guest, spins > 0 {
        spins -= 1
        coffer_pause()
        continue
      }
      guard value == Turn.guest, ContinuousClock.now < deadline else { throw ended }
      coffer_word_wait(turn, value)
    }
  }

  private var ended: MachineError {
    MachineError(.systemCall, "a process that was kept to be copied is no more: \(process.child.end ?? "it did not answer")")
  }
}

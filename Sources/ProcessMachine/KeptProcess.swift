import CLinux
import EdgeCalls
import Machine
import Synchronization

/// A process that waits to be copied: the first loader, and the mould of each image and template (Guest/process/loader.c). It runs no code but
/// the loader's. It ends with this object.
final class KeptProcess: Sendable {
  private let child: ChildProcess
  private let slots: SharedSlots
  private let slot: SharedSlots.Slot
  /// One order at a time.
  private let order = Mutex(())

  /// - Parameters:
  ///   - slot: Is this object's from now on, also when this throws.
  ///   - start: Starts the process, whose board the slot is.
  init(
    _ keeper: ProcessKeeper, _ slot: SharedSlots.Slot, start: (SharedSlots.Slot) throws(MachineError) -> Int32
  ) throws(MachineError) {
    slots = keeper.slots
    self.slot = slot
    let turn = Turn(slot)
    coffer_word_store(turn.word.address, Turn.monitor)
    do throws(MachineError) {
      child = try ChildProcess(start(slot), keeper, turn.word)
    } catch {
      keeper.slots.giveBack(slot)
      throw error
    }
  }

  deinit {
    child.finish()
    slots.giveBack(slot)
  }

  var hasEnded: Bool { coffer_word_load(Turn(slot).word.address) == ProcessKeeper.ended }

  /// Makes a copy of the process that takes the given slot, as its window or as its board.
  /// - Parameter prepare: Done just before, while nobody else can give an order.
  /// - Returns: The copy's process number: a child of this process.
  func copy(into target: SharedSlots.Slot, prepare: () throws(MachineError) -> Void = {}) throws(MachineError) -> Int32 {
    let result = order.withLock { _ -> Result<Int32, MachineError> in
      do throws(MachineError) {
        try prepare()
        return .success(try give(order: target))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func give(order target: SharedSlots.Slot) throws(MachineError) -> Int32 {
    let turn = Turn(slot).word.address
    // struct coffer_board of Guest/process/plan.h.
    let board = slot.address + Int(ProcessControl.turnOffset) + 8
    coffer_window_store_32(board, UInt32(truncatingIfNeeded: target.number))
    guard coffer_word_exchange(turn, Turn.monitor, Turn.guest) else { throw ended }
    coffer_word_wake(turn)
    while true {
      let value = coffer_word_load(turn)
      if value == Turn.monitor { break }
      guard value == Turn.guest else { throw ended }
      coffer_word_wait(turn, value)
    }
    let process = Int32(bitPattern: coffer_window_load_32(board + 4))
    guard process > 0 else { throw systemCallFailed("copying a process", -process) }
    return process
  }

  private var ended: MachineError { MachineError(.systemCall, "a process that was kept to be copied is no more: \(child.end ?? "it ended")") }
}

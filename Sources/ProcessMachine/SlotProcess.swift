import Machine

/// A process and the slot that it shares with this one, as its window or its board. It ends with this object.
final class SlotProcess: Sendable {
  let child: ChildProcess
  let slot: SharedSlots.Slot
  private let slots: SharedSlots

  /// - Parameters:
  ///   - slot: Is this object's from now on, also when this throws.
  ///   - start: The process number of a child of this process that has the slot, or that it starts with it.
  init(
    _ keeper: ProcessKeeper, _ slot: SharedSlots.Slot, start: (SharedSlots.Slot) throws(MachineError) -> Int32
  ) throws(MachineError) {
    self.slot = slot
    slots = keeper.slots
    do throws(MachineError) {
      child = try ChildProcess(start(slot), keeper, Turn(slot).word)
    } catch {
      keeper.slots.giveBack(slot)
      throw error
    }
  }

  deinit {
    child.finish()
    slots.giveBack(slot)
  }
}

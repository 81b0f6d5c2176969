import CLinux
import Glibc
import Machine

/// The process from which moulds are copied.
final class FirstLoader: Sendable {
  private let process: KeptProcess
  /// With it a message dies that it never read.
  private let messages: OwnedDescriptor

  init(_ keeper: ProcessKeeper) throws(MachineError) {
    var ends: [Int32] = [-1, -1]
    let joined = ends.withUnsafeMutableBufferPointer { coffer_message_ends($0.baseAddress) }
    let here = OwnedDescriptor(ends[0])
    let there = OwnedDescriptor(ends[1])
    guard joined == 0 else { throw systemCallFailed("making a channel to the loader", -joined) }
    process = KeptProcess(
      keeper,
      try SlotProcess(keeper, keeper.slots.take()) { slot throws(MachineError) in
        try Self.send(here.number, slot, file: -1)
        return try keeper.spawn(messages: there.number)
      })
    messages = here
  }

  var number: Int32 { process.number }
  var isLost: Bool { process.isLost }

  /// A mould of the contents.
  func copy(_ contents: Int32) throws(MachineError) -> SlotProcess {
    try process.copy { slot throws(MachineError) in try Self.send(messages.number, slot, file: contents) }
  }

  private static func send(_ end: Int32, _ slot: SharedSlots.Slot, file: Int32) throws(MachineError) {
    let sent = coffer_message_send(end, UInt32(truncatingIfNeeded: slot.number), file)
    guard sent == 0 else { throw systemCallFailed("sending a message to the loader", -sent) }
  }
}

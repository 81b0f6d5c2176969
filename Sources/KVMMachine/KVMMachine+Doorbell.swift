import CLinux
import EdgeCalls
import Machine

extension KVMMachine {
  /// A store beside the place of blocking exits, which the kernel turns into an event without leaving KVM_RUN: about a tenth of an exit's
  /// time (KVM_IOEVENTFD).
  public func openDoorbell() throws(MachineError) -> MachineDoorbell? {
    if let doorbell { return doorbell }
    guard let window = space.host(MemoryMap.edgeWindow, count: MemoryMap.edgeWindowSize) else { return nil }
    let event = OwnedDescriptor(coffer_event())
    guard event.number >= 0 else { throw systemCallFailed("making an event", -event.number) }
    try must(
      "giving the machine a doorbell",
      coffer_kvm_set_event(virtualMachine.descriptor.number, GuestPhysicalMemory.doorbell + Self.eventOffset, 4, event.number))
    doorbellEvent = event
    // A slot's place in this process never changes, so that the window stays where it is.
    doorbell = MachineDoorbell(
      descriptor: doorbellEvent.number, window: UnsafeMutableRawBufferPointer(start: window, count: Int(MemoryMap.edgeWindowSize)))
    return doorbell
  }

  /// In the doorbell's page; Guest/machine-kvm-x86_64.S has it too.
  private static let eventOffset: UInt64 = 8
}

import CLinux
import EdgeCalls
import Machine

/// A virtual machine with its processor, but without registers or a guest: what every start needs and no image decides. It may have memory, all zero and
/// of the shape that the last clone's had.
///
/// `@unchecked Sendable`: it has one owner at a time, first the pool, then the machine that takes its parts.
final class BlankMachine: @unchecked Sendable {
  let virtualMachine: VirtualMachine
  let processor: VirtualProcessor
  private(set) var memory: GuestPhysicalMemory?
  private(set) var shape: MemoryShape?

  init(_ system: KVMSystem) throws(MachineError) {
    virtualMachine = try VirtualMachine(system)
    processor = try VirtualProcessor(system, virtualMachine)
    try processor.setUp(system)
  }

  /// For clones like those of a template, of which nothing stays in here.
  convenience init(_ system: KVMSystem, like template: KVMTemplate) throws(MachineError) {
    try self.init(system)
    let memory = GuestPhysicalMemory(machine: virtualMachine.descriptor.number, physicalAddressBits: system.control.physicalAddressBits)
    let shape = template.shape
    try memory.open(like: shape)
    memory.populate(shape.pages)
    try enterOnce(template, memory)
    (self.memory, self.shape) = (memory, shape)
  }

  /// The first entry makes a thread and fills stores of pages in the kernel: here it runs the way out of the template's machine page. Behind that page tables
  /// and page are zeros again, and with its slot what the processor has learnt of them is gone. Of the template's registers it gets none that the next guest could
  /// read: general ones are staged anew by every start, vector registers stay in their initial state, since an image starts with what is there.
  private func enterOnce(_ template: KVMTemplate, _ memory: GuestPhysicalMemory) throws(MachineError) {
    guard template.hasKnownWayOut else { return }
    let parts = template.memory.contents(behind: 0).filter { $0.window == 0 }
      .map { MemoryPart(window: 0, offsets: $0.offsets.clamped(to: 0..<template.space.machinePageEnd)) }.filter { !$0.offsets.isEmpty }
    for part in parts { template.memory.copy(part, into: memory) }
    template.processor.restoreControl(processor)
    guard try processor.leaveAtOnce() else { throw MachineError(.invalidConfiguration, "a virtual machine did not leave where it should: it is thrown away") }
    for part in parts { memory.clear(part) }
    try memory.forgetTables()
  }

  func giveMemoryUp() throws(MachineError) {
    try memory?.close()
    (memory, shape) = (nil, nil)
  }
}

/// A virtual machine without anything in it.
final class VirtualMachine {
  let descriptor: OwnedDescriptor

  init(_ system: KVMSystem) throws(MachineError) {
    descriptor = OwnedDescriptor(coffer_kvm_create_machine(system.descriptor))
    guard descriptor.number >= 0 else { throw systemCallFailed("making a virtual machine", -descriptor.number) }
  }
}

/// Its processor, and the page that it shares with the kernel.
package final class VirtualProcessor {
  let descriptor: OwnedDescriptor
  package let run: UnsafeMutablePointer<kvm_run>
  private let runSize: Int

  init(_ system: KVMSystem, _ machine: VirtualMachine) throws(MachineError) {
    descriptor = OwnedDescriptor(coffer_kvm_create_processor(machine.descriptor.number, 0))
    guard descriptor.number >= 0 else { throw systemCallFailed("making a virtual processor", -descriptor.number) }
    var run: UnsafeMutablePointer<kvm_run>?
    var size = 0
    let result = coffer_kvm_map_run(system.descriptor, descriptor.number, &run, &size)
    guard result == 0, let run else { throw systemCallFailed("mapping the virtual processor's page", -result) }
    self.run = run
    runSize = size
  }

  deinit { coffer_kvm_unmap_run(run, runSize) }

  func setUp(_ system: KVMSystem) throws(MachineError) {
    let number = descriptor.number
    try must("setting the virtual processor's features", coffer_kvm_set_features(number, system.features))
    if let state = system.control.xcr0 {
      try must("setting the virtual processor's extended state", coffer_kvm_set_extended_control(number, state))
    }
    try must("setting the target of 'syscall'", coffer_kvm_set_model_register(number, longModeSystemCallTarget, systemCallEntry))
  }

  /// Enters the guest at the machine page's way out.
  /// - Returns: Whether it left by that.
  func leaveAtOnce() throws(MachineError) -> Bool {
    var registers = kvm_regs()
    registers.rip = MemoryMap.machinePage + MachinePage.edgeWait
    registers.rflags = 2
    coffer_kvm_stage_registers(run, &registers)
    var exit = coffer_kvm_exit()
    let result = coffer_kvm_run(descriptor.number, run, &exit)
    guard result == 0, exit.reason == UInt32(KVM_EXIT_MMIO), exit.address == GuestPhysicalMemory.doorbell else { return false }
    try settle()
    return true
  }

  /// Completes what the processor was at, and loads registers that were staged, without another instruction of the guest.
  func settle() throws(MachineError) {
    try must("finishing the guest's last instruction", coffer_kvm_finish_exit(descriptor.number, run))
  }
}

func must(_ what: String, _ result: Int32) throws(MachineError) {
  guard result == 0 else { throw systemCallFailed(what, -result) }
}

/// Model-specific register LSTAR.
private let longModeSystemCallTarget: UInt32 = 0xC000_0082
/// In the machine page of this kind of machine; Guest/machine-kvm-x86_64.S says when it is reached.
private let systemCallEntry = MemoryMap.machinePage + 0x600

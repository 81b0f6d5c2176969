import CLinux
import EdgeCalls
import Machine

/// A virtual machine with its processor, but without memory, registers or a guest: what every start needs and no image decides.
///
/// `@unchecked Sendable`: it has one owner at a time, first the pool, then the machine that takes its parts.
final class BlankMachine: @unchecked Sendable {
  let virtualMachine: VirtualMachine
  let processor: VirtualProcessor

  init(_ system: KVMSystem) throws(MachineError) {
    virtualMachine = try VirtualMachine(system)
    processor = try VirtualProcessor(system, virtualMachine)
    try processor.setUp(system)
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

import EdgeCalls
import Machine

/// A template's clone that lacks but the contents of its memory: a virtual machine with memory of the same shape and with the template's registers.
///
/// `@unchecked Sendable`: it has one owner at a time, first the template, then the machine that takes its parts.
final class EmptyClone: @unchecked Sendable {
  // In this order they are given back: the memory last.
  let processor: VirtualProcessor
  let virtualMachine: VirtualMachine
  let memory: GuestPhysicalMemory

  init(_ template: KVMTemplate, _ system: KVMSystem) throws(MachineError) {
    let blank = try template.kind.takeBlank(system)
    virtualMachine = blank.virtualMachine
    processor = blank.processor
    memory = GuestPhysicalMemory(
      machine: virtualMachine.descriptor.number, physicalAddressBits: system.control.physicalAddressBits)
    try memory.open(like: template.memory)
    try template.processor.restore(processor)
  }
}

import CLinux
import EdgeCalls
import Machine

/// A template's clone that lacks the contents of its memory: a virtual machine with memory of the same shape and with the template's registers.
///
/// `@unchecked Sendable`: it has one owner at a time, first the template, then the machine that takes its parts.
final class EmptyClone: @unchecked Sendable {
  // In this order they are given back: the memory last.
  let processor: VirtualProcessor
  let virtualMachine: VirtualMachine
  let memory: GuestPhysicalMemory
  /// Up to here the first window has the template's contents.
  private(set) var filledEnd: UInt64 = 0

  init(_ template: KVMTemplate, _ system: KVMSystem) throws(MachineError) {
    let blank = try template.kind.takeBlank(system)
    virtualMachine = blank.virtualMachine
    processor = blank.processor
    memory = GuestPhysicalMemory(
      machine: virtualMachine.descriptor.number, physicalAddressBits: system.control.physicalAddressBits)
    try memory.open(like: template.memory)
    try template.processor.restore(processor)
  }

  /// Runs the machine page's way out, with nothing but page tables, descriptors and that page in its place: the first entry makes a thread and fills
  /// stores of pages in the kernel, and what the processor learns of these tables stays true.
  /// - Returns: Whether the machine left as it should and stands where the template did; else it is of no use.
  func enterOnce(_ template: KVMTemplate) throws(MachineError) -> Bool {
    guard let window = template.memory.windows.first else { return false }
    // An image's page could do anything, such as never to come back.
    let page = template.memory.contents(of: window, at: template.space.tablesEnd)
    guard Self.wayOut.indices.allSatisfy({ page.load(fromByteOffset: $0, as: UInt8.self) == Self.wayOut[$0] }) else {
      try processor.settle()
      return true
    }
    try memory.fill(from: template.memory, before: template.space.machinePageEnd)
    filledEnd = template.space.machinePageEnd

    var registers = kvm_regs()
    registers.rip = MemoryMap.machinePage + MachinePage.edgeWait
    registers.rflags = 2
    coffer_kvm_stage_registers(processor.run, &registers)
    var exit = coffer_kvm_exit()
    let result = coffer_kvm_run(processor.descriptor.number, processor.run, &exit)
    guard result == 0, exit.reason == UInt32(KVM_EXIT_MMIO), exit.address == GuestPhysicalMemory.doorbell else { return false }
    try processor.settle()
    try template.processor.restore(processor)
    try processor.settle()
    return true
  }

  /// What ``MachinePage/edgeWait`` begins with in the page of this kind of machine: movabs $doorbell,%rax; mov %eax,(%rax).
  static let wayOut: [UInt8] = [0x48, 0xB8] + (0..<8).map { UInt8(truncatingIfNeeded: MemoryMap.doorbell >> (8 * $0)) } + [0x89, 0x00]
}

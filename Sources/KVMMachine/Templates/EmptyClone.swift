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
  private var filledEnd: UInt64 = 0
  /// Whether everything that will be written has memory already; or much of it, as a blank machine's memory has.
  private var isPopulated = false
  private let isLikelyPopulated: Bool

  init(_ template: KVMTemplate, _ system: KVMSystem) throws(MachineError) {
    let shape = template.shape
    let blank = try template.kind.takeBlank(system, for: template, shape)
    virtualMachine = blank.virtualMachine
    processor = blank.processor
    isLikelyPopulated = blank.memory != nil
    if let memory = blank.memory {
      self.memory = memory
    } else {
      memory = GuestPhysicalMemory(
        machine: virtualMachine.descriptor.number, physicalAddressBits: system.control.physicalAddressBits)
      try memory.open(like: shape)
    }
    try template.processor.restore(processor)
  }

  /// Does all that is possible without the template's contents; what it needs of memory, a clone made without preparation would share for longer.
  /// - Returns: Whether the machine is of use.
  func prepare(_ template: KVMTemplate) throws(MachineError) -> Bool {
    guard try enterOnce(template) else { return false }
    memory.populate(template.memory.contents(behind: filledEnd).filter { $0.offsets.count <= template.copiedBytes(isPrepared: true) })
    memory.populate(template.workingSet.pages?.parts ?? [])
    isPopulated = true
    return true
  }

  /// Puts the contents of the template's memory in their places: large ones are mapped, small ones copied, which costs less than a mapping.
  /// - Returns: What was copied.
  func fill(from template: KVMTemplate) throws(MachineError) -> [MemoryPart] {
    let limit = template.copiedBytes(isPrepared: isPopulated || isLikelyPopulated)
    let parts = template.memory.contents(behind: filledEnd)
    let mapped = parts.filter { $0.offsets.count > limit }
    let copied = parts.filter { $0.offsets.count <= limit }
    for part in mapped { try template.memory.map(part, into: memory) }
    if let touched = template.workingSet.pages {
      memory.populate(isPopulated ? touched.written.common(with: mapped) : touched.written)
      memory.populate(touched.read.common(with: mapped), for: .reading)
    }
    for part in copied { template.memory.copy(part, into: memory) }
    return copied
  }

  /// Runs the machine page's way out, with nothing but page tables, descriptors and that page in its place: the first entry makes a thread and fills
  /// stores of pages in the kernel, and what the processor learns of these tables stays true.
  /// - Returns: Whether the machine left as it should and stands where the template did; else it is of no use.
  private func enterOnce(_ template: KVMTemplate) throws(MachineError) -> Bool {
    // An image's page could do anything, such as never to come back.
    guard template.hasKnownWayOut else {
      try processor.settle()
      return true
    }
    filledEnd = template.space.machinePageEnd
    try template.memory.map(MemoryPart(window: 0, offsets: 0..<filledEnd), into: memory)
    guard try processor.leaveAtOnce() else { return false }
    try template.processor.restore(processor)
    try processor.settle()
    return true
  }
}

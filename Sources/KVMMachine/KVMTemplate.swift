import EdgeCalls
import Machine

/// A machine's state at an edge call: memory in a sealed file, registers, and how the address space was laid out.
///
/// `@unchecked Sendable`: nothing of it changes; its address space is only ever copied.
public final class KVMTemplate: MachineTemplate, @unchecked Sendable {
  let kind: KVMMachineKind
  let memory: TemplateMemory
  let space: AddressSpace
  let processor: ProcessorState
  /// What the processor would find in the page tables.
  let mappings: [PageMapping]

  /// - Parameter machine: has finished the instruction by which it left.
  init(_ machine: KVMMachine) throws(MachineError) {
    kind = machine.kind
    let space = machine.space
    memory = try TemplateMemory(space.memory, pageMap: machine.system.pageMap) { window, offset in
      space.mayBeMappedFromFile(window: window, offset: offset)
    }
    mappings = space.tables.walk(space.memory)
    // The source's own memory is not kept alive by its template.
    self.space = AddressSpace(space, memory: GuestPhysicalMemory(machine: -1, physicalAddressBits: 0))
    processor = try ProcessorState(of: machine.processor)
  }

  public var sharedBytes: UInt64 { memory.contentBytes }

  public func clone() throws(MachineError) -> any CloneableMachine { try KVMMachine(self) }
}

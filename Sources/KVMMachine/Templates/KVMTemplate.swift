import EdgeCalls
import Machine
import Synchronization

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
  /// What the guest may write, in the order of their places: only there can a clone come to differ.
  let writable: [MemoryPart]
  /// The same, those that lie near one another together: to be asked about at once.
  let neighbourhoods: [Neighbourhood]
  let workingSet = RecordedWorkingSet()
  private let ready = Mutex<[EmptyClone]>([])
  private let live = LiveClones()

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
    processor = try ProcessorState(of: machine.processor, machinePage: space.machinePage)
    writable = space.writableParts
    neighbourhoods = Neighbourhood.all(of: writable)
  }

  public var sharedBytes: UInt64 { memory.contentBytes }

  /// Whether its machine page is left as ours is.
  var hasKnownWayOut: Bool {
    memory.windows.first.map { ResumeCode.leaves(memory.contents(of: $0, at: space.tablesEnd)) } ?? false
  }

  /// With what is copied into a clone and what it is known to write.
  var shape: MemoryShape {
    let contents = memory.contents(behind: 0).filter { $0.offsets.count <= Self.preparedContents }
    return MemoryShape(
      windows: memory.windows.map { MemoryShape.Window(guestAddress: $0.guestAddress, reserved: $0.reserved, backed: $0.backed) },
      pages: contents + (workingSet.pages?.written ?? []))
  }

  public func prepare(_ count: Int) throws(MachineError) {
    let system = try KVMSystem.shared()
    while ready.withLock({ $0.count }) < count {
      var empty = try EmptyClone(self, system)
      if try !empty.prepare(self) { empty = try EmptyClone(self, system) }
      ready.withLock { $0.append(empty) }
    }
  }

  /// Up to which size a piece of contents is copied into a clone instead of mapped: with memory at hand ten pages cost less than a mapping and the
  /// faults that it brings.
  ///
  /// The first clones alone get copies of all: of very many that live at once, what each has for itself counts for more than 80 us at its beginning.
  func copiedBytes(isPrepared: Bool) -> Int {
    guard isPrepared, live.areFew else { return Self.dearMapping }
    let total = memory.contents(behind: space.machinePageEnd).reduce(0) { $0 + $1.offsets.count }
    return total <= Self.preparedContents ? total : Self.dearMapping
  }

  private static let dearMapping = 16 << 10
  private static let preparedContents = 256 << 10

  /// Kept by each clone for as long as it lives.
  func countClone() -> LiveClones.One { live.one() }

  func takeEmpty(_ system: KVMSystem) throws(MachineError) -> EmptyClone {
    if let empty = ready.withLock({ $0.popLast() }) { return empty }
    return try EmptyClone(self, system)
  }

  public func clone() throws(MachineError) -> any CloneableMachine { try KVMMachine(self) }
}

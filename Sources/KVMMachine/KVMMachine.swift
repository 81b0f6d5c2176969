import CLinux
import EdgeCalls
import Machine
import Synchronization

/// A machine whose walls are a virtual machine's: one processor that starts and stays in ring 3, page tables out of its
/// reach, and a single place to which it can write to leave.
///
/// `@unchecked Sendable`: everything but the atomics belongs to the owner thread (``Machine``), and the run page's flag is
/// written by an atomic store.
public final class KVMMachine: Machine, @unchecked Sendable {
  // In this order they are given back: the processor holds the machine, the machine its memory.
  package let processor: VirtualProcessor
  let virtualMachine: VirtualMachine
  package var space: AddressSpace

  public internal(set) var statistics = MachineStatistics()
  /// The guest has left by an edge call, or the machine is a clone that has not run yet.
  var standsAtEdgeCall = false
  var doorbell: MachineDoorbell?
  var doorbellEvent = OwnedDescriptor(-1)
  /// Why it cannot go on, once it cannot.
  var ending: String?

  /// The kernel's number of the thread inside ``run()``, else 0.
  let runningThread = Atomic<Int32>(0)
  let isInterruptionRequested = Atomic<Bool>(false)

  public let counterFrequency: UInt64

  let system: KVMSystem
  let kind: KVMMachineKind
  /// What a clone was made from and is reset to.
  let template: KVMTemplate?
  private var counted: LiveClones.One?
  /// Contents of the template that are not mapped here but were copied.
  private(set) var copied: [MemoryPart] = []
  /// In the template's second clone, until its reset: what it touches.
  var recorder: WorkingSetRecorder?

  public convenience init(_ configuration: MachineConfiguration) throws(MachineError) {
    try configuration.check()
    try self.init(configuration, kind: .shared)
  }

  /// - Parameter configuration: checked.
  init(_ configuration: MachineConfiguration, kind: KVMMachineKind) throws(MachineError) {
    let system = try KVMSystem.shared()
    let blank = try kind.takeBlank(system)
    (self.system, self.kind, template) = (system, kind, nil)
    virtualMachine = blank.virtualMachine
    processor = blank.processor
    let memory = GuestPhysicalMemory(
      machine: virtualMachine.descriptor.number, physicalAddressBits: system.control.physicalAddressBits)
    space = try AddressSpace(configuration, memory: memory)
    // Staged, both: the first run loads them without a system call for each.
    var special = system.control.specialRegisters(pageTableRoot: space.tables.root)
    coffer_kvm_stage_special_registers(processor.run, &special)
    var registers = kvm_regs()
    registers.rip = configuration.entry
    registers.rsp = configuration.stackPointer
    registers.rflags = 2
    coffer_kvm_stage_registers(processor.run, &registers)

    counterFrequency = system.counterFrequency(of: processor.descriptor.number)
    statistics.mappedBytes = space.mappedBytes
  }

  /// A machine that stands where the template's did.
  init(_ template: KVMTemplate) throws(MachineError) {
    let system = try KVMSystem.shared()
    let empty = try template.takeEmpty(system)
    (self.system, kind, self.template) = (system, template.kind, template)
    virtualMachine = empty.virtualMachine
    processor = empty.processor
    copied = try empty.fill(from: template)
    counted = template.countClone()
    space = AddressSpace(template.space, memory: empty.memory)
    if let recorder = template.workingSet.claimRecorder() {
      space.tables.forgetAccesses()
      self.recorder = recorder
    }
    counterFrequency = system.counterFrequency(of: processor.descriptor.number)
    statistics.mappedBytes = space.mappedBytes
    standsAtEdgeCall = true
  }

  /// What `coffer doctor` reports; makes no machine.
  public static func availability() -> KVMAvailability { KVMAvailability.probe() }

  public func grow(region address: UInt64, to size: UInt64) throws(MachineError) {
    try space.grow(region: address, to: size)
    statistics.growths += 1
    statistics.mappedBytes = space.mappedBytes
  }

  public func withMemory<Result>(
    at address: UInt64, count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard count >= 0, let start = space.host(address, count: UInt64(count)) else {
      throw MachineError(
        .outOfRange, "\(count) bytes at \(hexadecimal(address)) are not inside one region: check the address that the guest gave")
    }
    return try body(UnsafeMutableRawBufferPointer(start: start, count: count))
  }

  public var faultAddress: UInt64? {
    guard ending == nil else { return nil }
    var registers = kvm_sregs()
    guard coffer_kvm_get_special_registers(processor.descriptor.number, &registers) == 0 else { return nil }
    return registers.cr2
  }

  /// Every mapping that the processor would find, for a test to judge.
  package func walkPageTables() -> [PageMapping] { space.tables.walk(space.memory) }
}

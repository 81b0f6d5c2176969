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
  let processor: VirtualProcessor
  private let virtualMachine: VirtualMachine
  var space: AddressSpace

  public internal(set) var statistics = MachineStatistics()
  /// Why it cannot go on, once it cannot.
  var ending: String?

  /// The kernel's number of the thread inside ``run()``, else 0.
  let runningThread = Atomic<Int32>(0)
  let isInterruptionRequested = Atomic<Bool>(false)

  public let counterFrequency: UInt64

  public init(_ configuration: MachineConfiguration) throws(MachineError) {
    try configuration.check()
    let system = try KVMSystem.shared()
    let virtualMachine = try VirtualMachine(system)
    self.virtualMachine = virtualMachine
    let memory = GuestPhysicalMemory(
      machine: virtualMachine.descriptor.number, physicalAddressBits: system.control.physicalAddressBits)
    space = try AddressSpace(configuration, memory: memory)
    let processor = try VirtualProcessor(system, virtualMachine)
    self.processor = processor
    try processor.setUp(system, pageTableRoot: space.tables.root)

    var registers = kvm_regs()
    registers.rip = configuration.entry
    registers.rsp = configuration.stackPointer
    registers.rflags = 2
    coffer_kvm_stage_registers(processor.run, &registers)

    counterFrequency = system.counterFrequency(of: processor.descriptor.number)
    statistics.mappedBytes = space.mappedBytes
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
  func walkPageTables() -> [PageMapping] { space.tables.walk(space.memory) }
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
final class VirtualProcessor {
  let descriptor: OwnedDescriptor
  let run: UnsafeMutablePointer<kvm_run>
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

  func setUp(_ system: KVMSystem, pageTableRoot: UInt64) throws(MachineError) {
    let number = descriptor.number
    func must(_ what: String, _ result: Int32) throws(MachineError) {
      guard result == 0 else { throw systemCallFailed(what, -result) }
    }
    try must("setting the virtual processor's features", coffer_kvm_set_features(number, system.features))
    var registers = system.control.specialRegisters(pageTableRoot: pageTableRoot)
    try must("setting the virtual processor's control registers", coffer_kvm_set_special_registers(number, &registers))
    if let state = system.control.xcr0 {
      try must("setting the virtual processor's extended state", coffer_kvm_set_extended_control(number, state))
    }
    try must("setting the target of 'syscall'", coffer_kvm_set_model_register(number, longModeSystemCallTarget, systemCallEntry))
  }
}

/// Model-specific register LSTAR.
private let longModeSystemCallTarget: UInt32 = 0xC000_0082
/// In the machine page of this kind of machine; Guest/machine-kvm-x86_64.S says when it is reached.
private let systemCallEntry = MemoryMap.machinePage + 0x600

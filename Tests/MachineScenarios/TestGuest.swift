import EdgeCalls
import KVMMachine
import Machine

/// A guest of a few instructions in an address space that has one region of every kind.
public struct TestGuest {
  public static let code = MemoryMap.image + 0x1000
  public static let data: UInt64 = 0x60_0000
  public static let readOnly: UInt64 = 0x70_0000
  public static let stackBottom = MemoryMap.stackTop - 0x1_0000
  public static let unmapped: UInt64 = 0x3000_0000

  /// Reports the trap as the library OS would and does not come back.
  ///
  ///     mov $edgeWindow,%eax; mov %rdi,8(%rax); mov %rsi,16(%rax); mov %rdx,24(%rax); mov %rcx,32(%rax); mov %rsp,40(%rax)
  ///     mov %cs,%ecx; mov %rcx,48(%rax); pushf; pop %rcx; mov %rcx,96(%rax); movl $trap,(%rax)
  ///     1: mov $machinePage,%eax; call *%rax; jmp 1b
  static let trapHandler = machineCode(
    "b800002000 48897808 48897010 48895018 48894820 48896028 8cc9 48894830 9c59 48894860 c70003000000 b800001000 ffd0 ebf7")

  /// `mov $machinePage,%eax; call *%rax`
  public static let edgeCall = machineCode("b800001000 ffd0")
  /// `1: jmp 1b`
  public static let endlessLoop = machineCode("ebfe")

  public var instructions: [UInt8]
  public var trapHandler = Self.trapHandler
  public var memorySize: UInt64 = 0x1_0000
  public var memoryLimit: UInt64 = 0x1_0000_0000
  public var furtherRegions: [MachineRegion] = []

  public init(_ instructions: [UInt8]) { self.instructions = instructions }

  public var configuration: MachineConfiguration {
    var image = [UInt8](repeating: 0xCC, count: 0x1000)
    image.replaceSubrange(
      Int(MemoryMap.trapEntryOffset)..<Int(MemoryMap.trapEntryOffset) + trapHandler.count, with: trapHandler)
    image += instructions
    let regions = [
      MachineRegion(address: MemoryMap.trapStack, size: MemoryMap.trapStackSize, rights: [.read, .write]),
      MachineRegion(address: MemoryMap.edgeWindow, size: MemoryMap.edgeWindowSize, rights: [.read, .write]),
      MachineRegion(address: MemoryMap.image, size: 0x2000, rights: [.read, .execute], contents: .bytes(image)),
      MachineRegion(address: Self.data, size: 0x1_0000, rights: [.read, .write]),
      MachineRegion(address: Self.readOnly, size: 0x1000, rights: [.read]),
      MachineRegion(address: Self.stackBottom, size: 0x1_0000, rights: [.read, .write]),
      MachineRegion(address: MemoryMap.linearMemory, size: memorySize, sizeLimit: memoryLimit, rights: [.read, .write]),
      MachineRegion(address: MemoryMap.heap, size: MemoryMap.heapSize, rights: [.read, .write]),
    ]
    return MachineConfiguration(
      regions: regions + furtherRegions, machinePage: Scenario.kind.name == "kvm" ? kvmMachinePage : processMachinePage, entry: Self.code, stackPointer: MemoryMap.stackTop)
  }

  /// On the scenario's kind of machine.
  public func start() throws -> any CloneableMachine {
    guard let machine = try Scenario.kind.make(configuration) as? any CloneableMachine else {
      throw ScenarioFailure(description: "machine \(Scenario.kind.name) cannot be cloned")
    }
    return machine
  }
}

/// What a guest's trap handler told of the trap.
public struct ReportedTrap: Equatable {
  public var vector: UInt64
  public var errorCode: UInt64
  public var instruction: UInt64
  public var stackPointer: UInt64
  public var handlerStackPointer: UInt64
  public var codeSelector: UInt64
  public var flags: UInt64
}

extension Machine {
  public func word(at address: UInt64) throws -> UInt64 {
    try withMemory(at: address, count: 8) { $0.loadUnaligned(as: UInt64.self) }
  }

  public func setWord(_ value: UInt64, at address: UInt64) throws {
    try withMemory(at: address, count: 8) { $0.storeBytes(of: value, as: UInt64.self) }
  }

  /// The trap that the present edge call reports, or nil when it is another call.
  public func reportedTrap() throws -> ReportedTrap? {
    let window = MemoryMap.edgeWindow
    guard UInt32(truncatingIfNeeded: try word(at: window)) == EdgeCall.trap.rawValue else { return nil }
    func argument(_ index: UInt64) throws -> UInt64 { try word(at: window + EdgeWindow.argumentsOffset + index * 8) }
    return ReportedTrap(
      vector: try argument(0), errorCode: try argument(1), instruction: try argument(2), stackPointer: try argument(3),
      handlerStackPointer: try argument(4), codeSelector: try argument(5), flags: try word(at: window + 96))
  }

  /// Runs, and has the guest interrupted when it does not come back: a test must never hang.
  public func runWatched(seconds: Double = 20) throws -> MachineExit {
    let watch = Watch(seconds: seconds) { [weak self] in self?.interrupt() }
    defer { watch.cancel() }
    return try run()
  }
}

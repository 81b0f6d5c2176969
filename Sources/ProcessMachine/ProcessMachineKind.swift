import EdgeCalls
import Machine

/// Trustlets as locked-down processes, where there is no `/dev/kvm`.
public struct ProcessMachineKind: MachineKind {
  public init() {}

  public let name = "process"

  /// Ends the processes that are kept for images of which there were machines before: the next machine is made as the first one was.
  public func forgetImages() { KeptContents.shared.removeAll() }

  /// Tries what every machine needs: a process that is locked down, and a copy of it.
  /// - Throws: ``MachineError`` that says what this host does not let it do.
  public static func check() throws(MachineError) {
    let page = ProcessPlan.Region(
      address: MemoryMap.machinePage, size: MemoryMap.pageSize, sizeLimit: MemoryMap.pageSize, rights: [.read, .execute])
    // Instructions that end it.
    let contents = try ProcessContents(
      [(page, Array(repeating: 0xCC, count: Int(MemoryMap.pageSize)))], entry: MemoryMap.image, stackPointer: MemoryMap.stackTop)
    _ = try TrustletProcess(ProcessKeeper.shared(), contents)
  }

  public func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine {
    try ProcessMachine(configuration)
  }
}

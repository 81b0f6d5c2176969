import Machine

/// Trustlets as locked-down processes, where there is no `/dev/kvm`.
public struct ProcessMachineKind: MachineKind {
  public init() {}

  public let name = "process"

  /// Ends the processes that are kept for images of which there were machines before: the next machine is made as the first one was.
  public func forgetImages() { KeptContents.shared.removeAll() }

  public func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine {
    try ProcessMachine(configuration)
  }
}

import Machine

/// Trustlets as locked-down processes, where there is no `/dev/kvm`.
public struct ProcessMachineKind: MachineKind {
  public init() {}

  public let name = "process"

  public func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine {
    try ProcessMachine(configuration)
  }
}

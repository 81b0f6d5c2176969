import Machine

/// Trustlets as locked-down processes, where there is no `/dev/kvm`.
public struct ProcessMachineKind: MachineKind {
  public init() {}

  public let name = "process"

  /// Ends the processes that are kept for images of which there were machines before: the next machine is made as the first one was.
  public func forgetImages() { KeptContents.shared.removeAll() }

  /// Ends every process that is kept, as ``forgetImages()`` does and the one from which those are made: for the end of a program, since
  /// whoever takes orphans would have to wait for them. Machines that there still are go on.
  public func endKeptProcesses() {
    forgetImages()
    ProcessKeeper.endFirstLoader()
  }

  public var residentBytesElsewhere: UInt64 { ProcessKeeper.residentBytes }

  public func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine {
    try ProcessMachine(configuration)
  }
}

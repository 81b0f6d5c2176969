import KVMMachine
import Machine
import ProcessMachine

/// The kinds of machines that this host may have, by the names that users give them.
public enum MachineChoice: String, CaseIterable, Sendable {
  case kvm
  case process

  public var kind: any MachineKind {
    switch self {
    case .kvm: KVMMachineKind.shared
    case .process: ProcessMachineKind()
    }
  }

  /// kvm where it works, process elsewhere.
  /// - Parameter note: is told what isolates instead, and why.
  public static func best(_ note: (String) -> Void) -> any MachineKind {
    let availability = KVMMachine.availability()
    if availability.isAvailable { return MachineChoice.kvm.kind }
    note("machine process: \(availability.finding), so that a locked-down process isolates the program, not a virtual machine (\(availability.remedy))")
    return MachineChoice.process.kind
  }
}

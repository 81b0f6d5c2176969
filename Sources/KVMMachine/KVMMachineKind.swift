import Machine
import Synchronization

/// Virtual machines, some of them made ahead of time.
///
/// A blank machine holds two descriptors and about half of the kernel's memory that a trustlet costs; it belongs to nobody until a
/// trustlet takes it, and no machine ever comes back: what has run a guest is reset to its own template or thrown away.
public final class KVMMachineKind: MachineKind {
  public static let shared = KVMMachineKind()

  public let name = "kvm"
  private let blanks = Mutex<[BlankMachine]>([])

  public init() {}

  /// Makes machines until so many are ready.
  public func prepare(_ count: Int) throws(MachineError) {
    let system = try KVMSystem.shared()
    while preparedCount < count {
      let blank = try BlankMachine(system)
      blanks.withLock { $0.append(blank) }
    }
  }

  /// Machines that are ready.
  public var preparedCount: Int { blanks.withLock { $0.count } }

  public func make(_ configuration: MachineConfiguration) throws(MachineError) -> any Machine {
    try makeMachine(configuration)
  }

  /// As ``make(_:)``, for callers that want to make templates.
  public func makeMachine(_ configuration: MachineConfiguration) throws(MachineError) -> KVMMachine {
    try configuration.check()
    return try KVMMachine(configuration, kind: self)
  }

  func takeBlank(_ system: KVMSystem) throws(MachineError) -> BlankMachine {
    if let ready = blanks.withLock({ $0.popLast() }) { return ready }
    return try BlankMachine(system)
  }
}

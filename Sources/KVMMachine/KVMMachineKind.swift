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
  private let latest = Mutex(Latest())

  /// Of which a clone was made, if the last machine was for one; kept by others.
  private struct Latest { weak var template: KVMTemplate? }

  public init() {}

  /// Makes machines until so many are ready, one of them with memory as the last clone had it.
  public func prepare(_ count: Int) throws(MachineError) {
    let system = try KVMSystem.shared()
    while preparedCount < count {
      let ready: BlankMachine
      if let template = latest.withLock({ $0.template }), !isReady(template.shape) {
        ready = try BlankMachine(system, like: template)
      } else {
        ready = try BlankMachine(system)
      }
      blanks.withLock { $0.append(ready) }
    }
  }

  private func isReady(_ shape: MemoryShape) -> Bool { blanks.withLock { $0.contains { $0.shape?.fits(shape) ?? false } } }

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

  /// - Parameter shape: that its memory will have; where there is no blank machine of it, one without memory.
  func takeBlank(_ system: KVMSystem, for template: KVMTemplate? = nil, _ shape: MemoryShape? = nil) throws(MachineError) -> BlankMachine {
    latest.withLock { $0.template = template }
    let ready = blanks.withLock { blanks -> BlankMachine? in
      let index = shape.flatMap { shape in blanks.firstIndex { $0.shape?.fits(shape) ?? false } } ?? blanks.firstIndex { $0.shape == nil }
      return index.map { blanks.remove(at: $0) } ?? blanks.popLast()
    }
    guard let ready else { return try BlankMachine(system) }
    if let found = ready.shape, !(shape.map(found.fits) ?? false) { try ready.giveMemoryUp() }
    return ready
  }
}

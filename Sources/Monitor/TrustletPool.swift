import Machine
import Synchronization

/// Machines that are ready to be a template's next clone: reset after each use, so that no request sees what another left.
///
/// May be used from any thread; a trustlet that it gave belongs to whoever took it.
public final class TrustletPool: Sendable {
  private let template: TrustletTemplate
  private let idleLimit: Int
  private let verifiesResets: Bool
  private let opensDoorbells: Bool
  private let idle = Mutex<[Idle]>([])

  /// A resident that belongs to nobody: whoever takes it has it alone.
  private struct Idle: @unchecked Sendable {
    let resident: Resident
  }

  /// - Parameters:
  ///   - idleLimit: machines that are kept at most while nobody uses them.
  ///   - verifiesResets: compare the whole guest with the template after each reset. Slow: a debug mode.
  ///   - opensDoorbells: whether the machines are to have doorbells from the start.
  public init(_ template: TrustletTemplate, idleLimit: Int, verifiesResets: Bool = false, opensDoorbells: Bool = true) {
    self.template = template
    self.idleLimit = idleLimit
    self.verifiesResets = verifiesResets
    self.opensDoorbells = opensDoorbells
  }

  public var idleCount: Int { idle.withLock { $0.count } }

  /// Clones machines until so many are idle, at most the limit.
  public func prepare(_ count: Int) throws {
    while idleCount < min(count, idleLimit) {
      keep(try template.cloneMachine())
    }
  }

  /// A trustlet that has not run: on an idle machine, or else on a new clone.
  public func take(service: EdgeService, limits: TrustletLimits = TrustletLimits()) throws -> Trustlet {
    let resident = try idle.withLock { $0.popLast() }?.resident ?? template.cloneMachine()
    return try template.trustlet(resident, service, limits)
  }

  private func keep(_ resident: Resident) {
    // Worth its price: the machine is to run often.
    if opensDoorbells { _ = resident.openDoorbell() }
    let idle = Idle(resident: resident)
    // Others may have given machines back since the limit was looked at.
    self.idle.withLock { if $0.count < idleLimit { $0.append(idle) } }
  }

  /// Ends a trustlet that came from here, and keeps its machine if that can be reset.
  /// - Throws: ``ResetFailure`` in the debug mode; the machine is thrown away then.
  public func giveBack(_ trustlet: Trustlet) throws {
    let resident = trustlet.surrender()
    guard let machine = resident.machine as? any CloneableMachine else { return }
    guard idleCount < idleLimit else { return }
    // What cannot be reset, as a guest that the machine had to kill, is no failure: it is not used again.
    guard (try? machine.reset()) != nil else { return }
    if verifiesResets {
      let differences = try machine.differencesFromTemplate()
      guard differences.isEmpty else { throw ResetFailure(differences: differences) }
    }
    keep(resident)
  }
}

/// A machine was not what its template is although it had been reset: a defect in Coffer or in the hypervisor.
public struct ResetFailure: Error, Sendable, CustomStringConvertible {
  public let differences: [String]

  public var description: String {
    "after a reset the machine differs from its template: \(differences.joined(separator: "; ")); it was thrown away; report this"
  }
}

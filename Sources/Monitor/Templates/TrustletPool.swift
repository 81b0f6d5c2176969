import CLinux
import Machine
import Synchronization

/// Machines that are ready to be a template's next clone: reset after each use, so that no request sees what another left, unless ``TrustletReuse`` is asked for.
///
/// May be used from any thread; a trustlet that it gave belongs to whoever took it.
public final class TrustletPool: Sendable {
  private let template: TrustletTemplate
  private let idleLimit: Int
  private let verifiesResets: Bool
  private let opensDoorbells: Bool
  private let reuse: TrustletReuse?
  private let idle = Mutex<[Idle]>([])

  /// A resident that belongs to nobody: whoever takes it has it alone.
  private struct Idle: @unchecked Sendable {
    let resident: Resident
    /// Of an instance that is to go on as it is.
    var instance: (history: InstanceHistory, memories: [TrustletLayout.LinearMemory])?
  }

  /// - Parameters:
  ///   - idleLimit: machines that are kept at most while nobody uses them.
  ///   - verifiesResets: compare the whole guest with the template after each reset. Slow: a debug mode.
  ///   - opensDoorbells: whether the machines are to have doorbells from the start.
  ///   - reuse: whether an instance may serve one request after another, each of which can then see what those before have left.
  public init(
    _ template: TrustletTemplate, idleLimit: Int, verifiesResets: Bool = false, opensDoorbells: Bool = true, reuse: TrustletReuse? = nil
  ) {
    self.template = template
    self.idleLimit = idleLimit
    self.verifiesResets = verifiesResets
    self.opensDoorbells = opensDoorbells
    self.reuse = reuse
  }

  public var idleCount: Int { idle.withLock { $0.count } }

  /// Clones machines until so many are idle, at most the limit.
  public func prepare(_ count: Int) throws {
    while idleCount < min(count, idleLimit) {
      keep(try template.cloneMachine())
    }
  }

  /// A trustlet that has not run: on an idle machine, or else on a new clone; or an instance that goes on (``Trustlet/continues``).
  public func take(service: EdgeService, limits: TrustletLimits = TrustletLimits()) throws -> Trustlet {
    let idle = idle.withLock { $0.popLast() }
    guard let reuse else { return try template.trustlet(idle?.resident ?? template.cloneMachine(), service, limits) }
    let input = service.configuration.streams.carrier?.first.bytes.count ?? 0
    let now = coffer_monotonic_clock()
    var (resident, instance) = (idle?.resident, idle?.instance)
    if instance?.history.mayGoOn(reuse, now: now) == false {
      instance = nil
      if (try? (resident?.machine as? any CloneableMachine)?.reset()) == nil { resident = nil }
    }
    let trustlet = try template.trustlet(resident ?? template.cloneMachine(), service, limits, grown: instance?.memories)
    var history = instance?.history ?? InstanceHistory(since: now)
    history.add(input: input)
    trustlet.history = history
    return trustlet
  }

  private func keep(_ resident: Resident, _ instance: (InstanceHistory, [TrustletLayout.LinearMemory])? = nil) {
    // Worth its price: the machine is to run often.
    if opensDoorbells { _ = resident.openDoorbell() }
    let idle = Idle(resident: resident, instance: instance)
    // Others may have given machines back since the limit was looked at.
    self.idle.withLock { if $0.count < idleLimit { $0.append(idle) } }
  }

  /// Ends a trustlet that came from here, and keeps its machine if that can be reset, or its instance if that may go on.
  /// - Throws: ``ResetFailure`` in the debug mode; the machine is thrown away then.
  public func giveBack(_ trustlet: Trustlet) throws {
    let memories = trustlet.memoriesToGoOn
    let resident = trustlet.surrender()
    guard let machine = resident.machine as? any CloneableMachine else { return }
    guard idleCount < idleLimit else { return }
    if let reuse, let memories, let history = trustlet.history, history.mayGoOn(reuse, now: coffer_monotonic_clock()) {
      return keep(resident, (history, memories))
    }
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

import EdgeCalls
import Machine
import Synchronization

/// A trustlet that stands between two commands, kept: clones go on from there, each with settings, randomness and time of its own.
///
/// Whether a template may be taken is for the caller to decide: ``Trustlet/used`` says what the program has seen so far that clones must not share.
public final class TrustletTemplate: Sendable {
  private let machine: any MachineTemplate
  let memories: [TrustletLayout.LinearMemory]
  let classification: FaultClassification
  private let generations = Atomic<UInt64>(0)

  init(machine: any MachineTemplate, memories: [TrustletLayout.LinearMemory], classification: FaultClassification) {
    self.machine = machine
    self.memories = memories
    self.classification = classification
  }

  /// Bytes that all clones share.
  public var sharedBytes: UInt64 { machine.sharedBytes }

  /// Makes machines ahead of time, so that as many clones need only memory and settings. They are of this template's shape but hold nothing of it.
  public func prepare(_ count: Int) throws { try machine.prepare(count) }

  /// A clone that has not run yet; its service tells it arguments, environment and directories with its first command.
  public func clone(service: EdgeService, limits: TrustletLimits = TrustletLimits()) throws -> Trustlet {
    try trustlet(cloneMachine(), service, limits)
  }

  func cloneMachine() throws(MachineError) -> Resident { Resident(try machine.clone()) }

  /// - Parameters:
  ///   - resident: a clone that has not run, or has been reset; or one that goes on from a finished command, which the library OS takes its settings
  ///     anew for as at a clone's first.
  ///   - grown: of one that goes on, its memories.
  func trustlet(
    _ resident: Resident, _ service: EdgeService, _ limits: TrustletLimits, grown: [TrustletLayout.LinearMemory]? = nil
  ) throws -> Trustlet {
    try Trustlet(
      resident, service: service, memories: LinearMemories(grown ?? memories, limit: limits.memory), classification: classification,
      limits: limits, generation: generations.add(1, ordering: .relaxed).newValue)
  }
}

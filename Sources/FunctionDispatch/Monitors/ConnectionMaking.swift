import CLinux
import NetworkRules

/// Makes connections for what runs in monitor processes, which make none themselves.
public protocol ConnectionMaking: Sendable {
  /// Answers a process's `ConnectionRequest`s until it ends, on other threads.
  /// - Parameter socket: the front's end; whoever makes connections closes it.
  func serve(_ socket: Int32, for asker: any ConnectionAsking)
  /// How many descriptors it has open at once for so many processes, beside those that it was given.
  func descriptorsAtMost(askers: Int) -> Int
}

/// A monitor process that asks for connections.
public protocol ConnectionAsking: AnyObject, Sendable {
  /// For whom it may ask by a revision's number; nil where it was not given that revision.
  func grant(revision: UInt32) -> ConnectionGrant?
  /// For the log of a function.
  func note(_ text: String, _ grant: ConnectionGrant)
}

/// For whom a connection is, and what its image permits.
public struct ConnectionGrant: Sendable, Hashable {
  public var tenant: String
  public var function: String
  public var measurement: String
  public var rules: NetworkRules

  public init(tenant: String, function: String, measurement: String, rules: NetworkRules) {
    (self.tenant, self.function, self.measurement, self.rules) = (tenant, function, measurement, rules)
  }
}

extension MonitorChild: ConnectionAsking {
  /// By what the front told the process, not by what the process says of itself: of whatever runs there it can ask for no more than its tenant's
  /// functions that it serves may have.
  package func grant(revision number: UInt32) -> ConnectionGrant? {
    dispatcher.state.withLock { _ in
      guard let revision = loaded[number] else { return nil }
      return ConnectionGrant(
        tenant: revision.function.tenant.name, function: revision.function.name, measurement: revision.revision.measurement,
        rules: NetworkRules(revision.revision.settings.network))
    }
  }

  package func note(_ text: String, _ grant: ConnectionGrant) {
    dispatcher.log(
      FunctionLogLine(
        time: coffer_wall_clock(), tenant: grant.tenant, function: grant.function, revision: grant.measurement, request: "", stream: .node, text: text))
  }
}

import FunctionStore
import Hummingbird
import Logging
import NetworkRules

/// A node's state with all that changes it, put together: what a front adds to the serving of functions.
///
/// ```swift
/// let state = try NodeState(directory: "/var/lib/coffer", logger: logger, version: "1.0.0")
/// async let builds: Void = state.builds.run()
/// try await node.run(state.management.router(hostNames: HostNames()))   // over state.store as its catalogue
/// ```
public struct NodeState: Sendable {
  public let store: FunctionStore
  public let builds: BuildQueue
  public let management: Management<ManagementContext>
  /// Of the administrator's token.
  public let tokenFile: String
  private let builder: FunctionBuilder
  private let logger: Logger

  /// Opens the directory, or makes it with the administrator's token.
  public init(
    directory: String, logger: Logger, version: String, machine: @escaping @Sendable () -> String = { "" },
    platform: @escaping @Sendable () -> (name: String, isConfidential: Bool) = { ("none", false) }, hasBroker: Bool = true,
    network: TenantNetworkRules = TenantNetworkRules(), others: [Operation<ManagementContext>] = []
  ) throws(StoreError) {
    store = try FunctionStore(directory: directory)
    tokenFile = try store.provideAdminToken()
    builder = FunctionBuilder()
    builds = BuildQueue(store: store, builder: builder, logger: logger)
    var facts = Management<ManagementContext>.Facts(version: version, machine: machine, platform: platform, hasBroker: hasBroker)
    facts.network = network
    management = Management(store: store, builder: builder, builds: builds, facts: facts, others: others)
    self.logger = logger
    for (function, measurement) in store.missingImages() {
      logger.error("\(function): the image of a revision is not in the data directory any more: deploy it again", metadata: ["revision": "\(measurement)"])
    }
  }

  /// Deploys the examples that are not there.
  public func demonstrate() async throws {
    for name in try await Demonstration(store: store, builder: builder).deploy() { logger.info("\(name): deployed, an example") }
  }
}

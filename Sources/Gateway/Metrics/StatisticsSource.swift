import FunctionDispatch

/// Who knows what the node does: its dispatcher.
public protocol StatisticsSource: Sendable {
  func statistics() async -> DispatchStatistics
}

/// A function that is deployed, called or not.
public struct DeployedFunction: Sendable, Hashable {
  public var name: String
  public var tenant: String
  /// The measurement of its newest revision that gets calls.
  public var revision: String

  public init(name: String, tenant: String, revision: String) {
    (self.name, self.tenant, self.revision) = (name, tenant, revision)
  }
}

/// Who knows what is deployed: the node's store. Asked once a second while somebody looks.
public protocol FunctionDirectory: Sendable {
  func deployed() -> [DeployedFunction]
  /// The tenant that a function belongs to; nil where there is no such function.
  func tenant(of function: String) -> String?
}

/// Who looks.
public struct Viewer: Sendable {
  /// The only one whose functions are shown; nil sees all, and the node.
  public var tenant: String?
  /// Whether they still may: who looks on without end is asked again before each look.
  let mayLook: @Sendable () -> Bool

  public init(tenant: String?, mayLook: @escaping @Sendable () -> Bool = { true }) {
    self.tenant = tenant
    self.mayLook = mayLook
  }

  func maySee(_ tenant: String) -> Bool { self.tenant == nil || self.tenant == tenant }
}

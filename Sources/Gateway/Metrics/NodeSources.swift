import FunctionDispatch
import FunctionStore
import Hummingbird

extension Dispatcher: StatisticsSource {}

extension FunctionStore: FunctionDirectory {
  public func deployed() -> [DeployedFunction] {
    functions().map { function in
      DeployedFunction(name: function.name, tenant: function.tenant, revision: function.revisions.first { $0.percent > 0 }?.measurement ?? "")
    }
  }

  public func tenant(of function: String) -> String? { self.function(function)?.tenant }
}

extension NodeView {
  /// Adds everything to look at a node with to the router of its management, for callers that may read.
  /// - Parameter store: which knows whether their tokens are still there.
  public func add(to router: Router<ManagementContext>, _ store: FunctionStore) {
    let viewer: ViewerOf<ManagementContext> = { _, context in
      let caller = try context.caller(atLeast: .read)
      return Viewer(tenant: caller.tenant) { store.isThere(caller) }
    }
    addDashboard(to: router)
    addMetrics(to: router, viewer: viewer)
    addRoutes(to: router, viewer: viewer)
  }
}

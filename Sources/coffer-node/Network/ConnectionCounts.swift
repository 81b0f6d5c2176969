import FunctionDispatch
import Synchronization

/// How many connections there are: for each tenant and function, and how many are being made.
package final class ConnectionCounts: Sendable {
  package struct Limits: Sendable {
    package var ofTenant = 256
    package var ofFunction = 64
    /// That are being made at once, names that are asked for among them: for one tenant, and for all.
    package var makingOfTenant = 64
    package var making = 256

    package init(ofTenant: Int = 256, ofFunction: Int = 64) { (self.ofTenant, self.ofFunction) = (ofTenant, ofFunction) }
  }

  enum Refusal: Error {
    case tenant(Int)
    case function(Int)
    case making
  }

  private struct State {
    var making = 0
    var makingByTenant: [String: Int] = [:]
    var byTenant: [String: Int] = [:]
    /// By tenant and name.
    var byFunction: [[String]: Int] = [:]
  }

  private let limits: Limits
  private let state = Mutex(State())

  init(_ limits: Limits) { self.limits = limits }

  /// Room for a connection that is to be made, or a name that is to be looked up, which holds none.
  func begin(_ grant: ConnectionGrant, holds: Bool) throws(Refusal) {
    try state.withLock { (state) throws(Refusal) in
      let function = [grant.tenant, grant.function]
      guard state.making < limits.making, state.makingByTenant[grant.tenant, default: 0] < limits.makingOfTenant else { throw .making }
      if holds {
        guard state.byTenant[grant.tenant, default: 0] < limits.ofTenant else { throw .tenant(limits.ofTenant) }
        guard state.byFunction[function, default: 0] < limits.ofFunction else { throw .function(limits.ofFunction) }
        state.byTenant[grant.tenant, default: 0] += 1
        state.byFunction[function, default: 0] += 1
      }
      state.making += 1
      state.makingByTenant[grant.tenant, default: 0] += 1
    }
  }

  /// It is made, or will not be.
  func isMade(_ grant: ConnectionGrant) {
    state.withLock { state in
      state.making -= 1
      Self.less(&state.makingByTenant, grant.tenant)
    }
  }

  /// What was held is not any more.
  func end(_ grant: ConnectionGrant) {
    state.withLock { state in
      Self.less(&state.byTenant, grant.tenant)
      Self.less(&state.byFunction, [grant.tenant, grant.function])
    }
  }

  private static func less<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
    let left = counts[key, default: 1] - 1
    counts[key] = left > 0 ? left : nil
  }
}

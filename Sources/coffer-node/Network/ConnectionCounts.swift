import FunctionDispatch
import Synchronization

/// How many connections there are: for each tenant and function, and how many are being made.
///
/// What all tenants share (``Limits/making``, ``Limits/encrypted``) is shared fairly: nobody takes more of it than is left free (Choudhury and Hahne's dynamic
/// thresholds, 1998), so that the more tenants take what they can get the less that is; and each may have one, whatever the others have.
package final class ConnectionCounts: Sendable {
  package struct Limits: Sendable {
    package var ofTenant = 256
    package var ofFunction = 64
    /// That are being made at once, names that are asked for among them: for one tenant, and for all.
    package var makingOfTenant = 64
    package var making = 256
    /// Connections with TLS, which have a process each, of all.
    package var encrypted = 1024

    package init(ofTenant: Int = 256, ofFunction: Int = 64) { (self.ofTenant, self.ofFunction) = (ofTenant, ofFunction) }
  }

  enum Refusal: Error {
    case tenant(Int)
    case function(Int)
    case making
    case encrypted
  }

  /// What somebody wants to have.
  package enum Kind: Sendable {
    /// Addresses of a name, of which nothing is held afterwards.
    case lookUp
    case plain
    case encrypted
  }

  /// What is shared by all, and by whom it is had.
  private struct Share {
    var all = 0
    var byTenant: [String: Int] = [:]

    func hasRoom(for tenant: String, of limit: Int) -> Bool { byTenant[tenant, default: 0] < max(limit - all, 1) }

    mutating func take(_ tenant: String) {
      all += 1
      byTenant[tenant, default: 0] += 1
    }

    mutating func giveBack(_ tenant: String) {
      all -= 1
      ConnectionCounts.less(&byTenant, tenant)
    }
  }

  private struct State {
    var making = Share()
    var encrypted = Share()
    var byTenant: [String: Int] = [:]
    /// By tenant and name.
    var byFunction: [[String]: Int] = [:]
  }

  private let limits: Limits
  private let state = Mutex(State())

  init(_ limits: Limits) { self.limits = limits }

  /// The most that are being made at once.
  /// - Parameter tenants: as many at most ask for some.
  func making(tenants: Int) -> Int { limits.making + tenants }

  /// Room for what is to be made.
  func begin(_ grant: ConnectionGrant, _ kind: Kind) throws(Refusal) {
    try state.withLock { (state) throws(Refusal) in
      let function = [grant.tenant, grant.function]
      guard state.making.byTenant[grant.tenant, default: 0] < limits.makingOfTenant, state.making.hasRoom(for: grant.tenant, of: limits.making) else { throw .making }
      if kind != .lookUp {
        guard state.byTenant[grant.tenant, default: 0] < limits.ofTenant else { throw .tenant(limits.ofTenant) }
        guard state.byFunction[function, default: 0] < limits.ofFunction else { throw .function(limits.ofFunction) }
        guard kind != .encrypted || state.encrypted.hasRoom(for: grant.tenant, of: limits.encrypted) else { throw .encrypted }
        state.byTenant[grant.tenant, default: 0] += 1
        state.byFunction[function, default: 0] += 1
      }
      if kind == .encrypted { state.encrypted.take(grant.tenant) }
      state.making.take(grant.tenant)
    }
  }

  /// It is made, or will not be.
  func isMade(_ grant: ConnectionGrant) { state.withLock { $0.making.giveBack(grant.tenant) } }

  /// What was held is not any more.
  func end(_ grant: ConnectionGrant, _ kind: Kind) {
    guard kind != .lookUp else { return }
    state.withLock { state in
      Self.less(&state.byTenant, grant.tenant)
      Self.less(&state.byFunction, [grant.tenant, grant.function])
      if kind == .encrypted { state.encrypted.giveBack(grant.tenant) }
    }
  }

  private static func less<Key: Hashable>(_ counts: inout [Key: Int], _ key: Key) {
    let left = counts[key, default: 1] - 1
    counts[key] = left > 0 ? left : nil
  }
}

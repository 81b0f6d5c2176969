/// Places for those who look on without end: a tenant has a part of them, and a part is there for whoever sees all tenants.
package struct WatchPlaces: Sendable {
  /// At a time.
  package static let limit = 256
  package static let tenantLimit = 32
  /// Which no tenant's token takes.
  package static let reserved = 32

  private var byTenant: [String: Int] = [:]
  private var ofTenants = 0
  private var ofAll = 0

  package init() {}

  /// Whether there was one.
  package mutating func take(for viewer: Viewer) -> Bool {
    guard ofTenants + ofAll < Self.limit else { return false }
    guard let tenant = viewer.tenant else {
      ofAll += 1
      return true
    }
    guard ofTenants < Self.limit - Self.reserved, byTenant[tenant, default: 0] < Self.tenantLimit else { return false }
    byTenant[tenant, default: 0] += 1
    ofTenants += 1
    return true
  }

  package mutating func giveBack(of viewer: Viewer) {
    guard let tenant = viewer.tenant else { return ofAll -= 1 }
    ofTenants -= 1
    let left = byTenant[tenant, default: 1] - 1
    byTenant[tenant] = left > 0 ? left : nil
  }
}

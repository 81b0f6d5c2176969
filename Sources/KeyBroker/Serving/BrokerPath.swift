/// What a request's path means. Nothing in it is decoded: names need no escapes, so that one with an escape is no name.
enum BrokerPath: Equatable {
  case health
  case authenticate(tenant: String)
  case attest(tenant: String)
  case resource(tenant: String, String)
  case counter(tenant: String, String)
  /// What follows `/v1/`.
  case management([String])

  static let limit = 512

  init?(_ path: String) {
    guard path.utf8.count <= Self.limit, path.hasPrefix("/") else { return nil }
    var parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
    if parts == ["healthz"] {
      self = .health
      return
    }
    if parts.first == "v1" {
      self = .management(Array(parts.dropFirst()))
      return
    }
    // A client is given the tenant's address as the broker's: http://host/acme.
    var tenant = TenantRecord.standard
    if parts.first != "kbs", parts.count > 1 { tenant = parts.removeFirst() }
    guard parts.count >= 3, parts[0] == "kbs", parts[1] == "v0" else { return nil }
    let rest = parts.dropFirst(3).joined(separator: "/")
    switch (parts[2], parts.count) {
    case ("auth", 3): self = .authenticate(tenant: tenant)
    case ("attest", 3): self = .attest(tenant: tenant)
    case ("resource", 6): self = .resource(tenant: tenant, rest)
    case ("counter", 6): self = .counter(tenant: tenant, rest)
    default: return nil
    }
  }
}

import KeyBrokerProtocol

/// What lies in the database, as the log tells it. Each row is authentic by itself, so that who writes the file could put back an older one: a policy that
/// was replaced, a token that was removed, a counter's earlier value. The log says which of them is the last.
struct BrokerLedger: Sendable {
  struct Place: Hashable, Sendable {
    var tenant: String
    var name: String
  }

  /// The log's end as this process read or wrote it.
  var end = AuditChain.Verifier()
  /// Of resources.
  private(set) var versions: [Place: Int64] = [:]
  /// In hexadecimal digits.
  private(set) var counters: [Place: String] = [:]
  /// Tokens that count, and whose they are; empty for all tenants'.
  private(set) var tokens: [String: String] = [:]
  /// Quotas, in words.
  private(set) var tenants: [String: String] = [:]
  /// Names of tenants that are no more.
  private(set) var formerTenants: Set<String> = []

  mutating func follow(_ entry: AuditEntry) {
    guard entry.outcome == .done else { return }
    let place = Place(tenant: entry.tenant, name: entry.subject)
    switch entry.action {
    case .start, .attest, .release, .read: break
    case .put, .setPolicy: versions[place] = Self.version(entry)
    case .remove: (versions[place], counters[place]) = (nil, nil)
    case .exchange: counters[place] = String(entry.detail.dropFirst("value ".count))
    case .addTenant: tenants[entry.subject] = entry.detail
    // Earlier versions wrote it of a tenant that was removed at the same moment.
    case .changeTenant: if tenants[entry.subject] != nil { tenants[entry.subject] = entry.detail }
    case .removeTenant:
      tenants[entry.subject] = nil
      formerTenants.insert(entry.subject)
      tokens = tokens.filter { $0.value != entry.subject }
    case .addToken: tokens[entry.subject] = entry.tenant
    case .removeToken: tokens[entry.subject] = nil
    }
  }

  /// The entry's own number, or what a broker that counted otherwise wrote into it: "version 3, ...".
  private static func version(_ entry: AuditEntry) -> Int64 {
    let words = entry.detail.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, words[0] == "version", let version = Int64(words[1].prefix { $0 != "," }) else { return entry.number }
    return version
  }

  static func forged(_ what: String) -> BrokerError {
    BrokerError(
      .forged,
      "\(what) in the database is not what the audit log says was written last: it was put back, taken away or changed behind the broker's back; put a copy of the whole back, and find out who writes there")
  }

  /// - Throws: for a row that differs, or that one of the two has and the other has not.
  static func compare<Key: Hashable, Value: Equatable>(
    _ found: [Key: Value], with expected: [Key: Value], _ name: (Key) -> String
  ) throws(BrokerError) {
    for (key, value) in found where expected[key] != value { throw forged(name(key)) }
    for key in expected.keys where found[key] == nil { throw forged(name(key)) }
  }
}

import Attestation
import Crypto
import FoundationEssentials
import GRDB
import KeyBrokerProtocol

extension BrokerStore {
  /// Of one resource: keys and passwords, not data.
  ///
  /// Encrypted and as text it has to fit into the window through which a trustlet gets all its secrets, which is 1 MiB.
  public static let resourceLimit = 750 << 10

  /// Sorted by name.
  public func resources(of tenant: String) throws(BrokerError) -> [ResourceRecord] {
    try database.read { database in
      let records = try Row.fetchAll(database, sql: "SELECT * FROM resources WHERE tenant = ? ORDER BY name", arguments: [tenant]).map(Self.record)
      let expected = ledger.withLock { $0.versions.filter { $0.key.tenant == tenant } }
      let found = Dictionary(records.map { (BrokerLedger.Place(tenant: tenant, name: "\($0.name)"), $0.version) }) { $1 }
      try BrokerLedger.compare(found, with: expected) { "the resource \($0.name)" }
      return records
    }
  }

  public func resource(_ name: ResourceName, of tenant: String) throws(BrokerError) -> ResourceRecord? {
    try database.read { database in
      guard let row = try row(name, tenant, database) else { return nil }
      // The policy belongs to the resource only if the content's seal says so.
      _ = try open(row, name, tenant)
      return try Self.record(row)
    }
  }

  /// Writes a resource, new or in the place of the one before; a policy that it has stays.
  @discardableResult
  public func put(_ name: ResourceName, of tenant: String, content: [UInt8], by actor: String) throws(BrokerError) -> ResourceRecord {
    guard content.count <= Self.resourceLimit else {
      throw BrokerError(.invalid, "a resource of \(content.count) bytes; expected at most \(Self.resourceLimit), since a trustlet can be given no more; keep the key here, and what it opens elsewhere")
    }
    return try change { database, version in
      guard let quota = self.tenant(tenant)?.quota else { throw Self.noTenant(tenant) }
      let before = try row(name, tenant, database)
      let (count, bytes) = try Self.use(of: tenant, besides: name, database)
      let policy = before?["policy"] as String?
      guard count < quota.resources, bytes + content.count + (policy?.utf8.count ?? 0) <= quota.bytes else { throw Self.full(count, bytes, quota) }
      try write(name, tenant, content, version, policy, isNew: before == nil, database)
      let record = ResourceRecord(name: name, version: version, size: content.count, policy: policy, updated: now)
      return (
        record,
        [AuditEntry(tenant: tenant, actor: actor, action: .put, subject: "\(name)", outcome: .done, detail: "version \(version), \(content.count) bytes")]
      )
    }
  }

  /// - Parameter policy: as people write it; nil for none, which releases the resource to nobody.
  public func setPolicy(_ policy: String?, of name: ResourceName, of tenant: String, by actor: String) throws(BrokerError) {
    var facts: TenantPolicies.Facts?
    if let policy { facts = try TenantPolicies.read(policy) }
    try change({ database, version in
      guard let quota = self.tenant(tenant)?.quota else { throw Self.noTenant(tenant) }
      guard let row = try row(name, tenant, database) else { throw Self.noResource(name) }
      // The policy is part of what the content's seal authenticates: nobody without the master key can exchange it.
      let content = try open(row, name, tenant)
      let (count, bytes) = try Self.use(of: tenant, besides: name, database)
      let (size, sizeBefore) = (policy?.utf8.count ?? 0, (row["policy"] as String?)?.utf8.count ?? 0)
      // A shorter one is taken where the quota was lowered too.
      guard size <= sizeBefore || bytes + content.count + size <= quota.bytes else { throw Self.full(count, bytes, quota) }
      if let facts, let anchors = cache.withLock({ $0.policies[tenant]?.anchorCount(with: facts, of: name) }), anchors > TenantPolicies.tenantAnchorLimit {
        throw BrokerError(
          .full, "the tenant's policies would trust \(anchors) keys beside the makers'; expected at most \(TenantPolicies.tenantAnchorLimit) in all of them")
      }
      try content.read { try write(name, tenant, $0, version, policy, isNew: false, database) }
      let digest = policy.map { "SHA-256 \(Hexadecimal.text(SHA256.hash(data: Array($0.utf8))))" } ?? "none"
      return ((), [AuditEntry(tenant: tenant, actor: actor, action: .setPolicy, subject: "\(name)", outcome: .done, detail: "version \(version), policy \(digest)")])
    }, update: { cache in cache.policies[tenant, default: TenantPolicies()][name] = facts })
  }

  /// With its policy and its counter.
  public func remove(_ name: ResourceName, of tenant: String, by actor: String) throws(BrokerError) {
    try change({ database, _ in
      guard try row(name, tenant, database) != nil else { throw Self.noResource(name) }
      try database.execute(sql: "DELETE FROM resources WHERE tenant = ? AND name = ?", arguments: [tenant, "\(name)"])
      return ((), [AuditEntry(tenant: tenant, actor: actor, action: .remove, subject: "\(name)", outcome: .done)])
    }, update: { cache in cache.policies[tenant]?[name] = nil })
  }

  /// What is in a resource, and what its counter has, if its policy, judged by `judge`, gives it; logged before it is returned.
  ///
  /// Judging takes too long to keep others from the database meanwhile. A resource that was written, put under another policy or removed by then is not
  /// released by what was true before.
  /// - Parameter judge: says who asks, and refuses by the entry that it returns, or by none.
  package func release(
    _ name: ResourceName, of tenant: String, judge: (ResourceRecord) throws -> AuditEntry?
  ) throws(BrokerError) -> (content: ErasingBytes, counter: CounterValue?)? {
    guard let row = try database.read({ database in try row(name, tenant, database) }) else { throw Self.noResource(name) }
    // The record's policy counts only if the seal says that it belongs to the content.
    let content = try open(row, name, tenant)
    let record: ResourceRecord
    let entry: AuditEntry?
    do {
      record = try Self.record(row)
      entry = try judge(record)
    } catch let error as BrokerError {
      throw error
    } catch {
      throw BrokerError(.invalid, "\(error)")
    }
    guard let entry else { return nil }
    let counter: CounterValue? = try change { database, _ in
      guard entry.outcome == .done else { return (nil, [entry]) }
      try checkUnchanged(record, tenant, database)
      return (try value(of: name, tenant, database), [entry])
    }
    return entry.outcome == .done ? (content, counter) : nil
  }

  /// - Throws: where the row of a resource is no more the one by which a request was judged.
  private func checkUnchanged(_ judged: ResourceRecord, _ tenant: String, _ database: Database) throws {
    guard try row(judged.name, tenant, database)?["version"] as Int64? == judged.version else {
      throw BrokerError(.changed, "\(judged.name) or its policy was changed while this request was judged; ask again")
    }
  }

  private static func full(_ count: Int, _ bytes: Int, _ quota: TenantRecord.Quota) -> BrokerError {
    BrokerError(
      .full,
      "the tenant has \(count) other resources of \(bytes) bytes with their policies, and may have \(quota.resources) of \(quota.bytes) bytes; remove some, or have the quota raised")
  }

  static func noResource(_ name: ResourceName) -> BrokerError { BrokerError(.notFound, "there is no resource \(name) here") }

  // MARK: Rows

  /// The row that was written last: none that was put back.
  private func row(_ name: ResourceName, _ tenant: String, _ database: Database) throws -> Row? {
    let row = try Row.fetchOne(database, sql: "SELECT * FROM resources WHERE tenant = ? AND name = ?", arguments: [tenant, "\(name)"])
    let expected = ledger.withLock { $0.versions[.init(tenant: tenant, name: "\(name)")] }
    guard row?["version"] as Int64? == expected else { throw BrokerLedger.forged("the resource \(name)") }
    return row
  }

  private static func record(_ row: Row) throws -> ResourceRecord {
    ResourceRecord(
      name: try ResourceName(row["name"] as String), version: row["version"], size: row["size"], policy: row["policy"], updated: row["updated"])
  }

  /// What is authenticated with a resource's content.
  private static func place(_ name: ResourceName, _ tenant: String, _ version: Int64, _ policy: String?) -> JSONValue {
    .members([
      "row": .string("resource"), "tenant": .string(tenant), "name": .string("\(name)"), "version": .integer(version),
      "policy": policy.map { .string($0) } ?? .null,
    ])
  }

  private func write(
    _ name: ResourceName, _ tenant: String, _ content: [UInt8], _ version: Int64, _ policy: String?, isNew: Bool, _ database: Database
  ) throws {
    let sealed = Data(try sealing.seal(content, for: Self.place(name, tenant, version, policy)))
    if isNew {
      try database.execute(
        sql: "INSERT INTO resources (version, size, content, policy, updated, tenant, name) VALUES (?, ?, ?, ?, ?, ?, ?)",
        arguments: [version, content.count, sealed, policy, now, tenant, "\(name)"])
    } else {
      try database.execute(
        sql: "UPDATE resources SET version = ?, size = ?, content = ?, policy = ?, updated = ? WHERE tenant = ? AND name = ?",
        arguments: [version, content.count, sealed, policy, now, tenant, "\(name)"])
    }
  }

  func open(_ row: Row, _ name: ResourceName, _ tenant: String) throws(BrokerError) -> ErasingBytes {
    try sealing.open(Array(row["content"] as Data), for: Self.place(name, tenant, row["version"], row["policy"]))
  }

  private static func use(of tenant: String, besides name: ResourceName, _ database: Database) throws -> (count: Int, bytes: Int) {
    let row = try Row.fetchOne(
      database,
      sql: """
        SELECT count(*) AS count, coalesce(sum(size + coalesce(length(CAST(policy AS BLOB)), 0)), 0) AS bytes FROM resources WHERE tenant = ? AND name <> ?
        """,
      arguments: [tenant, "\(name)"])
    return (row?["count"] ?? 0, row?["bytes"] ?? 0)
  }

  /// Keys that any of the tenant's policies trusts beside the makers'.
  func anchors(of tenant: String) -> [TrustAnchors.Anchor] { cache.withLock { Array($0.policies[tenant]?.anchors ?? []) } }

  /// Whether any of the tenant's policies accepts evidence that nothing vouches for.
  func acceptsNone(_ tenant: String) -> Bool { cache.withLock { $0.policies[tenant]?.acceptsNone ?? false } }
}

extension BrokerStore {
  private static func row(of counter: ResourceName, _ tenant: String, _ value: [UInt8]) -> JSONValue {
    .members(["row": .string("counter"), "tenant": .string(tenant), "name": .string("\(counter)"), "value": .string(Base64.urlText(value))])
  }

  private func value(of counter: ResourceName, _ tenant: String, _ database: Database) throws -> CounterValue? {
    let expected = ledger.withLock { $0.counters[.init(tenant: tenant, name: "\(counter)")] }
    guard let row = try Row.fetchOne(
      database, sql: "SELECT value, authenticator FROM counters WHERE tenant = ? AND name = ?", arguments: [tenant, "\(counter)"])
    else {
      guard expected == nil else { throw BrokerLedger.forged("the counter \(counter)") }
      return nil
    }
    let bytes = Array(row["value"] as Data)
    guard expected == Hexadecimal.text(bytes) else { throw BrokerLedger.forged("the counter \(counter)") }
    guard sealing.isAuthentic(Array(row["authenticator"] as Data), Self.row(of: counter, tenant, bytes)) else {
      throw BrokerError(.forged, "the counter \(counter) was changed behind the broker's back")
    }
    return try CounterValue(bytes)
  }

  /// Reads the counter of a resource's name, or gives it a higher value if it has the one that is expected; logged before it is returned.
  /// - Parameter judged: the resource by whose policy it was decided.
  package func counter(
    of judged: ResourceRecord, of tenant: String, exchange: CounterExchange?, by actor: String
  ) throws(BrokerError) -> CounterAnswer {
    let name = judged.name
    return try change { database, _ in
      try checkUnchanged(judged, tenant, database)
      let found = try value(of: name, tenant, database)
      var answer = CounterAnswer(value: found, isExchanged: false)
      if let exchange, exchange.expected == found, found.map({ $0.number < exchange.value.number }) ?? true {
        let bytes = exchange.value.bytes
        try database.execute(
          sql: "INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?)",
          arguments: [tenant, "\(name)", Data(bytes), Data(sealing.authenticator(Self.row(of: name, tenant, bytes)))])
        answer = CounterAnswer(value: exchange.value, isExchanged: true)
      }
      // What the log says of a value is what the next start expects.
      let entry = AuditEntry(
        tenant: tenant, actor: actor, action: exchange == nil ? .read : .exchange, subject: "\(name)",
        outcome: exchange == nil || answer.isExchanged ? .done : .refused, detail: "value \(answer.value.map { Hexadecimal.text($0.bytes) } ?? "none")")
      return (answer, [entry])
    }
  }
}

import FoundationEssentials
import GRDB
import Glibc
import KeyBrokerProtocol

extension BrokerStore {
  public func tenant(_ name: String) -> TenantRecord? { cache.withLock { $0.tenants[name] } }

  /// Sorted by name.
  public var tenants: [TenantRecord] { cache.withLock { Array($0.tenants.values) }.sorted { $0.name < $1.name } }

  /// - Parameter actor: who does it, for the log.
  @discardableResult
  public func addTenant(_ name: String, quota: TenantRecord.Quota = .standard, by actor: String) throws(BrokerError) -> TenantRecord {
    try BrokerNames.checkTenant(name)
    try Self.check(quota)
    let record = TenantRecord(name: name, quota: quota, created: now)
    try change({ database, _ in
      guard tenant(name) == nil else { throw BrokerError(.taken, "there is a tenant '\(name)' already") }
      // The log of the former one would be the new one's to read, and images that take the former one's secrets would take the new one's.
      guard !ledger.withLock({ $0.formerTenants.contains(name) }) else {
        throw BrokerError(.taken, "there was a tenant '\(name)', and no other gets its name: its log and what manifests say of it stay its own; choose another")
      }
      try database.execute(
        sql: "INSERT INTO tenants VALUES (?, ?, ?, ?, ?)", arguments: [name, record.created, quota.resources, quota.bytes, quota.requests])
      return ((), [AuditEntry(tenant: name, actor: actor, action: .addTenant, subject: name, outcome: .done, detail: Self.text(quota))])
    }, update: { cache in cache.tenants[name] = record })
    return record
  }

  public func changeTenant(_ name: String, quota: TenantRecord.Quota, by actor: String) throws(BrokerError) {
    try Self.check(quota)
    try change({ database, _ in
      try database.execute(
        sql: "UPDATE tenants SET resources = ?, bytes = ?, requests = ? WHERE name = ?", arguments: [quota.resources, quota.bytes, quota.requests, name])
      // Another administrator has removed it meanwhile.
      guard database.changesCount == 1 else { throw Self.noTenant(name) }
      return ((), [AuditEntry(tenant: name, actor: actor, action: .changeTenant, subject: name, outcome: .done, detail: Self.text(quota))])
    }, update: { cache in cache.tenants[name]?.quota = quota })
  }

  /// With its tokens; one that has resources stays.
  public func removeTenant(_ name: String, by actor: String) throws(BrokerError) {
    guard name != TenantRecord.standard else { throw BrokerError(.invalid, "the tenant '\(name)' is part of every broker and stays") }
    try change({ database, _ in
      guard tenant(name) != nil else { throw Self.noTenant(name) }
      let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM resources WHERE tenant = ?", arguments: [name]) ?? 0
      guard count == 0 else { throw BrokerError(.taken, "the tenant '\(name)' has \(count) resources; remove them before it") }
      try database.execute(sql: "DELETE FROM tenants WHERE name = ?", arguments: [name])
      return ((), [AuditEntry(tenant: name, actor: actor, action: .removeTenant, subject: name, outcome: .done)])
    }, update: { cache in
      cache.tenants[name] = nil
      cache.tokens = cache.tokens.filter { $0.value.tenant != name }
      cache.policies[name] = nil
    })
  }

  static func noTenant(_ name: String) -> BrokerError {
    BrokerError(.notFound, "there is no such tenant here; an administrator makes it with coffer broker tenants set")
  }

  private static func check(_ quota: TenantRecord.Quota) throws(BrokerError) {
    guard (0...1_000_000).contains(quota.resources), (0...1 << 40).contains(quota.bytes), (1...1_000_000).contains(quota.requests) else {
      throw BrokerError(.invalid, "a quota of \(text(quota)); expected at most 1000000 resources, 2^40 bytes, and 1 to 1000000 requests a second")
    }
  }

  static func text(_ quota: TenantRecord.Quota) -> String {
    "\(quota.resources) resources, \(quota.bytes) bytes, \(quota.requests) requests a second"
  }
}

extension BrokerStore {
  /// Sorted by when they were made.
  /// - Parameter tenant: nil for all.
  public func tokens(of tenant: String? = nil) -> [TokenRecord] {
    cache.withLock { Array($0.tokens.values) }.filter { tenant == nil || $0.tenant == tenant }
      .sorted { ($0.created, $0.identifier) < ($1.created, $1.identifier) }
  }

  /// Makes a token. Its text is nowhere else, then or later.
  public func addToken(
    tenant: String?, role: TokenRecord.Role, note: String = "", by actor: String
  ) throws(BrokerError) -> (text: String, record: TokenRecord) {
    guard note.utf8.count <= 200, note.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw BrokerError(.invalid, "a token's note has at most 200 bytes on one line")
    }
    let token = AccessToken()
    let record = TokenRecord(identifier: token.identifier, tenant: tenant, role: role, note: note, created: now, hash: token.hash)
    try change({ database, _ in
      if let tenant, self.tenant(tenant) == nil { throw Self.noTenant(tenant) }
      try database.execute(
        sql: "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?)",
        arguments: [record.identifier, record.hash, tenant, role.rawValue, note, record.created, Data(sealing.authenticator(Self.row(of: record)))])
      let detail = "role \(role.rawValue)\(note.isEmpty ? "" : ", \(note)")"
      return ((), [AuditEntry(tenant: tenant ?? "", actor: actor, action: .addToken, subject: record.identifier, outcome: .done, detail: detail)])
    }, update: { cache in cache.tokens[record.identifier] = record })
    return (token.text, record)
  }

  public func removeToken(_ identifier: String, by actor: String) throws(BrokerError) {
    try change({ database, _ in
      // Two at once: the second finds none, and the log tells of one.
      guard let record = cache.withLock({ $0.tokens[identifier] }) else { throw BrokerError(.notFound, "there is no such token here") }
      try database.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [identifier])
      return ((), [AuditEntry(tenant: record.tenant ?? "", actor: actor, action: .removeToken, subject: identifier, outcome: .done)])
    }, update: { cache in cache.tokens[identifier] = nil })
  }

  /// Whose token this is; nil for none.
  public func bearer(of text: some StringProtocol) -> TokenRecord? {
    guard let token = AccessToken(text), let record = cache.withLock({ $0.tokens[token.identifier] }),
      AccessToken.isSame(token.hash, record.hash)
    else { return nil }
    return record
  }

  /// Where the administrator's token lies for the commands of this machine's user, unless the master key lies elsewhere.
  public static func administratorTokenFile(in directory: String) -> String { "\(directory)/admin-token" }

  private static let administratorNote = "the data directory's admin-token"

  /// Provides a file with it. Where that is missing a new token is made, and the one of before ends: who may write there has the broker anyway.
  /// - Parameter file: nil for the one in the data directory; another where the master key is elsewhere too, so that who copies the data can
  ///   neither read them nor speak to the broker.
  @discardableResult
  public func provideAdministratorToken(file: String? = nil) throws(BrokerError) -> String {
    let standard = Self.administratorTokenFile(in: directory)
    let path = file ?? standard
    var status = stat()
    let isThere = lstat(path, &status) == 0
    if isThere, path == standard || lstat(standard, &status) != 0 { return path }
    // One that lay beside the data ends with its file.
    if path != standard { unlink(standard) }
    if isThere { unlink(path) }
    for old in tokens() where old.note == Self.administratorNote { try removeToken(old.identifier, by: "broker") }
    let token = try addToken(tenant: nil, role: .admin, note: Self.administratorNote, by: "broker")
    try SmallFiles.write(Array("\(token.text)\n".utf8), to: path)
    return path
  }
}

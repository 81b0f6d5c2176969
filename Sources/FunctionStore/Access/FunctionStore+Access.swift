import FunctionDispatch
import GRDB

extension FunctionStore {
  public func tenant(_ name: String) -> TenantRecord? { look { $0.tenants[name] } }

  /// Sorted by name.
  public var tenants: [TenantRecord] { look { Array($0.tenants.values) }.sorted { $0.name < $1.name } }

  @discardableResult
  public func addTenant(_ name: String, limits: TenantLimits = TenantLimits(), by caller: Caller? = nil) throws(StoreError) -> TenantRecord {
    try ObjectName.check(name, of: "tenant")
    try Self.check(limits)
    let record = TenantRecord(name: name, limits: limits, created: now)
    return try change(by: caller) { database, changes in
      guard try !Self.exists(tenant: name, database) else { throw StoreError(.taken, "there is a tenant '\(name)' already") }
      try database.execute(
        sql: "INSERT INTO tenants (name, created, concurrency, memory, processorTime) VALUES (?, ?, ?, ?, ?)",
        arguments: [name, record.created, limits.concurrency, Int64(clamping: limits.memory), Int64(clamping: limits.processorTime)])
      changes.tenants[name] = record
      return record
    }
  }

  @discardableResult
  public func limitTenant(_ name: String, to limits: TenantLimits, by caller: Caller? = nil) throws(StoreError) -> TenantRecord {
    try Self.check(limits)
    return try change(by: caller) { database, changes in
      guard let row = try Row.fetchOne(database, sql: "SELECT created FROM tenants WHERE name = ?", arguments: [name]) else { throw Self.noTenant(name) }
      try database.execute(
        sql: "UPDATE tenants SET concurrency = ?, memory = ?, processorTime = ? WHERE name = ?",
        arguments: [limits.concurrency, Int64(clamping: limits.memory), Int64(clamping: limits.processorTime), name])
      let record = TenantRecord(name: name, limits: limits, created: row["created"])
      changes.tenants[name] = record
      return record
    }
  }

  private static func check(_ limits: TenantLimits) throws(StoreError) {
    guard limits.concurrency >= 0, limits.memory <= UInt64(Int64.max), limits.processorTime <= UInt64(Int64.max) else {
      throw StoreError(.invalid, "a tenant's limits are numbers from 0, which stands for the node's, to 2^63 - 1")
    }
  }

  /// With its tokens; one that has functions stays.
  public func removeTenant(_ name: String, by caller: Caller? = nil) throws(StoreError) {
    guard name != TenantRecord.standard else { throw StoreError(.impossible, "the tenant '\(name)' is part of every node and stays") }
    try change(by: caller) { database, changes in
      guard try Self.exists(tenant: name, database) else { throw Self.noTenant(name) }
      let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM functions WHERE tenant = ?", arguments: [name]) ?? 0
      guard count == 0 else { throw StoreError(.impossible, "the tenant '\(name)' has \(count) functions; remove them before it") }
      for token in try String.fetchAll(database, sql: "SELECT id FROM tokens WHERE tenant = ?", arguments: [name]) {
        changes.tokens[token] = .some(nil)
      }
      try database.execute(sql: "DELETE FROM tenants WHERE name = ?", arguments: [name])
      changes.tenants[name] = .some(nil)
    }
  }

  static func exists(tenant name: String, _ database: Database) throws -> Bool {
    try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM tenants WHERE name = ?)", arguments: [name]) ?? false
  }

  package static func noTenant(_ name: String) -> StoreError {
    StoreError(.notFound, "there is no tenant '\(name)'; an administrator can make it with coffer tenants add NAME (POST /v1/tenants)")
  }
}

extension FunctionStore {
  /// Sorted by when they were made. - Parameter tenant: nil for all.
  public func tokens(of tenant: String? = nil) -> [TokenRecord] {
    look { Array($0.tokens.values) }.filter { tenant == nil || $0.tenant == tenant }
      .sorted { ($0.created, $0.identifier) < ($1.created, $1.identifier) }
  }

  /// Makes a token. Its text is nowhere else, then or later.
  public func addToken(tenant: String?, role: Role, note: String = "", by caller: Caller? = nil) throws(StoreError) -> (text: String, record: TokenRecord) {
    guard note.utf8.count <= 200, note != Self.adminNote, !note.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw StoreError(.invalid, "a token's note has at most 200 bytes on one line")
    }
    return try change(by: caller) { database, changes in
      if let tenant { guard try Self.exists(tenant: tenant, database) else { throw Self.noTenant(tenant) } }
      return try Self.insertToken(tenant, role, note, now, database, &changes)
    }
  }

  static func insertToken(
    _ tenant: String?, _ role: Role, _ note: String, _ now: Int64, _ database: Database, _ changes: inout CatalogueChanges
  ) throws -> (text: String, record: TokenRecord) {
    let token = BearerToken()
    let record = TokenRecord(identifier: token.identifier, tenant: tenant, role: role, note: note, created: now, hash: token.hash)
    try database.execute(
      sql: "INSERT INTO tokens (id, hash, tenant, role, note, created) VALUES (?, ?, ?, ?, ?, ?)",
      arguments: [record.identifier, token.hash, tenant, role.rawValue, note, now])
    changes.tokens[record.identifier] = record
    return (token.text, record)
  }

  public func removeToken(_ identifier: String, by caller: Caller? = nil) throws(StoreError) {
    try change(by: caller) { database, changes in
      try database.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [identifier])
      guard database.changesCount == 1 else { throw StoreError(.notFound, "there is no token '\(identifier)'") }
      changes.tokens[identifier] = .some(nil)
    }
  }

  /// Whether the token that somebody has shown is still there: what it may do never changes.
  public func isThere(_ caller: Caller) -> Bool { look { $0.tokens[caller.token] != nil } }

  static func exists(token identifier: String, _ database: Database) throws -> Bool {
    try Bool.fetchOne(database, sql: "SELECT EXISTS (SELECT 1 FROM tokens WHERE id = ?)", arguments: [identifier]) ?? false
  }

  public static var removedToken: StoreError {
    StoreError(.removed, "the token of this request was removed meanwhile, and nothing was changed; an administrator can make another")
  }

  /// Whose token this is; nil for none.
  public func caller(bearing text: some StringProtocol) -> Caller? {
    guard let token = BearerToken(text), let record = look({ $0.tokens[token.identifier] }), BearerToken.isSame(token.hash, record.hash) else {
      return nil
    }
    return Caller(token: record.identifier, tenant: record.tenant, role: record.role)
  }
}

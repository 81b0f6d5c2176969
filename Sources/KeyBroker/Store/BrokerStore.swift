import Crypto
import FoundationEssentials
import GRDB
import Glibc
import KeyBrokerProtocol
import Synchronization

/// What a broker keeps: tenants, tokens, resources under their policies, counters, and the log of all that was done. A change and its line of the
/// log are one transaction, and on the disk before anybody hears of either.
///
/// Methods wait for the disk: they are not for an event loop.
public final class BrokerStore: Sendable {
  public let directory: String
  let database: BrokerDatabase
  let sealing: Sealing
  private let lock: DirectoryLock
  private let clock: @Sendable () -> Int64
  /// Anchors of all policies of a tenant, and tokens: what every request asks for.
  let cache = Mutex(Cache())
  /// What the log says. Touched only where the database's one connection is held: read in a transaction, advanced behind it.
  let ledger = Mutex(BrokerLedger())

  struct Cache {
    var tokens: [String: TokenRecord] = [:]
    var tenants: [String: TenantRecord] = [:]
    var policies: [String: TenantPolicies] = [:]
  }

  /// Opens what is there, or makes it; reads the whole log, and refuses to go on from one that was changed.
  /// - Parameter clock: seconds since 1970.
  public convenience init(directory: String, key: MasterKey, clock: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }) throws(BrokerError) {
    try self.init(directory: directory, key: key, isExclusive: true, clock: clock)
  }

  /// - Parameter isExclusive: false for tests, which write the database while it is open.
  package init(
    directory: String, key: MasterKey, isExclusive: Bool, clock: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
  ) throws(BrokerError) {
    guard !directory.isEmpty, !directory.utf8.contains(0) else { throw BrokerError(.invalid, "the data directory has no name") }
    try SmallFiles.makeDirectories(directory)
    lock = try DirectoryLock(directory)
    self.directory = directory
    self.clock = clock
    sealing = Sealing(key)
    database = try BrokerDatabase(path: Self.databaseFile(directory), isExclusive: isExclusive)
    try checkKey()
    try checkLog()
    try load()
  }

  /// Whether a directory is a broker's already.
  static func isKept(in directory: String) -> Bool { access(databaseFile(directory), F_OK) == 0 }

  static func databaseFile(_ directory: String) -> String { "\(directory)/broker.sqlite" }

  var now: Int64 { clock() }

  // MARK: The master key

  private static let keyCheck = JSONValue.members(["row": .string("key")])

  private func checkKey() throws(BrokerError) {
    try database.write { database in
      if let check = try Data.fetchOne(database, sql: "SELECT value FROM facts WHERE name = 'key-check'") {
        guard sealing.isAuthentic(Array(check), Self.keyCheck) else {
          throw BrokerError(.forged, "\(directory) was written under another master key; give that one with --key")
        }
      } else {
        try database.execute(sql: "INSERT INTO facts VALUES ('key-check', ?)", arguments: [Data(sealing.authenticator(Self.keyCheck))])
      }
    }
  }

  /// The key that signs tokens and answers: made once, kept encrypted.
  public func brokerKey() throws(BrokerError) -> BrokerKey {
    let place = JSONValue.members(["row": .string("broker-key")])
    let bytes = try database.write { database in
      if let kept = try Data.fetchOne(database, sql: "SELECT value FROM facts WHERE name = 'broker-key'") {
        return try sealing.open(Array(kept), for: place)
      }
      let made = ErasingBytes(BrokerKey().bytes)
      let sealed = try made.read { try sealing.seal($0, for: place) }
      try database.execute(sql: "INSERT INTO facts VALUES ('broker-key', ?)", arguments: [Data(sealed)])
      return made
    }
    do throws(MalformedMessage) {
      return try bytes.read { (bytes) throws(MalformedMessage) in try BrokerKey(bytes: bytes) }
    } catch {
      throw BrokerError(.forged, "\(error)")
    }
  }

  // MARK: The log

  private func checkLog() throws(BrokerError) {
    let read = try database.read { database in
      var ledger = BrokerLedger()
      ledger.end = try Self.verifiedLog(database, sealing) { entry, _ in ledger.follow(entry) }
      return ledger
    }
    ledger.withLock { $0 = read }
  }

  /// - Parameter sealing: nil where the master key is not at hand: then only the chain is checked.
  static func verifiedLog(
    _ database: Database, _ sealing: Sealing?, _ body: (AuditEntry, [UInt8]) throws -> Void = { _, _ in }
  ) throws -> AuditChain.Verifier {
    var verifier = AuditChain.Verifier()
    let rows = try Row.fetchCursor(database, sql: "SELECT entry, hash, seal FROM audit ORDER BY number")
    while let row = try rows.next() {
      let entry = try verifier.add(AuditChain.Link(entry: Array(row["entry"] as Data), hash: Array(row["hash"] as Data)))
      if let sealing, !sealing.isLogSeal(Array(row["seal"] as Data), of: verifier.head) {
        throw AuditChain.Verifier.broken(verifier.number, "it was not written under this master key")
      }
      try body(entry, verifier.head)
    }
    let head = try Data.fetchOne(database, sql: "SELECT value FROM facts WHERE name = 'audit-head'").map { Array($0) }
    // Written with each entry: without it the last ones could be cut off.
    let isWhole: Bool
    if let head {
      isWhole = head.prefix(48) == verifier.head[...] && sealing?.isAuthentic(Array(head.dropFirst(48)), headRow(verifier)) ?? true
    } else {
      isWhole = verifier.number == 0
    }
    guard isWhole else { throw AuditChain.Verifier.broken(verifier.number + 1, "what followed was cut off") }
    return verifier
  }

  private static func headRow(_ verifier: AuditChain.Verifier) -> JSONValue {
    .members(["row": .string("audit-head"), "number": .integer(verifier.number), "hash": .string(Base64.urlText(verifier.head))])
  }

  /// One transaction of a change and the entries of the log that tell of it.
  /// - Parameters:
  ///   - body: is given the number of the entry that it writes.
  ///   - update: what the cache has of it, where it is done, before any other change begins.
  func change<Result>(
    _ body: (Database, Int64) throws -> (Result, [AuditEntry]), update: (inout Cache) -> Void = { _ in }
  ) throws(BrokerError) -> Result {
    var verifier = AuditChain.Verifier()
    var written: [AuditEntry] = []
    return try database.write({ database in
      // Under the database's own lock; what is taken here counts only where the transaction is done.
      verifier = try checkedEnd(database)
      let (result, entries) = try body(database, verifier.number + 1)
      for entry in entries {
        var entry = entry
        (entry.number, entry.time) = (verifier.number + 1, now)
        let bytes = entry.json.canonical
        let hash = AuditChain.hash(after: verifier.head, bytes)
        written.append(try verifier.add(AuditChain.Link(entry: bytes, hash: hash)))
        try database.execute(
          sql: "INSERT INTO audit VALUES (?, ?, ?, ?)", arguments: [entry.number, Data(bytes), Data(hash), Data(sealing.logSeal(hash))])
      }
      if !entries.isEmpty {
        let head = verifier.head + sealing.authenticator(Self.headRow(verifier))
        try database.execute(sql: "INSERT OR REPLACE INTO facts VALUES ('audit-head', ?)", arguments: [Data(head)])
      }
      return result
    }, committed: { _ in
      ledger.withLock { ledger in
        ledger.end = verifier
        for entry in written { ledger.follow(entry) }
      }
      cache.withLock { cache in update(&cache) }
    })
  }

  /// The log's end, which is where this process left it: who writes the file while the broker runs could cut the log, and the broker would go on from
  /// there and vouch for the rest.
  private func checkedEnd(_ database: Database) throws -> AuditChain.Verifier {
    let expected = ledger.withLock { $0.end }
    let row = try Row.fetchOne(database, sql: "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    let found = row.map { AuditChain.Verifier(after: $0["number"], head: Array($0["hash"] as Data)) } ?? AuditChain.Verifier()
    guard found.number == expected.number, found.head == expected.head else {
      throw BrokerError(
        .forged,
        "the audit log in \(directory) ends with entry \(found.number), and this broker wrote entry \(expected.number) last, or another one: it was changed behind its back; put a copy back, and find out who writes there")
    }
    return expected
  }

  func append(_ entries: [AuditEntry]) throws(BrokerError) { try change { _, _ in ((), entries) } }

  /// The last entry's number and the hash up to it.
  public func auditEnd() throws(BrokerError) -> (number: Int64, head: [UInt8]) {
    let end = try database.read { database in try checkedEnd(database) }
    return (end.number, end.head)
  }

  /// A part of the log behind entry `after`.
  /// - Parameter tenant: nil for all. The chain can only be checked over all entries.
  public func audit(of tenant: String? = nil, after number: Int64 = 0, limit: Int = 1000) throws(BrokerError) -> [AuditChain.Link] {
    try database.read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT entry, hash FROM audit WHERE number > ? AND (? IS NULL OR json_extract(CAST(entry AS TEXT), '$.tenant') = ?) ORDER BY number LIMIT ?
          """, arguments: [number, tenant, tenant, limit]
      ).map { AuditChain.Link(entry: Array($0["entry"] as Data), hash: Array($0["hash"] as Data)) }
    }
  }

  /// The whole log of a broker that need not run, from its first entry on.
  /// - Parameter key: nil to check the chain alone: then it is not known who wrote it.
  /// - Returns: the last entry's number and the hash up to it.
  public static func verifyLog(
    directory: String, key: MasterKey?, _ body: (AuditEntry, [UInt8]) throws -> Void = { _, _ in }
  ) throws(BrokerError) -> (number: Int64, head: [UInt8]) {
    let path = databaseFile(directory)
    var status = stat()
    guard stat(path, &status) == 0 else { throw SmallFiles.failure("cannot find", path) }
    let database = try BrokerDatabase(path: path)
    let verifier = try database.read { database in try verifiedLog(database, key.map(Sealing.init), body) }
    return (verifier.number, verifier.head)
  }

  // MARK: What every request asks for

  private func load() throws(BrokerError) {
    let ledger = ledger.withLock { $0 }
    let cache = try database.read { database in
      var cache = Cache()
      for row in try Row.fetchAll(database, sql: "SELECT * FROM tenants") {
        let quota = TenantRecord.Quota(resources: row["resources"], bytes: row["bytes"], requests: row["requests"])
        cache.tenants[row["name"]] = TenantRecord(name: row["name"], quota: quota, created: row["created"])
      }
      for row in try Row.fetchAll(database, sql: "SELECT * FROM tokens") {
        let record = TokenRecord(
          identifier: row["id"], tenant: row["tenant"], role: TokenRecord.Role(rawValue: row["role"]) ?? .audit, note: row["note"],
          created: row["created"], hash: row["hash"])
        // Who can write the database could give himself a token.
        guard sealing.isAuthentic(Array(row["authenticator"] as Data), Self.row(of: record)) else {
          throw BrokerError(.forged, "the token \(record.identifier) in \(directory) was not written by this broker: remove it from the database, and find out who put it there")
        }
        cache.tokens[record.identifier] = record
      }
      try BrokerLedger.compare(cache.tenants.mapValues { Self.text($0.quota) }, with: ledger.tenants) { "the tenant '\($0)'" }
      try BrokerLedger.compare(cache.tokens.mapValues { $0.tenant ?? "" }, with: ledger.tokens) { "the token \($0)" }
      var versions: [BrokerLedger.Place: Int64] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT tenant, name, version FROM resources") {
        versions[.init(tenant: row["tenant"], name: row["name"])] = row["version"]
      }
      try BrokerLedger.compare(versions, with: ledger.versions) { "the resource \($0.name) of \($0.tenant)" }
      var counters: [BrokerLedger.Place: String] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT tenant, name, value FROM counters") {
        counters[.init(tenant: row["tenant"], name: row["name"])] = Hexadecimal.text(row["value"] as Data)
      }
      try BrokerLedger.compare(counters, with: ledger.counters) { "the counter \($0.name) of \($0.tenant)" }
      var facts: [String: [ResourceName: TenantPolicies.Facts]] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT * FROM resources WHERE policy IS NOT NULL") {
        // One that cannot be read, or is not its resource's, trusts nobody, and releases nothing either.
        guard let name = try? ResourceName(row["name"] as String), (try? open(row, name, row["tenant"])) != nil else { continue }
        guard let policy = try? TenantPolicies.read(row["policy"]) else { continue }
        facts[row["tenant"], default: [:]][name] = policy
      }
      cache.policies = facts.mapValues { TenantPolicies($0) }
      return cache
    }
    self.cache.withLock { $0 = cache }
    if cache.tenants[TenantRecord.standard] == nil { try addTenant(TenantRecord.standard, by: "broker") }
  }

  static func row(of token: TokenRecord) -> JSONValue {
    .members([
      "row": .string("token"), "id": .string(token.identifier), "tenant": token.tenant.map { .string($0) } ?? .null,
      "role": .string(token.role.rawValue), "hash": .string(token.hash),
    ])
  }
}

/// One broker at a time in a directory: the lock ends with its process, however that ends.
private final class DirectoryLock: Sendable {
  private let descriptor: Int32

  init(_ directory: String) throws(BrokerError) {
    let path = "\(directory)/lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw SmallFiles.failure("cannot open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw BrokerError(.locked, "another broker uses \(directory); stop it, or name another directory with --data")
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}

import GRDB

/// The broker's SQLite database: every change is on the disk before anybody hears of it.
struct BrokerDatabase: Sendable {
  private let queue: DatabaseQueue
  private let path: String

  /// - Parameter isExclusive: whether no other program can open the database meanwhile. It keeps out who asks SQLite, not who writes the file's bytes.
  init(path: String, isExclusive: Bool = false) throws(BrokerError) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(5)
    configuration.label = "broker"
    // Before the first look at the file: the lock is taken with that, and the index of the journal lies in this process alone.
    if isExclusive { configuration.prepareDatabase { database in try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") } }
    // GRDB would end the process where a disk's failure left a transaction behind; here the next one clears it away.
    configuration.allowsUnsafeTransactions = true
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      // Behind GRDB's own setting up, which lowers it for this mode: NORMAL would lose what was acknowledged before a loss of power.
      try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        // What was deleted is overwritten.
        try database.execute(sql: "PRAGMA secure_delete = ON")
      }
      guard try !queue.read(Self.schema.hasBeenSuperseded) else {
        throw BrokerError(.locked, "'\(path)' was written by a newer version of coffer; use that, or name another directory with --data")
      }
      try Self.schema.migrate(queue)
    } catch let error as BrokerError {
      throw error
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// One transaction, which what `body` throws undoes.
  /// - Parameter committed: is called where it is done, before any other transaction begins.
  func write<Result>(_ body: (Database) throws -> Result, committed: () -> Void = {}) throws(BrokerError) -> Result {
    do {
      return try queue.writeWithoutTransaction { database in
        if database.isInsideTransaction { try database.rollback() }
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try body(database)
          return .commit
        }
        committed()
        guard let result else { throw BrokerError(.fileSystem, "a transaction ended without a result") }
        return result
      }
    } catch let error as BrokerError {
      throw error
    } catch {
      throw Self.failure(error, path)
    }
  }

  func read<Result>(_ body: (Database) throws -> Result) throws(BrokerError) -> Result {
    do {
      return try queue.read(body)
    } catch let error as BrokerError {
      throw error
    } catch {
      throw Self.failure(error, path)
    }
  }

  private static func failure(_ error: any Error, _ path: String) -> BrokerError {
    guard let error = error as? DatabaseError else { return BrokerError(.fileSystem, "the database '\(path)': \(error)") }
    let reason = error.message ?? "error \(error.resultCode.rawValue)"
    return switch error.resultCode {
    case .SQLITE_FULL: BrokerError(.diskFull, "the database '\(path)' cannot grow: \(reason); free some space there and try again, nothing was changed")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      BrokerError(.locked, "another program holds the database '\(path)': \(reason); end it and try again, nothing was changed")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      BrokerError(.forged, "the database '\(path)' is damaged: \(reason); put a copy back in its place, or name another directory with --data")
    default: BrokerError(.fileSystem, "the database '\(path)' cannot be used: \(reason); look at its disk and its rights, nothing was changed")
    }
  }

  /// A version is never changed once it was released: a new one is added behind it.
  private static var schema: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: tenants, tokens, resources, counters, audit log") { database in
      try database.execute(sql: """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
        CREATE TABLE tenants (
          name TEXT PRIMARY KEY, created INTEGER NOT NULL, resources INTEGER NOT NULL, bytes INTEGER NOT NULL, requests INTEGER NOT NULL) STRICT;
        CREATE TABLE tokens (
          id TEXT PRIMARY KEY, hash TEXT NOT NULL, tenant TEXT REFERENCES tenants (name) ON DELETE CASCADE, role TEXT NOT NULL,
          note TEXT NOT NULL, created INTEGER NOT NULL, authenticator BLOB NOT NULL) STRICT;
        CREATE TABLE resources (
          tenant TEXT NOT NULL REFERENCES tenants (name), name TEXT NOT NULL, version INTEGER NOT NULL, size INTEGER NOT NULL,
          content BLOB NOT NULL, policy TEXT, updated INTEGER NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
        CREATE TABLE counters (
          tenant TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, authenticator BLOB NOT NULL, PRIMARY KEY (tenant, name),
          FOREIGN KEY (tenant, name) REFERENCES resources (tenant, name) ON DELETE CASCADE) STRICT;
        CREATE TABLE audit (number INTEGER PRIMARY KEY, entry BLOB NOT NULL, hash BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
        CREATE TRIGGER auditIsNotChanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
        CREATE TRIGGER auditIsNotDeleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
        """)
    }
    return migrator
  }
}

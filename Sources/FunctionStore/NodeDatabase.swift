import GRDB
import Glibc

/// The node's SQLite database: every change is on the disk before anybody hears of it.
struct NodeDatabase: Sendable {
  private let queue: DatabaseQueue
  private let path: String

  /// How long another program may hold the database before it is an error.
  static let patience = 5.0

  init(path: String, patience: Double = patience) throws(StoreError) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(patience)
    configuration.label = "node"
    // GRDB would end the process where a disk's failure left a transaction behind; here the next one clears it away.
    configuration.allowsUnsafeTransactions = true
    try Self.makePrivate(path)
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      // Behind GRDB's own setting up, which lowers it for this mode. In the write-ahead log NORMAL would lose what was acknowledged before a
      // loss of power.
      try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      guard try !queue.read(StoreSchema.migrator.hasBeenSuperseded) else {
        throw StoreError(.unusable, "'\(path)' was written by a newer version of coffer; use that, or name another directory with --data")
      }
      try StoreSchema.migrator.migrate(queue)
    } catch let error as StoreError {
      throw error
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// Tenants, tokens' hashes and functions' variables are in it. SQLite gives the files beside it the rights that it has itself.
  private static func makePrivate(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
      let reason = errno == ELOOP ? "it is a symbolic link, where a file is expected" : String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw StoreError(.unusable, "cannot open '\(path)': \(reason)")
    }
    close(descriptor)
  }

  /// One transaction. What `body` throws undoes it; `committed` follows it before any other begins.
  func write<Result>(_ body: (Database) throws -> Result, committed: (Result) -> Void) throws(StoreError) -> Result {
    do {
      return try queue.writeWithoutTransaction { database in
        if database.isInsideTransaction { try database.rollback() }
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try body(database)
          return .commit
        }
        guard let result else { throw StoreError(.unusable, "a transaction ended without a result") }
        committed(result)
        return result
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw Self.failure(error, path)
    }
  }

  func read<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
    do {
      return try queue.read(body)
    } catch let error as StoreError {
      throw error
    } catch {
      throw Self.failure(error, path)
    }
  }

  private static func failure(_ error: any Error, _ path: String) -> StoreError {
    guard let error = error as? DatabaseError else { return StoreError(.unusable, "the database '\(path)': \(error)") }
    let reason = error.message ?? "error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_FULL:
      return StoreError(.diskFull, "the database '\(path)' cannot grow: \(reason); free some space there and try again, nothing was changed")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return StoreError(.locked, "another program holds the database '\(path)': \(reason); end it and try again, nothing was changed")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      return StoreError(
        .unusable, "the database '\(path)' is damaged: \(reason); put a copy back in its place, or name another directory with --data")
    case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return StoreError(.fileSystem, "the database '\(path)' cannot be used: \(reason); look at its disk and its rights, nothing was changed")
    default: return StoreError(.unusable, "the database '\(path)': \(reason)")
    }
  }
}

import GRDB
import Glibc

/// A SQLite database of one user: every change is on the disk before anybody hears of it, and all errors are its keeper's.
public struct DurableDatabase<Failure: DatabaseKeeperError>: Sendable {
  private let queue: DatabaseQueue
  private let path: String

  /// - Parameters:
  ///   - label: by which its thread is known.
  ///   - patience: seconds for which another program may hold the database before that is an error.
  ///   - isExclusive: whether no other program can open the database meanwhile. It keeps out who asks SQLite, not who writes the file's bytes.
  ///   - erases: whether what is deleted is overwritten.
  ///   - schema: a version is never changed once it was released: a new one is added behind it.
  public init(
    path: String, label: String, patience: Double = 5, isExclusive: Bool = false, erases: Bool = false, schema: DatabaseMigrator
  ) throws(Failure) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(patience)
    configuration.label = label
    // Before the first look at the file: the lock is taken with that, and the index of the journal lies in this process alone.
    if isExclusive { configuration.prepareDatabase { database in try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") } }
    // GRDB would end the process where a disk's failure left a transaction behind; here the next one clears it away.
    configuration.allowsUnsafeTransactions = true
    try Self.makePrivate(path)
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      // Behind GRDB's own setting up, which lowers it for this mode. In the write-ahead log NORMAL would lose what was acknowledged before a
      // loss of power.
      try queue.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        if erases { try database.execute(sql: "PRAGMA secure_delete = ON") }
      }
      guard try !queue.read(schema.hasBeenSuperseded) else { throw Self.failure(.newer, path) }
      try schema.migrate(queue)
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// Names, tokens' hashes and functions' variables are in it. SQLite gives the files beside it the rights that it has itself.
  private static func makePrivate(_ path: String) throws(Failure) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
      let reason = errno == ELOOP ? "it is a symbolic link, where a file is expected" : String(cString: strerror(errno))
      if descriptor >= 0 { close(descriptor) }
      throw failure(.fileSystem, path, reason)
    }
    close(descriptor)
  }

  /// One transaction. What `body` throws undoes it; `committed` follows it before any other begins.
  public func write<Result>(_ body: (Database) throws -> Result, committed: (Result) -> Void = { _ in }) throws(Failure) -> Result {
    do {
      return try queue.writeWithoutTransaction { database in
        if database.isInsideTransaction { try database.rollback() }
        var result: Result?
        try database.inTransaction(.immediate) {
          result = try body(database)
          return .commit
        }
        guard let result else { throw Self.failure(.unexpected, path, "a transaction ended without a result") }
        committed(result)
        return result
      }
    } catch {
      throw Self.failure(error, path)
    }
  }

  public func read<Result>(_ body: (Database) throws -> Result) throws(Failure) -> Result {
    do {
      return try queue.writeWithoutTransaction { database in
        // What a disk's failure left open is cleared away before a reading, too: nobody is to see what was never done.
        if database.isInsideTransaction { try database.rollback() }
        return try database.readOnly {
          var result: Result?
          try database.inTransaction(.deferred) {
            result = try body(database)
            return .commit
          }
          guard let result else { throw Self.failure(.unexpected, path, "a reading ended without a result") }
          return result
        }
      }
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// The keeper's own errors stay as they are.
  private static func failure(_ error: any Error, _ path: String) -> Failure {
    switch error {
    case let error as Failure: error
    case let error as GRDB.DatabaseError:
      failure(DatabaseFailure(error.resultCode), path, error.message ?? "error \(error.resultCode.rawValue)")
    default: failure(.unexpected, path, "\(error)")
    }
  }

  private static func failure(_ failure: DatabaseFailure, _ path: String, _ reason: String = "") -> Failure {
    Failure(database: failure, failure.message(path, reason))
  }
}

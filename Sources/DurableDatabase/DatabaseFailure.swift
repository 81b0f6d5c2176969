import GRDB

/// Why a database could not be read or changed, for the error of whoever keeps it. What was there before stays.
public enum DatabaseFailure: Sendable, Hashable {
  case diskFull
  /// Another program holds it.
  case locked
  /// Its bytes are no database's, or not those that were written.
  case damaged
  /// A newer version of Coffer has written it.
  case newer
  /// It cannot be opened, read or written.
  case fileSystem
  /// Anything else; a fault of ours.
  case unexpected

  init(_ code: ResultCode) {
    self =
      switch code {
      case .SQLITE_FULL: .diskFull
      case .SQLITE_BUSY, .SQLITE_LOCKED: .locked
      case .SQLITE_NOTADB, .SQLITE_CORRUPT: .damaged
      case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .fileSystem
      default: .unexpected
      }
  }

  /// What was found, and what to do.
  func message(_ path: String, _ reason: String) -> String {
    switch self {
    case .diskFull: "the database '\(path)' cannot grow: \(reason); free some space there and try again, nothing was changed"
    case .locked: "another program holds the database '\(path)': \(reason); end it and try again, nothing was changed"
    case .damaged: "the database '\(path)' is damaged: \(reason); put a copy back in its place, or name another directory with --data"
    case .newer: "'\(path)' was written by a newer version of coffer; use that, or name another directory with --data"
    case .fileSystem: "the database '\(path)' cannot be used: \(reason); look at its disk and its rights, nothing was changed"
    case .unexpected: "the database '\(path)': \(reason)"
    }
  }
}

/// The error of whoever keeps a database.
public protocol DatabaseKeeperError: Error {
  /// - Parameter message: what was found, what was expected, and what to do, for people.
  init(database failure: DatabaseFailure, _ message: String)
}

import FunctionDispatch

/// Why the node's state could not be read or changed. What was there before stays.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A name, percentage or the like that nobody may have.
    case invalid
    case notFound
    /// Whoever asks may not any more: the token was removed.
    case removed
    /// It is there already, or belongs to somebody else.
    case taken
    /// The state is not that which the caller had seen.
    case changed
    /// What was asked for cannot be done in this state.
    case impossible
    /// The image is none, or not what its digests say.
    case image
    case diskFull
    /// Another program holds the database or the directory.
    case locked
    /// The database is damaged, or of a newer version of Coffer.
    case unusable
    case fileSystem
  }

  public let code: Code
  /// What was found, what was expected, and what to do, for people.
  public let message: String

  public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

  public var description: String { message }
}

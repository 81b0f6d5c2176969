/// Why a broker's state could not be read or changed. What was there before stays.
public struct BrokerError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable, CaseIterable {
    /// A name, policy or number that nobody may have.
    case invalid
    case notFound
    /// It is there already.
    case taken
    /// A tenant has as much as it may.
    case full
    case diskFull
    /// Another broker or program holds the data.
    case locked
    /// Somebody else changed what a request was judged by; asked again, it is judged by what there is now.
    case changed
    /// The data was changed behind the broker's back, or is another master key's.
    case forged
    case fileSystem
  }

  public let code: Code
  /// What was found, what was expected, and what to do, for people.
  public let message: String

  public init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

  public var description: String { message }
}

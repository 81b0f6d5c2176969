/// Why a text of YAML is not what its reader takes.
public struct StrictYAMLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Whether there was too much to read, or something wrong in it.
  public enum Kind: Sendable, Equatable {
    /// More than the reader's bounds: bytes, aliases.
    case excess
    /// Not YAML, an unknown key, a value that means nothing there.
    case content
  }

  public var kind: Kind
  public var message: String

  public init(_ kind: Kind, _ message: String) { (self.kind, self.message) = (kind, message) }

  public var description: String { message }
}

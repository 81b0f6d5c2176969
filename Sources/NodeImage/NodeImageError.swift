/// Why there is no node image, or no value to compare with.
public struct NodeImageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file or the step.
  public let what: String
  public let found: String
  public let expected: String
  public let remedy: String

  public init(_ what: String, found: String, expected: String, _ remedy: String) {
    self.what = what
    self.found = found
    self.expected = expected
    self.remedy = remedy
  }

  public var description: String { "\(what): found \(found), expected \(expected); \(remedy)" }
}

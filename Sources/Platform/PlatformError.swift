/// Why there is no report.
public struct PlatformError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// There is no such device or interface here, or no permission to use it.
    case unavailable
    /// It answered with an error.
    case failed
    /// It answered with something that no such interface answers.
    case malformedAnswer
    /// The report is not the one that was asked for.
    case foreignReport
    /// It did not answer in time.
    case silent
  }

  public let code: Code
  public let found: String
  /// What to do about it.
  public let remedy: String

  public init(_ code: Code, _ found: String, _ remedy: String) {
    self.code = code
    self.found = found
    self.remedy = remedy
  }

  public var description: String { "the platform gives no report: \(found); \(remedy)" }
}

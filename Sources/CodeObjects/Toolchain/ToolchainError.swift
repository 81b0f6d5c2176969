/// Why no usable clang and ld.lld were found.
public struct ToolchainError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with the program that was looked for.
  public enum Reason: Sendable, Equatable {
    case notFound
    case notRunnable
    case notRecognised
    case tooOld
    case notAProgram
  }

  public let reason: Reason
  /// What was looked for or tried.
  public let failed: String
  public let found: String
  public let expected: String
  public let remedy: String

  public var description: String { "\(failed): found \(found); expected \(expected). \(remedy)" }
}

/// Why a text was refused, and where.
public struct WatError: Error, Sendable, Hashable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  /// In bytes, from 1.
  public var column: Int
  /// Begins with the words that the specification's scripts expect ("unknown operator", "inline function type", ...),
  /// followed by what was found where that helps.
  public var message: String

  public init(line: Int, column: Int, message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  public var description: String { "\(line):\(column): \(message)" }
}

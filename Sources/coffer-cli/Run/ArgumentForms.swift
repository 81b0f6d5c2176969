import ArgumentParser
import NetworkRules
import RunCommand
import TrustletImage

/// Reads the values of options. What is wrong with one is said with what it should have been.
enum ArgumentForm {
  struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }

  @Sendable static func size(_ text: String) throws -> ByteCount {
    try value(ByteCount(parsing: text), "a number of bytes, as 4096, 64MiB or 1.5GiB")
  }

  @Sendable static func time(_ text: String) throws -> TimeSpan {
    try value(TimeSpan(parsing: text).flatMap { $0.nanoseconds > 0 ? $0 : nil }, "a time above zero with its unit, as 500ms, 2s or 1h")
  }

  @Sendable static func descriptors(_ text: String) throws -> UInt32 { try value(UInt32(text), "a whole number, as 64") }

  @Sendable static func path(_ text: String) throws -> String { try value(text.isEmpty ? nil : text, "a file's path") }

  /// At least 1: how often something is measured.
  @Sendable static func count(_ text: String) throws -> Int { try value(Int(text).flatMap { $0 > 0 ? $0 : nil }, "a whole number from 1 on") }

  @Sendable static func directory(_ text: String) throws -> DirectoryArgument {
    try value(DirectoryArgument(argument: text), "a directory of the host, behind '::' where the program finds it, and ':ro' or ':rw' at the end, as data::/data:rw")
  }

  @Sendable static func variable(_ text: String) throws -> String {
    try value(text.firstIndex(of: "=").flatMap { $0 > text.startIndex ? text : nil }, "a name, '=' and a value, as MODE=fast")
  }

  @Sendable static func networkRule(_ text: String) throws -> NetworkRule {
    do throws(NetworkRuleError) {
      return try NetworkRule(text)
    } catch {
      throw Mismatch(description: "\(error)")
    }
  }

  @Sendable static func invocation(_ text: String) throws -> Invocation {
    try value(Invocation(argument: text), "a function's name and its arguments in parentheses, as 'add(2, 3)' or 'greet(\"world\")'")
  }

  /// PATH or PATH:SIZE.
  @Sendable static func scratch(_ text: String) throws -> Manifest.Scratch {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var scratch = Manifest.Scratch(path: parts.first ?? "")
    if parts.count > 1 {
      guard let size = ByteCount(parsing: parts[1]) else { throw mismatch(scratchForm) }
      scratch.size = size
    }
    guard !scratch.path.isEmpty else { throw mismatch(scratchForm) }
    return scratch
  }

  private static let scratchForm = "a path and, behind ':', a number of bytes, as /tmp or /tmp:16MiB"

  private static func value<Value>(_ value: Value?, _ form: String) throws -> Value {
    guard let value else { throw mismatch(form) }
    return value
  }

  private static func mismatch(_ form: String) -> Mismatch { Mismatch(description: "expected \(form)") }
}

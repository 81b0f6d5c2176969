import ArgumentParser
import TrustletImage

/// Reads the values of options. What is wrong with one is said with what it should have been.
enum ArgumentForm {
  struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }

  @Sendable static func count(_ text: String) throws -> Int { try value(Int(text).flatMap { $0 >= 0 ? $0 : nil }, "a whole number, as 64") }

  /// Rounded up to whole seconds.
  @Sendable static func seconds(_ text: String) throws -> Int {
    if let bare = Int(text), bare >= 0 { return bare }
    return try value(
      TimeSpan(parsing: text).map { Int($0.nanoseconds / 1_000_000_000) + ($0.nanoseconds.isMultiple(of: 1_000_000_000) ? 0 : 1) }, "seconds, as 30, 30s or 2m")
  }

  /// Bytes, of a number with a unit; without one it counts MiB.
  @Sendable static func memory(_ text: String) throws -> UInt64 {
    if let bare = UInt64(text) { return try value(bare <= UInt64.max >> 20 ? bare << 20 : nil, memoryForm) }
    return try value(ByteCount(parsing: text)?.bytes, memoryForm)
  }

  private static let memoryForm = "a size with its unit, as 4GiB; a number without one counts MiB"

  /// A limit that can be lifted: 0 for none.
  @Sendable static func countLimit(_ text: String) throws -> Int {
    try text == "none" ? 0 : value(Int(text).flatMap { $0 > 0 ? $0 : nil }, "a whole number from 1 on, or none for the node's own limit")
  }

  @Sendable static func sizeLimit(_ text: String) throws -> UInt64 {
    try text == "none"
      ? 0 : value(ByteCount(parsing: text).flatMap { $0.bytes >= 1 << 20 ? $0.bytes : nil }, "a size from 1MiB on with its unit, as 4GiB, or none for the node's own limit")
  }

  /// Nanoseconds in a second.
  @Sendable static func processorLimit(_ text: String) throws -> UInt64 {
    try text == "none"
      ? 0
      : value(
        Double(text).flatMap { (0.001...65_536).contains($0) ? UInt64($0 * 1e9) : nil }, "a number from 0.001 to 65536, as 0.5, or none for the node's own limit")
  }

  static func value<Value>(_ value: Value?, _ form: String) throws -> Value {
    guard let value else { throw Mismatch(description: "expected \(form)") }
    return value
  }
}

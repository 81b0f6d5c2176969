import FunctionDispatch

/// Writes the Prometheus text format, version 0.0.4: families one after another, each with its help and its kind before its samples.
package struct MetricsText {
  package enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  package private(set) var text = ""
  private var family = ""

  package init() {}

  /// - Parameter name: of letters, digits and `_`: ours, never a caller's.
  package mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    family = name
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  package mutating func sample(_ labels: [(String, String)], _ value: UInt64) {
    write("", labels, String(value))
  }

  mutating func sample(_ labels: [(String, String)], _ value: Double) {
    write("", labels, "\(value)")
  }

  /// Microseconds in, seconds out. Buckets are cumulative here, and the last holds everything.
  package mutating func histogram(_ labels: [(String, String)], _ summary: LatencySummary) {
    var below: UInt64 = 0
    for bucket in summary.buckets {
      guard let bound = bucket.first, bucket.count == 2 else { continue }
      below &+= bucket[1]
      write("_bucket", labels + [("le", Self.seconds(bound))], String(below))
    }
    write("_bucket", labels + [("le", "+Inf")], String(summary.count))
    write("_sum", labels, Self.seconds(summary.sum))
    write("_count", labels, String(summary.count))
  }

  private mutating func write(_ suffix: String, _ labels: [(String, String)], _ value: String) {
    text += family
    text += suffix
    if !labels.isEmpty {
      text += "{"
      for (place, label) in labels.enumerated() {
        if place > 0 { text += "," }
        text += "\(label.0)=\"\(Self.escaped(label.1, quotes: true))\""
      }
      text += "}"
    }
    text += " \(value)\n"
  }

  /// Exactly, as decimal digits: 12_500 us are "0.0125".
  private static func seconds(_ microseconds: UInt64) -> String {
    let (whole, part) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    if part == 0 { return String(whole) }
    let digits = String(part)
    var fraction = Substring(String(repeating: "0", count: 6 - digits.count) + digits)
    while fraction.last == "0" { fraction.removeLast() }
    return "\(whole).\(fraction)"
  }

  private static func escaped(_ value: String, quotes: Bool) -> String {
    guard value.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\"") }) else {
      return value
    }
    var result = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

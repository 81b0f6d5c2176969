import ArgumentParser
import Foundation

/// What a benchmark found: a row for each case and each who; one JSON object for machines in the shape of all of Coffer's benchmarks, a
/// table for people.
package struct NodeBenchReport {
  struct Row: Encodable {
    var name: String
    var who: String
    var unit: String
    var min: Double
    var median: Double
    var p99: Double
    var runs: Int

    enum CodingKeys: String, CodingKey {
      case name = "case"
      case who, unit, min, median, p99, runs
    }
  }

  package struct Goal: Encodable {
    enum Bound: String, Encodable {
      case atMost = "at most"
      case atLeast = "at least"
    }
    var name: String
    var unit: String
    var bound: Bound
    var limit: Double
    var found: Double

    /// A figure that could not be had is not a goal reached.
    package var isMet: Bool { bound == .atMost ? found <= limit : found >= limit }

    enum CodingKeys: String, CodingKey {
      case name = "case"
      case unit, bound, limit, found, met
    }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(name, forKey: .name)
      try values.encode(unit, forKey: .unit)
      try values.encode(bound, forKey: .bound)
      try values.encode(limit, forKey: .limit)
      try values.encode(found.isFinite ? found : nil, forKey: .found)
      try values.encode(isMet, forKey: .met)
    }
  }

  var bench: String
  var rows: [Row] = []
  package var goals: [Goal] = []
  /// Peers that are not installed.
  var missing: [String] = []
  /// What went wrong with the load itself: answers that were none. With one, the benchmark fails.
  var complaints: [String] = []

  package init(bench: String) { self.bench = bench }

  /// Rows for times and for the rate of a load.
  mutating func add(_ name: String, _ who: String, _ result: LoadResult, rates: [Double] = []) {
    add("\(name), whole answer", who, result.latency)
    add("\(name), rate", who, "req/s", rates.isEmpty ? [result.rate] : rates)
  }

  mutating func add(_ name: String, _ who: String, _ times: LoadResult.Times) {
    rows.append(
      Row(
        name: name, who: who, unit: "us", min: times.totalCount == 0 ? .nan : Double(times.min) / 1000, median: times.microseconds(50),
        p99: times.microseconds(99), runs: Int(times.totalCount)))
  }

  mutating func add(_ name: String, _ who: String, _ unit: String, _ samples: [Double]) {
    let sorted = samples.sorted()
    let at = { (fraction: Double) in sorted.isEmpty ? .nan : sorted[Swift.min(sorted.count - 1, Int(Double(sorted.count) * fraction))] }
    rows.append(Row(name: name, who: who, unit: unit, min: sorted.first ?? .nan, median: at(0.5), p99: at(0.99), runs: samples.count))
  }

  func row(_ name: String, _ who: String) -> Row? { rows.first { $0.name == name && $0.who == who } }

  package mutating func goal(_ name: String, _ unit: String, atMost limit: Double, _ found: Double) {
    goals.append(Goal(name: name, unit: unit, bound: .atMost, limit: limit, found: found))
  }

  package mutating func goal(_ name: String, _ unit: String, atLeast limit: Double, _ found: Double) {
    goals.append(Goal(name: name, unit: unit, bound: .atLeast, limit: limit, found: found))
  }

  /// Prints it. - Throws: Status 1 where a goal is missed or an answer was wrong: a script need not read the table.
  func show(asJSON: Bool) throws {
    Terminal.print(bytes: Array((asJSON ? try json() : table).utf8))
    guard goals.allSatisfy(\.isMet), complaints.isEmpty else { throw ExitCode(1) }
  }

  private struct Printed: Encodable {
    var bench: String
    var rows: [Row]
    var goals: [Goal]
    var missing: [String]
    var complaints: [String]
    var machine = MachineFacts()
  }

  private func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let printed = Printed(bench: bench, rows: rows, goals: goals, missing: missing, complaints: complaints)
    return String(decoding: try encoder.encode(printed), as: UTF8.self) + "\n"
  }

  private var table: String {
    var lines = [
      Self.left("case", 44) + Self.left("who", 22) + ["least", "median", "p99", "runs"].map { Self.right($0, 12) }.joined() + "  unit"
    ]
    for row in rows {
      let values = [row.min, row.median, row.p99].map { Self.right(Self.text($0), 12) }.joined()
      lines.append(Self.left(row.name, 44) + Self.left(row.who, 22) + values + Self.right("\(row.runs)", 12) + "  \(row.unit)")
    }
    for goal in goals {
      let unit = goal.unit.isEmpty ? "" : " \(goal.unit)"
      lines.append(
        "\(goal.isMet ? "pass" : "FAIL"): \(goal.name): \(Self.text(goal.found))\(unit), "
          + "\(goal.bound.rawValue) \(Self.text(goal.limit)) wanted"
      )
    }
    lines += complaints.map { "FAIL: \($0)" }
    if !missing.isEmpty { lines.append("missing: \(missing.joined(separator: "; "))") }
    return lines.joined(separator: "\n") + "\n"
  }

  static func text(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    return String(format: abs(value) >= 1000 ? "%.0f" : abs(value) >= 100 ? "%.1f" : "%.2f", value)
  }
  private static func left(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(1, width - text.count)) }
  private static func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(1, width - text.count)) + text }
}

/// Where a figure was taken.
struct MachineFacts: Encodable {
  var cpu = "unknown"
  var processors = ProcessInfo.processInfo.activeProcessorCount
  var kernel = ""

  init() {
    let facts = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    for line in facts.split(separator: "\n") where line.hasPrefix("model name") {
      cpu = String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
      break
    }
    kernel = ((try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
  }
}

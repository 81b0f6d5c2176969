import ArgumentParser
import JSONText
import RunCommand

/// What a benchmark found: a row for each case and each who. One JSON object for machines, a table with ratios for people.
struct BenchReport {
  struct Row {
    var name: String
    var who: String
    var unit: String
    var samples: [Double]

    var sorted: [Double] { samples.sorted() }
    var minimum: Double { samples.min() ?? .nan }
    var maximum: Double { samples.max() ?? .nan }
    var median: Double { quantile(0.5) }
    var p99: Double { quantile(0.99) }

    private func quantile(_ fraction: Double) -> Double {
      let values = sorted
      guard !values.isEmpty else { return .nan }
      return values[min(values.count - 1, Int(Double(values.count) * fraction))]
    }
  }

  /// What the project has set itself, where the benchmark decides it by itself.
  struct Goal: CustomStringConvertible {
    var name: String
    var unit: String
    var limit: Double
    var found: Double

    var isMet: Bool { found <= limit }
    var description: String {
      "\(isMet ? "pass" : "FAIL"): \(name): \(text(found)) \(unit), at most \(text(limit)) wanted"
    }
    private func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\((value * 10).rounded() / 10)" }
  }

  var bench: String
  var rows: [Row] = []
  var goals: [Goal] = []
  /// Peers that are not installed.
  var missing: [String] = []

  /// Prints it. - Throws: Status 1 where a goal is missed: a script need not read the table.
  func show(asJSON: Bool, table: @autoclosure () -> String) throws {
    Terminal.print(asJSON ? json.description : table())
    guard goals.allSatisfy(\.isMet) else { throw ExitCode(1) }
  }

  func row(_ name: String, _ who: String) -> Row? { rows.first { $0.name == name && $0.who == who } }

  var json: JSON {
    .object([
      ("bench", .string(bench)),
      (
        "rows",
        .array(
          rows.map {
            .object([
              ("case", .string($0.name)), ("who", .string($0.who)), ("unit", .string($0.unit)),
              ("min", .decimal($0.minimum)), ("median", .decimal($0.median)), ("p99", .decimal($0.p99)),
              ("runs", .number(UInt64($0.samples.count))),
            ])
          })
      ),
      (
        "goals",
        .array(
          goals.map {
            .object([
              ("case", .string($0.name)), ("unit", .string($0.unit)), ("limit", .decimal($0.limit)), ("found", .decimal($0.found)),
              ("met", .boolean($0.isMet)),
            ])
          })
      ),
      ("missing", .array(missing.map { .string($0) })),
      ("machine", MachineFacts.json),
    ])
  }
}

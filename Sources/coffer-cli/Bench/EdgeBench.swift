import ArgumentParser
import Coffer
import KVMMachine
import Machine
import TrustletImage

struct EdgeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "edge",
    abstract: "What a call from a trustlet to its host costs: by doorbell, and by leaving the machine.",
    discussion: """
      The call asks for the wall clock. "awake": one call behind the other, so that whoever serves them is still looking; "asleep": with \
      pauses of about 100 us between them, in which it goes to sleep. Each sample is the mean of all calls of a round.
      """)

  @Option(help: "Calls in each round.")
  var calls: UInt64 = 20_000

  @Option(help: "How often the cases take turns.")
  var rounds = 10

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  private struct Case {
    var name: String
    /// Nanoseconds of each call.
    var measure: () throws -> Double
  }

  func run() throws {
    try reporting {
      guard calls > 1, rounds > 0 else { throw CommandFailure("--calls: at least 2 are needed, --rounds: at least 1") }
      let image = try EdgeProgram.image(build)
      var report = BenchReport(bench: "edge")
      var cases: [Case] = []
      if KVMMachine.availability().isAvailable {
        let kvm = MachineChoice.kvm.kind
        let seldom = max(1, calls / 20)
        cases += [
          Case(name: Self.awake) { try mean(image, kvm) },
          Case(name: "kvm, by doorbell, asleep") {
            Double(try EdgeProgram.call("seldom", [seldom, 100_000], of: image, on: kvm).result) / Double(seldom)
          },
          Case(name: Self.blocking) { try mean(image, kvm, answersDoorbells: false) },
        ]
      } else {
        report.missing.append("machine kvm: \(KVMMachine.availability().finding)")
      }
      let process = MachineChoice.process.kind
      do {
        _ = try mean(image, process)
        cases.append(Case(name: "process, by its turn") { try mean(image, process) })
      } catch {
        report.missing.append("machine process: \(error)")
      }
      var samples = cases.map { _ in [Double]() }
      for round in 0..<rounds {
        Terminal.progress("round \(round + 1) of \(rounds)")
        for (index, measured) in cases.enumerated() { samples[index].append(try measured.measure() / 1000) }
      }
      Terminal.progress(nil)
      for (measured, times) in zip(cases, samples) {
        report.rows.append(BenchReport.Row(name: measured.name, who: "coffer", unit: "us", samples: times))
      }
      for (name, limit) in [(Self.awake, 5.0), (Self.blocking, 30.0)] {
        if let row = report.row(name, "coffer") {
          report.goals.append(BenchReport.Goal(name: name, unit: "us", limit: limit, found: row.minimum))
        }
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static let awake = "kvm, by doorbell, awake"
  private static let blocking = "kvm, by blocking exit"

  /// What one more call takes, once everything is set up.
  private func mean(_ image: TrustletImage, _ kind: any MachineKind, answersDoorbells: Bool = true) throws -> Double {
    let few = try EdgeProgram.call("calls", [1], of: image, on: kind, answersDoorbells: answersDoorbells)
    let many = try EdgeProgram.call("calls", [calls], of: image, on: kind, answersDoorbells: answersDoorbells)
    guard few.result == 0, many.result == 0 else { throw CommandFailure("the call failed") }
    return Double(many.nanoseconds - min(few.nanoseconds, many.nanoseconds)) / Double(calls - 1)
  }

  private static func table(_ report: BenchReport) -> String {
    var lines = ["case".padded(40) + "least us".aligned(12) + "median us".aligned(13) + "p99 us".aligned(13)]
    for row in report.rows { lines.append(row.name.padded(40) + row.minimum.column(12) + row.median.column(13) + row.p99.column(13)) }
    lines += report.goals.map(\.description)
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}

import ArgumentParser
import Coffer
import KVMMachine
import Machine
import ProcessMachine
import TrustletImage
import WasmFormat

struct ComponentBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "component",
    abstract: "How soon a command component of any size has run: on new, pooled and warm machines.",
    discussion: """
      Measured is the time until the program has ended, with its output in a pipe; it must print something, and gets no input. Building the \
      image is not part of it. A component of componentize-py is one to try.

      Example:
        coffer bench component app.wasm
      """)

  @Argument(help: "The component, or an image of it.")
  var component: String

  @Option(help: "How often each is started at least.", transform: ArgumentForm.count)
  var runs = 50

  @Option(help: "Only cases whose names contain this.")
  var machine: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  func run() throws {
    try reporting {
      let image = try build.image(of: try Application.load(component))
      var report = BenchReport(bench: "component")
      var cases: [StartCase] = []
      if KVMMachine.availability().isAvailable {
        cases += [.newMachine(image, KVMMachineKind.shared), try .pooledClone(image), try .warmReset(image, KVMMachineKind.shared)]
      } else {
        report.missing.append("machine kvm: \(KVMMachine.availability().finding)")
      }
      let process = MachineChoice.process.kind
      cases += [.newMachine(image, process), try .warmReset(image, process)]
      cases.removeAll { !(machine.map($0.name.contains) ?? true) }
      guard !cases.isEmpty else {
        throw CommandFailure("no case has \(quoted(machine ?? "")) in its name: there are pooled, warm and new machines, kvm and process")
      }
      var samples = cases.map { _ in [Double]() }
      for start in cases { _ = try start.microseconds() }
      for number in 1...max(runs, 1) {
        Terminal.progress("run \(number) of \(runs)")
        for (index, start) in cases.enumerated() { samples[index].append(try start.microseconds() / 1000) }
      }
      Terminal.progress(nil)
      for (start, times) in zip(cases, samples) {
        report.rows.append(BenchReport.Row(name: start.name, who: start.who, unit: "ms", samples: times))
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static func table(_ report: BenchReport) -> String {
    var lines = ["case".padded(40) + "who".padded(8) + "least ms".aligned(12) + "median ms".aligned(13) + "p99 ms".aligned(13)]
    for row in report.rows {
      lines.append(row.name.padded(40) + row.who.padded(8) + row.minimum.column(12) + row.median.column(13) + row.p99.column(13))
    }
    if !report.missing.isEmpty { lines.append("missing: \(report.missing.joined(separator: ", "))") }
    return lines.joined(separator: "\n")
  }
}

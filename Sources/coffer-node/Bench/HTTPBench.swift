import ArgumentParser
import Foundation
import ProgramFiles

struct HTTPBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "http",
    abstract: "Hello by a wasi:http component, a fresh clone for each request and with reuse, beside a plain handler.",
    discussion: """
      As 'bench serve', with the example 'web' in the place of a program. Times are until all of the answer is there; a wrong answer fails \
      the benchmark.
      """)

  @OptionGroup var load: LoadOptions

  @OptionGroup var output: BenchOutput
  @OptionGroup var node: MeasuredNode

  func run() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    var report = NodeBenchReport(bench: "http")
    let ours = try node.hello(in: scratch, "example:web")
    defer { ours.end() }
    let reused = try node.hello(in: scratch, "example:web", isReused: true)
    defer { reused.end() }
    let plain = try HelloServer.plain(in: scratch)
    defer { plain.end() }
    try load.turns.run([ours, reused, plain], in: scratch, &report, output, judge: judge)
    try report.show(asJSON: output.json)
  }

  private func judge(_ count: Int, _ report: inout NodeBenchReport) {
    let name = HelloRounds.name(count)
    let (times, rate) = ("\(name), whole answer", "\(name), rate")
    guard let ours = report.row(times, MeasuredNode.who), let plain = report.row(times, HelloServer.plainName),
      let ourRate = report.row(rate, MeasuredNode.who)?.median, let plainRate = report.row(rate, HelloServer.plainName)?.median
    else { return }
    report.goal("\(name): p50 over the plain handler's", "", atMost: 3, ours.median / plain.median)
    report.goal("\(name): rate over the plain handler's", "", atLeast: 1.0 / 3, ourRate / plainRate)
  }
}

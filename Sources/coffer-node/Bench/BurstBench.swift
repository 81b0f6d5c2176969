import ArgumentParser
import Foundation
import ProgramFiles

struct BurstBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "burst",
    abstract: "Many different functions called at once, each over a connection of its own: all answer.",
    discussion: "The first burst finds no machine and no template of any of them; the others find what the first has left.")

  @Option(help: "How many functions.")
  var functions = 500

  @Option(help: "Bursts.")
  var rounds = 3

  @OptionGroup var output: BenchOutput
  @OptionGroup var node: MeasuredNode

  func validate() throws {
    guard functions > 0, rounds > 0 else { throw ValidationError("there is at least one function, and one burst") }
  }

  func run() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let images = try DistinctFunctions(functions, node, in: scratch)
    let server = try node.start(in: scratch)
    defer { server.end() }
    Terminal.progress("deploying \(functions) functions")
    try server.deploy(images.all, connections: 2, in: scratch)
    var report = NodeBenchReport(bench: "burst")
    var plot = LatencyPlot(title: "\(functions) different functions called at once")
    for round in 1...rounds {
      Terminal.progress("burst \(round) of \(rounds)")
      let result = try Load.run(
        LoadPlan(port: server.port, requests: images.calls, connections: functions, amount: .requests(functions)), in: scratch)
      let name = round == 1 ? "first burst" : "burst \(round)"
      report.add("\(name), whole answer", MeasuredNode.who, result.latency)
      report.add("\(name), until the last answer", MeasuredNode.who, "ms", [result.seconds * 1000])
      report.goal("\(name): right answers", "", atLeast: Double(functions), Double(result.answered - result.wrong))
      if let complaint = result.complaint { report.complaints.append("\(name): \(complaint)") }
      plot.add(panel: "whole answer", series: name, result.latency)
    }
    Terminal.progress(nil)
    try output.write(plot.svg)
    try report.show(asJSON: output.json)
  }
}

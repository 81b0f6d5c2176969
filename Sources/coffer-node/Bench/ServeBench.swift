import ArgumentParser
import Foundation
import ProgramFiles

struct ServeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Hello over HTTP, a fresh clone for each request, beside a plain handler, functions-framework and fcgiwrap.",
    discussion: """
      A closed loop over kept connections, from a process of its own; the servers take turns, each of them alone under load. Times are until \
      all of the answer is there; a wrong answer fails the benchmark.
      """)

  @OptionGroup var load: LoadOptions

  @Option(help: "Only these servers: node, plain, functions-framework, fcgiwrap.")
  var only: [String] = []

  @OptionGroup var output: BenchOutput
  @OptionGroup var node: MeasuredNode

  func validate() throws {
    let names = ["node", "plain", FunctionsFramework.name, Fcgiwrap.name]
    if let unknown = only.first(where: { !names.contains($0) }) { throw ValidationError("--only: found '\(unknown)', expected one of \(names.joined(separator: ", "))") }
  }

  func run() throws {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    var report = NodeBenchReport(bench: "serve")
    let servers = try start(in: scratch, &report)
    defer { for server in servers { server.end() } }
    try load.turns.run(servers, in: scratch, &report, output) { count, report in
      judge(count, &report)
    }
    try report.show(asJSON: output.json)
  }

  private func start(in scratch: ScratchDirectory, _ report: inout NodeBenchReport) throws -> [HelloServer] {
    var servers: [HelloServer] = []
    let wanted = { (name: String) in only.isEmpty || only.contains(name) }
    do {
      if wanted("node") { servers.append(try node.hello(in: scratch)) }
      if wanted("plain") { servers.append(try .plain(in: scratch)) }
      if wanted(FunctionsFramework.name) {
        if let server = try FunctionsFramework.server(in: scratch) {
          servers.append(server)
        } else {
          report.missing.append(FunctionsFramework.name)
        }
      }
      if wanted(Fcgiwrap.name) {
        do { servers.append(try Fcgiwrap.server(in: scratch)) } catch { report.missing.append("\(error)") }
      }
    } catch {
      for server in servers { server.end() }
      throw error
    }
    return servers
  }

  /// The node's promises at this load.
  private func judge(_ count: Int, _ report: inout NodeBenchReport) {
    let name = HelloRounds.name(count)
    let (times, rate) = ("\(name), whole answer", "\(name), rate")
    guard let ours = report.row(times, MeasuredNode.who), let ourRate = report.row(rate, MeasuredNode.who)?.median else { return }
    if let plain = report.row(times, HelloServer.plainName), let plainRate = report.row(rate, HelloServer.plainName)?.median {
      report.goal("\(name): p50 over the plain handler's", "", atMost: 3, ours.median / plain.median)
      report.goal("\(name): p99 over the plain handler's", "", atMost: 5, ours.p99 / plain.p99)
      report.goal("\(name): rate over the plain handler's", "", atLeast: 1.0 / 3, ourRate / plainRate)
    }
    for (peer, factor) in [(FunctionsFramework.name, 3.0), (Fcgiwrap.name, 10.0)] {
      guard let theirs = report.row(rate, peer)?.median else { continue }
      report.goal("\(name): rate over \(peer)'s", "", atLeast: factor, ourRate / theirs)
    }
  }
}

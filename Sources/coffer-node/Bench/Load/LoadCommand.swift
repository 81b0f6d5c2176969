import ArgumentParser
import Foundation

struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Asks one address of this host as fast as its answers come, as the benchmarks do.",
    discussion: "A closed loop over HTTP/1.1 with kept connections, in a process of its own.")

  @Argument(help: "http://127.0.0.1:PORT/PATH.")
  var address: String?

  @Option(name: [.short, .long], help: "How many connections.")
  var connections = 1

  @Option(name: [.short, .customLong("seconds")], help: "For how long.")
  var duration = 5.0

  @Option(help: "Seconds before that do not count.")
  var warmUp = 0.5

  @Flag(help: "Print JSON.")
  var json = false

  @Option(help: ArgumentHelp("A plan, as JSON; the result is JSON then, with all times.", visibility: .hidden))
  var plan: String?

  func run() throws {
    if let plan {
      let plan = try JSONDecoder().decode(LoadPlan.self, from: Data(contentsOf: URL(fileURLWithPath: plan)))
      let result = if case .held(let count) = plan.amount { try HeldRequests(plan, count).run() } else { try LoadLoop(plan).run() }
      return Terminal.print(bytes: Array(try JSONEncoder().encode(result)))
    }
    guard let address, let url = URLComponents(string: address), url.scheme == "http", url.host == "127.0.0.1",
      let port = url.port.flatMap(UInt16.init(exactly:)), connections > 0, duration > 0, warmUp >= 0
    else { throw ValidationError("an address is http://127.0.0.1:PORT/PATH; connections and seconds are more than 0") }
    let path = (url.percentEncodedPath.isEmpty ? "/" : url.percentEncodedPath) + (url.percentEncodedQuery.map { "?" + $0 } ?? "")
    let result = try LoadLoop(
      LoadPlan(port: port, requests: [.init(path: path)], connections: connections, amount: .seconds(duration), warmUp: warmUp)
    ).run()
    var report = NodeBenchReport(bench: "load")
    report.add("latency", "load", result)
    if let complaint = result.complaint { report.complaints.append(complaint) }
    try report.show(asJSON: json)
  }
}

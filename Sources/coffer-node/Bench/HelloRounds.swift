import ProgramFiles

/// Servers that take turns under a closed loop of connections.
struct HelloRounds {
  let connections: [Int]
  let seconds: Double
  let rounds: Int

  static func name(_ connections: Int) -> String { connections == 1 ? "1 connection" : "\(connections) connections" }

  /// - Parameter judge: is told how many connections the report's newest rows are of.
  func run(
    _ servers: [HelloServer], in scratch: ScratchDirectory, _ report: inout NodeBenchReport, _ output: BenchOutput,
    judge: (Int, inout NodeBenchReport) -> Void
  ) throws {
    var plot = LatencyPlot(title: "hello over HTTP, by connections")
    for count in connections {
      var results = servers.map { _ in LoadResult() }
      var rates = servers.map { _ in [Double]() }
      for round in 1...rounds {
        for (index, server) in servers.enumerated() {
          Terminal.progress("\(count) connections, round \(round) of \(rounds): \(server.who)")
          let result = try Load.run(server.plan(connections: count, seconds: seconds, warmUp: 0.5), in: scratch)
          results[index].add(result)
          rates[index].append(result.rate)
        }
      }
      for (index, server) in servers.enumerated() {
        report.add(Self.name(count), server.who, results[index], rates: rates[index])
        if let complaint = results[index].complaint { report.complaints.append("\(server.who), \(Self.name(count)): \(complaint)") }
        plot.add(panel: Self.name(count), series: server.who, results[index].latency)
      }
      judge(count, &report)
    }
    Terminal.progress(nil)
    try output.write(plot.svg)
  }
}

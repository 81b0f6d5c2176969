import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures a promise of SPECIFICATION.md about the node, beside its peers in the same run.",
    subcommands: [ServeBench.self, HTTPBench.self, ColdBench.self, BurstBench.self, DensityBench.self, LoadCommand.self, PlainServer.self])
}

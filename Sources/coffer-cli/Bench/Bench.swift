import ArgumentParser

struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures a promise of SPECIFICATION.md, beside its peers in the same run.",
    subcommands: [
      CallBench.self, ComputeBench.self, FootprintBench.self, StartBench.self, ComponentBench.self, DigitsBench.self,
      EdgeBench.self, FilesBench.self, MemoryBench.self, TrustedBench.self,
      TrustBench.self, VerifyBench.self,
    ] + NodeProgram.benches)
}

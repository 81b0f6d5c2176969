import ArgumentParser

@main struct CofferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coffer",
    abstract: "Runs programs as trustlets: measured, kernel-less, each alone in its own virtual machine.",
    discussion: """
      Examples:
        coffer run example:hello
        coffer run --dir . example:wordcount README.md
        coffer build program.wasm -o program.trustlet
        coffer run program.trustlet -- arguments
        coffer doctor

      Exit status: the program's own for 'run'; 125 when Coffer itself fails, 124 when a time limit ends the program, 134 when the
      program traps.
      """,
    version: "coffer 0.1.0",
    subcommands: [Build.self, Run.self, Measure.self, Inspect.self, Doctor.self, Bench.self])
}

import ArgumentParser
import Glibc

@main struct CofferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coffer",
    abstract: "Runs programs as trustlets: measured, kernel-less, each alone in its own virtual machine.",
    discussion: """
      Examples:
        coffer run example:hello
        coffer run example:wordcount --dir .::/here -- /here/README.md
        coffer build program.wasm -o program.trustlet
        coffer run program.trustlet -- arguments
        coffer doctor

      Exit status: the program's own for 'run'; 125 when Coffer itself fails, 124 when a time limit ends the program, 134 when the
      program traps.
      """,
    version: "coffer 0.1.0",
    subcommands: [Build.self, Run.self, Measure.self, Inspect.self, Doctor.self, Bench.self])

  static func main() {
    // A full disk or a reader that went away is an error that is told, not a signal that ends the program half way.
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      // What cannot be understood is Coffer's own failure, by the same status as every other; 64 may be the program's.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Terminal.explain(fullMessage(for: error))
      Glibc.exit(ExitStatus.failure.rawValue)
    }
  }
}

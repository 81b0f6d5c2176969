import ArgumentParser
import RunCommand
import WasmFormat

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
    subcommands: [Build.self, Run.self, Measure.self, Inspect.self, Doctor.self, Bench.self, BuildConfined.self])

  /// As the parser's own, but a command line that is wrong ends with Coffer's status, which nobody can take for the program's.
  static func main() {
    handleWriteSignals()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch where exitCode(for: error) == .validationFailure {
      Terminal.complain(complaint(message(for: error), about: CommandLine.arguments.dropFirst().first ?? ""))
      exit(withError: ExitStatus.failure)
    } catch {
      exit(withError: error)
    }
  }

  /// - Parameter word: the first of the command line.
  private static func complaint(_ message: String, about word: String) -> String {
    let names = configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
    guard names.contains(word) else {
      return word.hasPrefix("-")
        ? "\(message); see coffer --help" : "there is no command \(quoted(word)); there are \(names.joined(separator: ", ")): see coffer --help"
    }
    return "\(message.hasSuffix(".") ? String(message.dropLast()) : message); see coffer \(word) --help"
  }
}

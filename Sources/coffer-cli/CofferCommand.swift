import ArgumentParser
import ProgramFiles
import RunCommand
import WasmFormat

@main package struct CofferCommand: ParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "coffer",
    abstract: "Runs programs as trustlets: measured, kernel-less, each alone in its own virtual machine.",
    discussion: """
      Examples:
        coffer run example:hello
        coffer run example:wordcount --dir .::/here -- /here/README.md
        coffer build program.wasm -o program.trustlet
        coffer run program.trustlet -- arguments
        coffer doctor

      With --json a command prints its result as JSON; an error stays one line of text on standard error.

      Exit status: the program's own for 'run'; 125 when Coffer itself fails, 124 when a time limit ends the program, 134 when the program \
      traps.
      """,
    version: "coffer \(CofferVersion.number)",
    subcommands: [Build.self, Run.self, Measure.self, Inspect.self, Verify.self, VerifyImage.self, PolicyCommand.self, NodeImageCommand.self, Doctor.self, Bench.self, BuildConfined.self],
    groupedSubcommands: [CommandGroup(name: "Functions", subcommands: NodeProgram.commands)])

  package init() {}

  /// As the parser's own, but a command line that is wrong ends with Coffer's status, which nobody can take for the program's.
  static func main() {
    fillStandardDescriptors()
    NodeProgram.becomeIfAsked()
    handleWriteSignals()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch where exitCode(for: error) == .validationFailure {
      Terminal.complain(complaint(message(for: error), about: Array(CommandLine.arguments.dropFirst())))
      exit(withError: ExitStatus.failure)
    } catch where exitCode(for: error) == .success {
      // Help and the version are results too: one that cannot be written is told.
      let words = Array(CommandLine.arguments.dropFirst())
      if words.first == helpWord, case .unknown(let problem) = commandNamed(by: words) {
        Terminal.complain(problem)
        exit(withError: ExitStatus.failure)
      }
      var text = fullMessage(for: error)
      if CompletionScript.isAsked(words) {
        do { text = try CompletionScript.whole(text, words) } catch {
          Terminal.complain("\(error)")
          exit(withError: ExitStatus.failure)
        }
      }
      if !text.isEmpty { Terminal.print(text) }
      exit()
    } catch {
      exit(withError: error)
    }
  }

  private static func complaint(_ message: String, about words: [String]) -> String {
    switch commandNamed(by: words) {
    case .unknown(let problem): return problem
    case .known(let path):
      let said = withoutFarSuggestion(message) + aboutMinus(message, words)
      return "\(said.hasSuffix(".") ? String(said.dropLast()) : said); see \(path) --help"
    }
  }

  private static let helpWord = "help"

  private enum Named {
    /// With its words, from `coffer` on.
    case known(String)
    case unknown(String)
  }

  /// As far as words name a command, also behind `help`.
  private static func commandNamed(by words: [String]) -> Named {
    var command: any ParsableCommand.Type = CofferCommand.self
    var path = "coffer"
    for word in words.dropFirst(words.first == helpWord ? 1 : 0) {
      let known = command.configuration.subcommands.filter { $0.configuration.shouldDisplay }
      guard !known.isEmpty, !word.hasPrefix("-") else { break }
      guard let next = known.first(where: { $0._commandName == word }) else {
        let names = known.map { $0._commandName }.joined(separator: ", ")
        return .unknown("there is no command \(quoted("\(path) \(word)")); there are \(names): see \(path) --help")
      }
      command = next
      path += " " + word
    }
    return .known(path)
  }

  /// A value with a minus at its beginning is an option to the parser.
  private static func aboutMinus(_ message: String, _ words: [String]) -> String {
    guard message.hasPrefix("Missing value for '"), let option = message.split(separator: "'").dropFirst().first?.split(separator: " ").first.map(String.init),
      let place = words.firstIndex(of: option), let next = words.dropFirst(place + 1).first, next.hasPrefix("-")
    else { return "" }
    return ": \(quoted(next)) begins with '-', as options do; where it is meant, write \(option)=\(next)"
  }

  /// The parser suggests what has half of its letters elsewhere: a suggestion that shares no beginning with what was typed is left out.
  private static func withoutFarSuggestion(_ message: String) -> String {
    let parts = message.split(separator: "'", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0] == "Unknown option ", parts[2] == ". Did you mean " else { return message }
    let (typed, suggested) = (parts[1].drop { $0 == "-" }, parts[3].drop { $0 == "-" })
    return typed.prefix(2) == suggested.prefix(2) ? message : "\(parts[0])'\(parts[1])'"
  }
}

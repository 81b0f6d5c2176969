import ArgumentParser
import Glibc
import ProgramFiles

@main package struct NodeCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "coffer",
    abstract: "Serves functions, each call in a fresh trustlet where coffer.yaml does not say reuse, and speaks to the node that does.",
    discussion: """
      Examples:
        coffer deploy hello program.wasm --manifest coffer.yaml
        coffer invoke hello --data 'some input'
        coffer logs hello -f

      Exit status: 125 when Coffer itself fails; 1 from 'invoke' when the function answers with an error.
      """,
    version: "coffer \(CofferVersion.number)",
    subcommands: [
      Serve.self, Deploy.self, Functions.self, Invoke.self, Attest.self, Logs.self, Rollback.self, Traffic.self, Remove.self, Tenants.self, Tokens.self, Broker.self, Bench.self, ServeOne.self,
      Carry.self, TLSGate.self,
    ])

  package init() {}

  /// As the parser's own, but whatever goes wrong is one line, and ends with Coffer's status.
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    // Swift's runtime takes it for a crash, of which it prints a trace instead of ending.
    signal(SIGQUIT, SIG_DFL)
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let code as ExitCode {
      exit(withError: code)
    } catch where exitCode(for: error) == .success {
      if case .unknown(let problem) = commandNamed() {
        Terminal.complain(problem)
        Glibc.exit(ExitStatus.failure)
      }
      // Help is a result too: one that cannot be written is told.
      let text = fullMessage(for: error)
      if !text.isEmpty { Terminal.print(text) }
      exit()
    } catch let failure as CommandFailure {
      Terminal.progress(nil)
      Terminal.complain(failure.description)
      Glibc.exit(ExitStatus.failure)
    } catch {
      Terminal.progress(nil)
      let message = message(for: error)
      let said = message.hasSuffix(".") ? String(message.dropLast()) : message
      switch commandNamed() {
      case .unknown(let problem) where exitCode(for: error) == .validationFailure: Terminal.complain(problem)
      case .known(let path) where exitCode(for: error) == .validationFailure: Terminal.complain("\(said); see \(path) --help")
      default: Terminal.complain(said)
      }
      Glibc.exit(ExitStatus.failure)
    }
  }

  private enum Named {
    /// With its words, from `coffer` on.
    case known(String)
    case unknown(String)
  }

  /// As far as the command line names one that is for people.
  private static func commandNamed() -> Named {
    var command: any ParsableCommand.Type = NodeCommand.self
    var path = "coffer"
    for word in CommandLine.arguments.dropFirst(CommandLine.arguments.dropFirst().first == "help" ? 2 : 1) {
      let there = command.configuration.subcommands
      let known = there.filter { $0.configuration.shouldDisplay }
      guard !known.isEmpty, !word.hasPrefix("-") else { break }
      guard let next = there.first(where: { $0._commandName == word }) else {
        let names = known.map { $0._commandName }.joined(separator: ", ")
        return .unknown("there is no command '\(path) \(Terminal.plain(word))'; there are \(names): see \(path) --help")
      }
      guard next.configuration.shouldDisplay else { break }
      command = next
      path += " " + word
    }
    return .known(path)
  }
}

import ArgumentParser
import Glibc

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
    subcommands: [
      Serve.self, Deploy.self, Functions.self, Invoke.self, Attest.self, Logs.self, Rollback.self, Traffic.self, Remove.self, Tenants.self, Tokens.self, Broker.self, Bench.self, ServeOne.self,
      Carry.self, TLSGate.self,
    ])

  package init() {}

  /// As the parser's own, but whatever goes wrong is one line, and ends with Coffer's status.
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
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
      exit(withError: error)
    } catch let failure as CommandFailure {
      Terminal.progress(nil)
      Terminal.complain(failure.description)
      Glibc.exit(ExitStatus.failure)
    } catch {
      Terminal.progress(nil)
      let message = message(for: error)
      Terminal.complain("\(message.hasSuffix(".") ? String(message.dropLast()) : message); see coffer \(CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") } ?? "") --help")
      Glibc.exit(ExitStatus.failure)
    }
  }
}

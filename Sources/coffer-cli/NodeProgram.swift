import ArgumentParser
import Glibc
import RunCommand

/// The program that serves functions and speaks to the node that does: it lies beside this one, which starts without a server's libraries.
package enum NodeProgram {
  static let name = "coffer-node"

  package static let commands: [any ParsableCommand.Type] = [
    Serve.self, Deploy.self, Functions.self, Invoke.self, Attest.self, Logs.self, Rollback.self, Traffic.self, Remove.self, Tenants.self, Tokens.self, Broker.self,
  ]

  /// Of `coffer bench`.
  package static let benches: [any ParsableCommand.Type] = [
    ServeBench.self, HTTPBench.self, ColdBench.self, BurstBench.self, DensityBench.self, LoadBench.self,
  ]

  /// Goes on as that program where the command line is one of its commands, with the same arguments, environment and descriptors.
  static func becomeIfAsked() {
    let words = CommandLine.arguments.dropFirst()
    guard let word = words.first else { return }
    // `coffer help deploy` is `coffer deploy --help`.
    if word == "help", let command = words.dropFirst().first, commands.contains(where: { $0._commandName == command }) || isBench(words.dropFirst()) {
      become(words.dropFirst() + ["--help"])
    }
    if isBench(words) || commands.contains(where: { $0._commandName == word }) { become() }
  }

  private static func isBench(_ words: ArraySlice<String>) -> Bool {
    words.first == Bench._commandName && benches.contains { $0._commandName == words.dropFirst().first }
  }

  static func path() throws -> String {
    guard let own = realpath("/proc/self/exe", nil) else {
      throw CommandFailure("cannot look for \(name): /proc/self/exe: \(String(cString: strerror(errno))); mount /proc")
    }
    defer { free(own) }
    let path = String(cString: own)
    return path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + name
  }

  /// - Parameter words: in the place of the command line's own.
  static func become(_ words: [String]? = nil) -> Never {
    let program: String
    do {
      program = try path()
    } catch {
      Terminal.complain("\(error)")
      exit(EndStatus.failure)
    }
    if let words {
      var arguments = ([name] + words).map { strdup($0) } + [nil]
      execv(program, &arguments)
    } else {
      execv(program, CommandLine.unsafeArgv)
    }
    Terminal.complain(
      "cannot start \(program): \(String(cString: strerror(errno))); it belongs beside coffer: install both, or build with swift build")
    exit(EndStatus.failure)
  }

  // In the list of commands each says what it does; what it takes, coffer-node says.
  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Serves functions over HTTP, each call in a fresh trustlet where coffer.yaml does not say reuse.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Deploy: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Deploys a program to a node, under a name.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Functions: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists a node's functions, or the revisions of one.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Invoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Calls a function, and prints its answer.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Attest: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Has a node give evidence of an instance of a function, bound to a nonce.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Logs: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Shows what a function has written to standard error, and how its calls ended.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Rollback: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Gives all calls of a function to a revision of before.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Traffic: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Divides a function's calls among its revisions.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Removes a function with its revisions.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Tenants: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists a node's tenants, makes and removes them, and sets what each may have.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the tokens of a node's management, makes and removes them.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct Broker: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Keeps secrets and releases each to those whose evidence its policy accepts.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct ServeBench: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve", abstract: "Hello over HTTP, a fresh clone for each request, beside its peers.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct HTTPBench: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "http", abstract: "Hello by a wasi:http component, a fresh clone for each request, beside a plain handler.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct ColdBench: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cold", abstract: "The first answer of functions that are deployed and have no machine, and of one that has just been uploaded.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct BurstBench: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "burst", abstract: "Many different functions called at once: all answer.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct DensityBench: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "density", abstract: "What an instance takes, of very many that are in the middle of a request at once.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }

  struct LoadBench: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "load", abstract: "Asks one address of this host as fast as its answers come.")
    @Argument(parsing: .captureForPassthrough) var words: [String] = []
    func run() { NodeProgram.become() }
  }
}

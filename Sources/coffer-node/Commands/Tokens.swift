import ArgumentParser
import FoundationEssentials
import FunctionStore
import Glibc
import NIOHTTP1

struct Tokens: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the tokens of a node's management, makes and removes them.",
    discussion: """
      A token's text is printed once, when it is made.

      Examples:
        coffer tokens
        coffer tokens add --tenant acme --role deploy --note 'the build server'
        coffer tokens remove abcdefghijkl
      """,
    subcommands: [List.self, Add.self, Remove.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the tokens that yours may see, without their secrets.")
    @OptionGroup var options: NodeOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let connection = try options.connection()
      let answer = try await connection.request(.GET, "/v1/tokens")
      guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
      Table.print(
        ["TOKEN", "TENANT", "ROLE", "CREATED", "NOTE"],
        try connection.decode(TokensAnswer.self, answer).tokens.map { [$0.id, $0.tenant ?? "(all)", $0.role, $0.created, $0.note] })
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a token, and prints its text: it is nowhere else then.")
    @Option(help: ArgumentHelp("The tenant that it is for; by default all of them.", valueName: "name"), transform: TenantName.parse) var tenant: TenantName?
    @Option(help: "What it may: read, deploy or admin, each all that the one before may.") var role: Role
    @Option(help: "What it is for.") var note = ""
    @OptionGroup var options: NodeOptions
    @Flag(help: "Print JSON.") var json = false

    private struct Wish: Encodable {
      var tenant: String?
      var role: String
      var note: String
    }

    func run() async throws {
      let connection = try options.connection()
      let wish = Wish(tenant: tenant?.text, role: role.rawValue, note: note)
      let answer = try await connection.request(
        .POST, "/v1/tokens", body: Array(try JSONEncoder().encode(wish)), headers: [("Content-Type", "application/json")])
      let made = try connection.decode(TokenAnswer.self, answer)
      let text = json ? String(decoding: answer, as: UTF8.self).trimmed : Terminal.plain(made.token ?? "")
      try await Tokens.give(text, orRemove: "/v1/tokens/\(made.id)", by: connection)
    }
  }

  /// Prints what is said this once: a token whose text nobody has read is removed again.
  static func give(_ text: String, orRemove path: String, by connection: NodeConnection) async throws {
    guard !Terminal.delivers(text) else { return }
    let reason = String(cString: strerror(errno))
    _ = try await connection.request(.DELETE, path)
    throw CommandFailure("cannot write the token to standard output: \(reason); it is removed again")
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Removes a token, which ends with this.")
    @Argument(help: "What the token is called in the list.") var name: String
    @OptionGroup var options: NodeOptions

    func run() async throws {
      guard !name.isEmpty, name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }) else {
        throw CommandFailure("'\(Terminal.plain(name))' is no token's name in coffer tokens")
      }
      _ = try await options.connection().request(.DELETE, "/v1/tokens/\(name)")
      Terminal.print("\(name) is removed")
    }
  }
}

extension Role: ExpressibleByArgument {}

private struct TokensAnswer: Decodable { var tokens: [TokenAnswer] }

private struct TokenAnswer: Decodable {
  var token: String?
  var id: String
  var tenant: String?
  var role: String
  var note: String
  var created: String
}

import ArgumentParser
import KeyBroker
import KeyBrokerProtocol
import NIOHTTP1

struct BrokerTenants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tenants", abstract: "Lists a broker's tenants, makes, changes and removes them.",
    discussion: """
      A tenant's functions ask the broker at its address and the tenant's name, as http://127.0.0.1:8085/acme.

      Examples:
        coffer broker tenants
        coffer broker tenants set acme --resources 100
        coffer broker tenants remove acme
      """,
    subcommands: [List.self, Set.self, Remove.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the tenants that the token may see.")
    @OptionGroup var options: BrokerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let answer = try await options.connection().request(.GET, "/v1/tenants")
      guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self)) }
      Table.print(
        ["TENANT", "RESOURCES", "BYTES", "REQUESTS/S", "CREATED"],
        BrokerAnswers.list(try BrokerAnswers.value(answer)["tenants"]).map { record in
          ["name", "resources", "bytes", "requests"].map { BrokerAnswers.cell(record, $0) } + [BrokerAnswers.time(record, "created")]
        })
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a tenant, or sets what one may have; what is left out stays.")
    @Argument(help: "The tenant's name.", transform: TenantName.parse) var name: TenantName
    @Option(help: ArgumentHelp("Resources at most.", valueName: "count"), transform: ArgumentForm.count) var resources: Int?
    @Option(help: ArgumentHelp("Bytes of all resources at most.", valueName: "count"), transform: ArgumentForm.count) var bytes: Int?
    @Option(help: ArgumentHelp("Requests in a second.", valueName: "count"), transform: ArgumentForm.count) var requests: Int?
    @OptionGroup var options: BrokerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let members = [("resources", resources), ("bytes", bytes), ("requests", requests)].compactMap { name, value in
        value.map { JSONMember(name, .integer(Int64($0))) }
      }
      let answer = try await options.connection().request(.PUT, "/v1/tenants/\(name.text)", body: JSONValue.object(members).canonical)
      guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self)) }
      Terminal.print("\(name.text) is set")
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Removes a tenant that has no resources, with its tokens.")
    @Argument(help: "The tenant's name.", transform: TenantName.parse) var name: TenantName
    @OptionGroup var options: BrokerOptions

    func run() async throws {
      _ = try await options.connection().request(.DELETE, "/v1/tenants/\(name.text)")
      Terminal.print("\(name.text) is removed")
    }
  }
}

struct BrokerTokens: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokens", abstract: "Lists the tokens of a broker's administrators, makes and removes them.",
    discussion: """
      A token's text is printed once, when it is made.

      Examples:
        coffer broker tokens
        coffer broker tokens add --tenant acme --role admin --note 'deployment'
        coffer broker tokens remove abcdefghijkl
      """,
    subcommands: [List.self, Add.self, Remove.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the tokens that yours may see, without their secrets.")
    @OptionGroup var options: BrokerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let answer = try await options.connection().request(.GET, "/v1/tokens")
      guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self)) }
      Table.print(
        ["TOKEN", "TENANT", "ROLE", "CREATED", "NOTE"],
        BrokerAnswers.list(try BrokerAnswers.value(answer)["tokens"]).map { record in
          [
            BrokerAnswers.cell(record, "id"), record["tenant"] == .null ? "(all)" : BrokerAnswers.cell(record, "tenant"),
            BrokerAnswers.cell(record, "role"), BrokerAnswers.time(record, "created"), BrokerAnswers.cell(record, "note"),
          ]
        })
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a token, and prints its text: it is nowhere else then.")
    @Option(name: [.long, .customLong("for")], help: ArgumentHelp("The tenant that it is for; by default all of them.", valueName: "name"), transform: TenantName.parse) var tenant: TenantName?
    @Option(help: "What it may: audit, which sees names, policies and the log, or admin, which changes them.") var role: TokenRecord.Role
    @Option(help: "What it is for.") var note = ""
    @OptionGroup var options: BrokerOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let wish = JSONValue.members([
        "tenant": tenant.map { .string($0.text) } ?? .null, "role": .string(role.rawValue), "note": .string(note),
      ])
      let connection = try options.connection()
      let answer = try await connection.request(.POST, "/v1/tokens", body: wish.canonical)
      let record = try BrokerAnswers.value(answer)
      try await Tokens.give(
        json ? String(decoding: answer, as: UTF8.self) : BrokerAnswers.cell(record, "token"), orRemove: "/v1/tokens/\(BrokerAnswers.cell(record, "id"))",
        by: connection)
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Removes a token, which ends with this.")
    @Argument(help: "What the token is called in the list.") var name: String
    @OptionGroup var options: BrokerOptions

    func run() async throws {
      guard !name.isEmpty, name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }) else {
        throw CommandFailure("'\(Terminal.plain(name))' is no token's name in coffer broker tokens")
      }
      _ = try await options.connection().request(.DELETE, "/v1/tokens/\(name)")
      Terminal.print("\(name) is removed")
    }
  }
}

extension TokenRecord.Role: ExpressibleByArgument {}

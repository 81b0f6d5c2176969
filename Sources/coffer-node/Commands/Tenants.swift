import ArgumentParser
import FoundationEssentials
import NIOHTTP1
import TrustletImage

struct Tenants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists a node's tenants, makes and removes them, and sets what each may have.",
    discussion: """
      Examples:
        coffer tenants
        coffer tenants add acme --memory 4GiB --processors 0.5
        coffer tenants limit acme --calls 100 --memory none
        coffer tenants remove acme
      """,
    subcommands: [List.self, Add.self, Limit.self, Remove.self], defaultSubcommand: List.self)

  /// What a tenant's functions may have together.
  struct Limits: ParsableArguments {
    @Option(help: ArgumentHelp("Calls that run at once, or none for the node's own limit.", valueName: "count"), transform: ArgumentForm.countLimit)
    var calls: Int?

    @Option(help: ArgumentHelp("Memory of all that run, as 4GiB, or none.", valueName: "size"), transform: ArgumentForm.sizeLimit)
    var memory: UInt64?

    @Option(help: ArgumentHelp("Processors' time in a second, as 0.5 or 2, or none.", valueName: "processors"), transform: ArgumentForm.processorLimit)
    var processors: UInt64?

    /// - Parameter others: what counts where nothing is said.
    fileprivate func wish(over others: LimitsAnswer = LimitsAnswer(concurrency: 0, memory: 0, processorTime: 0)) -> LimitsAnswer {
      LimitsAnswer(concurrency: calls ?? others.concurrency, memory: memory ?? others.memory, processorTime: processors ?? others.processorTime)
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lists the tenants that the token may see.")
    @OptionGroup var options: NodeOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let connection = try options.connection()
      let answer = try await connection.request(.GET, "/v1/tenants")
      guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
      Table.print(
        ["TENANT", "CALLS", "MEMORY", "PROCESSORS", "CREATED"],
        try connection.decode(TenantsAnswer.self, answer).tenants.map { [$0.name] + $0.limits.cells + [$0.created] })
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Makes a tenant.")
    @Argument(help: "The tenant's name.", transform: TenantName.parse) var name: TenantName
    @OptionGroup var limits: Limits
    @OptionGroup var options: NodeOptions
    @Flag(help: "Print JSON.") var json = false

    private struct Wish: Encodable {
      var name: String
      var limits: LimitsAnswer
    }

    func run() async throws {
      try await Tenants.change(.POST, "/v1/tenants", Wish(name: name.text, limits: limits.wish()), try options.connection(), json)
    }
  }

  struct Limit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sets what a tenant's functions may have together; what is left out stays.")
    @Argument(help: "The tenant's name.", transform: TenantName.parse) var name: TenantName
    @OptionGroup var limits: Limits
    @OptionGroup var options: NodeOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let connection = try options.connection()
      let tenants = try connection.decode(TenantsAnswer.self, try await connection.request(.GET, "/v1/tenants")).tenants
      let wish = tenants.first { $0.name == name.text }.map { limits.wish(over: $0.limits) } ?? limits.wish()
      try await Tenants.change(.PUT, "/v1/tenants/\(name.text)/limits", wish, connection, json)
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Removes a tenant that has no functions, with its tokens.")
    @Argument(help: "The tenant's name.", transform: TenantName.parse) var name: TenantName
    @OptionGroup var options: NodeOptions

    func run() async throws {
      _ = try await options.connection().request(.DELETE, "/v1/tenants/\(name.text)")
      Terminal.print("\(name.text) is removed")
    }
  }

  private static func change(_ method: HTTPMethod, _ path: String, _ wish: some Encodable, _ connection: NodeConnection, _ json: Bool) async throws {
    let answer = try await connection.request(
      method, path, body: Array(try JSONEncoder().encode(wish)), headers: [("Content-Type", "application/json")])
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self).trimmed) }
    let tenant = try connection.decode(TenantAnswer.self, answer)
    Table.print(["TENANT", "CALLS", "MEMORY", "PROCESSORS"], [[tenant.name] + tenant.limits.cells])
  }
}

private struct TenantsAnswer: Decodable { var tenants: [TenantAnswer] }

private struct TenantAnswer: Decodable {
  var name: String
  var limits: LimitsAnswer
  var created: String
}

/// 0 where the node's own limit counts.
private struct LimitsAnswer: Codable {
  var concurrency: Int
  var memory: UInt64
  /// Nanoseconds in a second.
  var processorTime: UInt64

  var cells: [String] {
    [
      concurrency > 0 ? "\(concurrency)" : "-", memory > 0 ? ByteCount(bytes: memory).description : "-",
      processorTime > 0 ? "\(Double(processorTime) / 1e9)" : "-",
    ]
  }
}

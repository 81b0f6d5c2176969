import ArgumentParser
import Attestation
import KeyBroker
import KeyBrokerProtocol
import NIOHTTP1

struct BrokerPut: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Gives a broker a secret, new or in the place of the one before.",
    discussion: """
      Examples:
        coffer broker put shop/key/database password.txt --policy policy.yaml
        head -c 32 /dev/urandom | coffer broker put shop/key/volume -

      Without a policy, now or before, it is released to nobody.
      """)

  @Argument(help: "The resource, as REPOSITORY/TYPE/TAG.", transform: ResourceArgument.parse) var name: ResourceArgument
  @Argument(help: "The file with the secret; '-' for standard input.", completion: .file()) var file: String
  @Option(help: ArgumentHelp("The policy that says who gets it (YAML).", valueName: "file"), completion: .file()) var policy: String?
  @OptionGroup var tenant: BrokerTenantOption
  @OptionGroup var options: BrokerOptions
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let connection = try options.connection()
    let content = try InputFile.contents(of: file, limit: BrokerStore.resourceLimit)
    let text = try policy.map { try BrokerPolicy.read($0) }
    let answer = try await connection.request(.PUT, "\(tenant.path)/resources/\(name.name)", body: content)
    if let text { _ = try await connection.request(.PUT, "\(tenant.path)/policies/\(name.name)", body: text) }
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self)) }
    let record = try BrokerAnswers.value(answer)
    let hasPolicy = text != nil || record["policy"] == .bool(true)
    Terminal.print("\(name.name) is kept\(!hasPolicy ? "; it has no policy, and is released to nobody" : text.map(BrokerPolicy.isReleasing) ?? true ? "" : "; its policy accepts no platform, so it is released to nobody")")
  }
}

struct BrokerList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists a broker's resources; what is in them it shows nobody.")
  @OptionGroup var tenant: BrokerTenantOption
  @OptionGroup var options: BrokerOptions
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let answer = try await options.connection().request(.GET, "\(tenant.path)/resources")
    guard !json else { return Terminal.print(String(decoding: answer, as: UTF8.self)) }
    Table.print(
      ["RESOURCE", "BYTES", "VERSION", "POLICY", "UPDATED"],
      BrokerAnswers.list(try BrokerAnswers.value(answer)["resources"]).map { record in
        ["name", "bytes", "version", "policy"].map { BrokerAnswers.cell(record, $0) } + [BrokerAnswers.time(record, "updated")]
      })
  }
}

struct BrokerRemove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "remove", abstract: "Removes a resource, with its policy and its counter.")
  @Argument(help: "The resource, as REPOSITORY/TYPE/TAG.", transform: ResourceArgument.parse) var name: ResourceArgument
  @OptionGroup var tenant: BrokerTenantOption
  @OptionGroup var options: BrokerOptions

  func run() async throws {
    _ = try await options.connection().request(.DELETE, "\(tenant.path)/resources/\(name.name)")
    Terminal.print("\(name.name) is removed")
  }
}

struct BrokerPolicy: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Shows, sets or removes the policy that says who gets a resource.",
    discussion: """
      Examples:
        coffer broker policy shop/key/database
        coffer broker policy shop/key/database policy.yaml
        coffer broker policy shop/key/database --remove
      """)

  @Argument(help: "The resource, as REPOSITORY/TYPE/TAG.", transform: ResourceArgument.parse) var name: ResourceArgument
  @Argument(help: "The file with its new policy (YAML); '-' for standard input. Shows the one it has if left out.", completion: .file()) var file: String?
  @Flag(help: "Remove the policy: the resource is released to nobody then.") var remove = false
  @OptionGroup var tenant: BrokerTenantOption
  @OptionGroup var options: BrokerOptions

  func validate() throws {
    guard !remove || file == nil else { throw ValidationError("--remove takes no file") }
  }

  func run() async throws {
    let connection = try options.connection()
    let path = "\(tenant.path)/policies/\(name.name)"
    if remove {
      _ = try await connection.request(.DELETE, path)
      Terminal.print("\(name.name) has no policy any more, and is released to nobody")
    } else if let file {
      let text = try Self.read(file)
      _ = try await connection.request(.PUT, path, body: text)
      Terminal.print("\(name.name) is released \(Self.isReleasing(text) ? "by this policy" : "to nobody") from now on\(Self.isReleasing(text) ? "" : ": the policy accepts no platform")")
    } else {
      let text = String(decoding: try await connection.request(.GET, path), as: UTF8.self)
      Terminal.print(text.split(separator: "\n", omittingEmptySubsequences: false).map { Terminal.plain(String($0)) }.joined(separator: "\n"))
    }
  }

  /// The empty policy refuses everything.
  static func isReleasing(_ text: [UInt8]) -> Bool { (try? Policy(yaml: String(decoding: text, as: UTF8.self)))?.platforms.isEmpty != true }

  static func read(_ path: String) throws -> [UInt8] { try InputFile.contents(of: path, limit: 1 << 20) }
}

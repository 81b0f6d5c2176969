import ArgumentParser
import AsyncHTTPClient
import FoundationEssentials
import Glibc
import HostNetwork
import HummingbirdTLS
import KeyBroker
import KeyBrokerProtocol
import Synchronization

/// Which broker a command speaks to.
struct BrokerAddressOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The broker; by default COFFER_BROKER, or http://127.0.0.1:8085.", valueName: "url"))
  var broker: String?

  @Option(name: [.customLong("ca"), .long], help: ArgumentHelp("Certificates (PEM) of which one must have issued the broker's; those of the system if left out.", valueName: "file"), completion: .file())
  var authority: String?

  func address() throws -> NodeAddress { try NodeAddress(broker ?? Self.variable("COFFER_BROKER") ?? "http://127.0.0.1:8085", of: "broker") }

  func connection(token: String?) throws -> NodeConnection {
    NodeConnection(
      address: try address(), token: token, hint: "start a broker with coffer broker serve, or name another with --broker",
      tokenHint: "give it with --token or COFFER_BROKER_TOKEN, or name the broker's own directory with --broker-data", client: try client())
  }

  /// Kept for as long as the program runs: a command has one.
  private static let clients = Mutex<[String: HTTPClient]>([:])

  private func client() throws -> HTTPClient? {
    guard let authority else { return nil }
    let certificates = try Self.certificates(authority)
    return Self.clients.withLock { clients in
      if let client = clients[authority] { return client }
      let client = Self.client(trusting: certificates)
      clients[authority] = client
      return client
    }
  }

  static func certificates(_ file: String) throws -> [NIOSSLCertificate] {
    do {
      return try NIOSSLCertificate.fromPEMFile(file)
    } catch {
      throw CommandFailure("\(file): \(Encryption.problem(withAuthorities: file) ?? "its certificates cannot be read; expected them in PEM")")
    }
  }

  static func client(trusting certificates: [NIOSSLCertificate]) -> HTTPClient {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(certificates)
    return NodeConnection.makeClient { $0.tlsConfiguration = tls }
  }

  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } }
}

/// ... as whom, and of which tenant.
struct BrokerOptions: ParsableArguments {
  @OptionGroup var place: BrokerAddressOptions

  @Option(help: ArgumentHelp("A token of the broker; by default COFFER_BROKER_TOKEN, or the administrator's in the data directory of a broker on this machine."))
  var token: String?

  @Option(name: .customLong("broker-data"), help: ArgumentHelp("The data directory of a broker on this machine, for its token.", valueName: "dir"), completion: .directory)
  var directory: String?

  func connection() throws -> NodeConnection {
    let address = try place.address()
    return try place.connection(token: try token ?? BrokerAddressOptions.variable("COFFER_BROKER_TOKEN") ?? fileToken(address))
  }

  /// The administrator's token is for the broker that it lies with: it never goes to another machine by itself.
  private func fileToken(_ address: NodeAddress) throws -> String? {
    guard address.isLoopback || directory != nil else {
      throw CommandFailure("\(address) is not on this machine, so that it needs a token of its own: give --token or COFFER_BROKER_TOKEN")
    }
    let path = BrokerStore.administratorTokenFile(in: directory ?? BrokerDirectory.standard())
    guard access(path, F_OK) == 0 else { return nil }
    let text = String(decoding: try InputFile.contents(of: path, limit: 256).prefix { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    guard !text.isEmpty else { throw CommandFailure("\(path) holds no token; remove it, and start the broker again to have a new one") }
    return text
  }
}

/// ... and whose resources.
struct BrokerTenantOption: ParsableArguments {
  @Option(help: ArgumentHelp("Whose resources; the tenant '\(TenantRecord.standard)' by default.", valueName: "name"), transform: TenantName.parse)
  var tenant = TenantName(text: TenantRecord.standard)

  var path: String { "/v1/tenants/\(tenant.text)" }
}

/// Hashes that people copy, checked before anybody says that they are another broker's or another log's.
enum BrokerHash {
  /// - Parameters:
  ///   - text: nil for one that was not given.
  ///   - digits: how many it has.
  static func check(_ text: String?, digits: Int, _ option: String, from source: String) throws {
    guard let text else { return }
    guard text.utf8.count == digits, text.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
      throw CommandFailure("\(option): found '\(Terminal.plain(text))', expected \(digits) hexadecimal digits, all of what \(source)")
    }
  }
}

/// A resource's name, checked before it becomes part of a path.
struct ResourceArgument {
  let name: ResourceName

  @Sendable static func parse(_ text: String) throws -> ResourceArgument {
    ResourceArgument(name: try ArgumentForm.value(try? ResourceName(text), "REPOSITORY/TYPE/TAG, as shop/key/database"))
  }
}

/// What a broker answers, for people.
enum BrokerAnswers {
  static func value(_ bytes: [UInt8]) throws -> JSONValue {
    do {
      return try JSONReader.value(of: bytes, "answer")
    } catch {
      throw CommandFailure("the broker answered what this version of coffer does not understand: is it a broker of the same version?")
    }
  }

  static func list(_ value: JSONValue?) -> [JSONValue] { if case .array(let elements)? = value { elements } else { [] } }

  /// A member as a cell of a table; text of a stranger's without what a terminal would obey.
  static func cell(_ value: JSONValue, _ name: String) -> String {
    switch value[name] {
    case .string(let text)?: Terminal.plain(text)
    case .integer(let number)?: "\(number)"
    case .bool(let isTrue)?: isTrue ? "yes" : "no"
    default: "-"
    }
  }

  static func time(_ value: JSONValue, _ name: String) -> String {
    guard let seconds = value[name]?.integer, (0...253_402_300_799).contains(seconds) else { return "-" }
    return Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }
}

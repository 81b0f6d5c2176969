import ArgumentParser
import Attester
import FunctionDispatch
import Glibc

/// On what a node's evidence rests, and who releases secrets for it.
struct AttestationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What vouches for this machine: none, tsm (SEV-SNP, TDX or CCA through Linux), tpm[:SOCKET], or make-believe for development: "
        + "development-snp, development-tdx, development-cca. Without it the node gives no evidence.", valueName: "name"))
  var platform: String?

  @Option(help: ArgumentHelp("The key of the development platform's root, in the data directory if left out; made where there is none.", valueName: "file"), completion: .file())
  var developmentRoot: String?

  @Option(help: ArgumentHelp(
      "The key broker that releases the secrets of functions' manifests; http only on this machine. By default COFFER_BROKER, where --platform says who vouches.",
      valueName: "url"))
  var broker: String?

  @Option(help: ArgumentHelp("Whose resources they are; the broker's standard tenant if left out.", valueName: "name"))
  var brokerTenant: String?

  @Option(help: ArgumentHelp("The broker's key, by the SHA-256 that it says at its start: an answer that it has not signed is none.", valueName: "hex"))
  var brokerPin: String?

  @Option(help: ArgumentHelp("Certificates (PEM) of which one must have issued the broker's; those of the system if left out.", valueName: "file"))
  var brokerAuthority: String?

  @Option(help: ArgumentHelp("Where functions are served over TLS whose certificate carries evidence: ADDRESS:PORT, for coffer invoke --attested.", valueName: "address"))
  var attested: String?

  @Option(help: ArgumentHelp("The attester's program.", visibility: .hidden))
  var attester: String?

  func validate() throws {
    if let platform, PlatformName(platform) == nil { throw ValidationError("--platform: found \(platform), expected \(PlatformName.expected)") }
    let named = namedBroker
    if named == nil, brokerTenant != nil { throw ValidationError("--broker-tenant is a broker's: name that too, with --broker") }
    if named == nil, brokerPin != nil { throw ValidationError("--broker-pin is a broker's: name that too, with --broker") }
    if named == nil, brokerAuthority != nil { throw ValidationError("--broker-authority is for a broker's certificate: name that too, with --broker") }
    if platform == nil, developmentRoot != nil { throw ValidationError("--development-root is a development platform's: name that too, with --platform") }
    if platform == nil, broker != nil { throw ValidationError("--broker releases to those who give evidence: say what vouches for this machine, with --platform") }
    if platform == nil, attested != nil { throw ValidationError("--attested shows evidence: say what vouches for this machine, with --platform") }
    if let attested, ListenAddress(attested) == nil { throw ValidationError("--attested: found \(attested), expected ADDRESS:PORT, as in 127.0.0.1:8443") }
    guard let named else { return }
    do {
      _ = try NodeAddress(named)
    } catch {
      throw broker == nil ? ValidationError("\(Self.variable): \(error)") : error
    }
  }

  private static let variable = "COFFER_BROKER"

  /// The one of the command line, or else of the environment. A node for whose machine nobody vouches has nothing to show to it.
  var namedBroker: String? {
    if let broker { return broker }
    guard platform != nil, let text = BrokerAddressOptions.variable(Self.variable), !text.isEmpty else { return nil }
    return text
  }

  /// Nil where nobody vouches for anything.
  /// - Parameters: the node's directory, and where its programs are.
  func configuration(directory: String, program: (String) throws -> String) throws -> AttesterConfiguration? {
    guard let platform else { return nil }
    var arguments = ["--platform", platform.hasPrefix("tpm:") ? "tpm:" + Self.absolute(String(platform.dropFirst(4))) : platform]
    if platform.hasPrefix("development-") {
      arguments += ["--development-root", Self.absolute(developmentRoot ?? "\(directory)/development-root.pem")]
    }
    if let broker = namedBroker {
      arguments += ["--carrier", try program("coffer-node"), Carry._commandName, broker]
      if let brokerTenant { arguments += ["--tenant", brokerTenant] }
      if let brokerPin { arguments += ["--pin", brokerPin] }
      if let brokerAuthority {
        _ = try BrokerAddressOptions.certificates(brokerAuthority)
        arguments += ["--authority", Self.absolute(brokerAuthority)]
      }
    }
    return AttesterConfiguration(program: try attester ?? program("coffer-attester"), arguments: arguments)
  }

  /// The attester's own directory is the root.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    var here = [CChar](repeating: 0, count: 4097)
    guard getcwd(&here, here.count - 1) != nil else { return path }
    return String(decoding: here.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + "/" + path
  }
}

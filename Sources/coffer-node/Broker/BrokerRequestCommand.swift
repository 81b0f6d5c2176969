import ArgumentParser
import Attestation
import CLinux
import Crypto
import Evidence
import FoundationEssentials
import Glibc
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Platform
import TrustletImage

/// Asks for a resource as the monitor of an image's instance would: for trying a policy.
struct BrokerRequestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Asks a broker for a secret as an instance of an image would, and says what comes of it.",
    discussion: """
      It gives evidence of the image without running it, with a key of its own: what a monitor states, this states. So it shows what a \
      policy does, on a platform that the policy accepts. Its key is not made inside an instance, and only a policy with \
      'key-holder: any' releases to such a key: of any other, policy.key-holder is then what it says, beside all else that is refused.

      Examples:
        coffer broker request shop/key/database program.trustlet
        coffer broker request shop/key/database program.trustlet --show
        coffer broker request shop/key/database program.trustlet --pin 3f5c...

      Exit status: 1 when the broker refuses.
      """)

  @Argument(help: "The resource, as REPOSITORY/TYPE/TAG.", transform: ResourceArgument.parse) var name: ResourceArgument
  @Argument(help: "The image.", completion: .file()) var image: String
  @Flag(help: "Write the secret to standard output; without it only that it came, and how long it is.") var show = false
  @Option(name: [.long, .customLong("broker-pin")], help: ArgumentHelp("The broker's key, by its SHA-256: an answer that it has not signed is none.", valueName: "hex")) var pin: String?
  @Option(help: ArgumentHelp("What vouches for this machine: none, tsm or tpm[:SOCKET].", valueName: "name")) var platform = "none"
  @Option(help: "The machine that the evidence names: kvm or process.") var machine = "kvm"
  @OptionGroup var tenant: BrokerTenantOption
  @OptionGroup var place: BrokerAddressOptions

  func validate() throws {
    guard machine == "kvm" || machine == "process" else { throw ValidationError("--machine: found \(machine), expected kvm or process") }
  }

  func run() async throws {
    try BrokerHash.check(pin, digits: 64, "--pin", from: "coffer broker serve prints at its start")
    let connection = try place.connection(token: nil)
    let image = try readImage()
    let transport = HTTPBrokerTransport(connection)
    let brokerKey = try await pinnedKey(transport)
    let key = P384.KeyAgreement.PrivateKey()
    let node = NodeSigner(platform: try openPlatform())
    // As a monitor does; a trustlet that is a process is open to others of its user in any case.
    let isClosed = coffer_lock_limits(1024) == 0 && machine == "kvm"
    let (machine, point) = (machine, Array(key.publicKey.rawRepresentation))
    let source = TrustletEvidenceSource { challenge in
      let monitor = try MonitorSigner(programDigest: Self.ownDigest())
      guard let bound = try node.bind([challenge.nonce]).first else { throw CommandFailure("the platform bound no nonce") }
      let instance = InstanceStatement(
        imageMeasurement: image.measurement.bytes, manifest: image.manifest.canonicalEncoding, key: InstanceKey(point: point, holder: .monitor),
        machine: machine, isClosed: isClosed)
      return try node.evidence(of: instance, by: monitor, under: bound, at: UInt64(max(0, Date().timeIntervalSince1970)))
    }
    let client = KeyBrokerClient(transport: transport, tenant: tenant.tenant.text, source: source, key: .p384(key), brokerKey: brokerKey)
    do {
      var secret = try await client.resource(name.name)
      defer { secret.withUnsafeMutableBytes { buffer in if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) } } }
      if show {
        Terminal.print(bytes: secret)
      } else {
        Terminal.print("released: \(secret.count) bytes of \(name.name)\(brokerKey == nil ? "" : ", signed by the pinned broker")")
      }
    } catch KeyBrokerClientError.refused(let problem) {
      Terminal.complain("not released: \(problem)")
      throw ExitCode(ExitStatus.refused)
    } catch let error as KeyBrokerClientError {
      if case .transport(let reason) = error { throw CommandFailure(reason) }
      throw CommandFailure("\(error)")
    }
  }

  private func readImage() throws -> TrustletImage {
    do {
      return try TrustletImage.read(path: image)
    } catch {
      throw CommandFailure("\(image) is no image: \(error); make one with coffer build")
    }
  }

  /// Whatever key the broker names counts only if its hash is the one that is known.
  private func pinnedKey(_ transport: HTTPBrokerTransport) async throws -> BrokerPublicKey? {
    guard let pin else { return nil }
    let response = try await transport.send(BrokerRequest("GET", "/v1/key"), limit: 4096)
    let key = try BrokerPublicKey(try BrokerAnswers.value(response.body)["key"])
    guard hexadecimal(key.fingerprint) == pin.lowercased() else {
      throw CommandFailure("the broker's key is SHA-256 \(hexadecimal(key.fingerprint)); expected \(Terminal.plain(pin)): this is another broker")
    }
    return key
  }

  private func openPlatform() throws -> any Platform {
    if platform == "none" {
      Terminal.note("platform none: no policy but 'none: insecure' accepts this evidence")
      return NoPlatform()
    }
    if platform == "tsm" { return ReportInterface() }
    if platform == "tpm" { return try TPMPlatform(path: nil) }
    if platform.hasPrefix("tpm:") { return try TPMPlatform(path: String(platform.dropFirst(4))) }
    throw CommandFailure("--platform: found \(Terminal.plain(platform)), expected none, tsm, tpm or tpm:SOCKET")
  }

  private static func ownDigest() throws -> [UInt8] {
    Array(SHA384.hash(data: try InputFile.contents(of: "/proc/self/exe")))
  }
}

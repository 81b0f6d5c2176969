import ArgumentParser
import Attester
import CLinux
import FunctionCalls
import Glibc
import KeyBrokerClient
import KeyBrokerProtocol
import LocalProcesses
import Machine

/// The process that carries messages between a node's attester, which starts it, and a broker. It has the network, and neither keys nor secrets.
struct Carry: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "carry", abstract: "Carries messages between a node's attester and a broker; the attester starts it.", shouldDisplay: false)

  @Argument(help: "The broker.") var broker: String
  @Option(help: "Whose resources.") var tenant: String?
  @Option(help: "The broker's key, by its SHA-256.") var pin: String?
  @Option(help: "Certificates of which one must have issued the broker's.") var authority: String?

  private static let nobody: UInt32 = 65_534

  func run() async throws {
    // While this is still who may read them.
    let certificates = try authority.map { try BrokerAddressOptions.certificates($0) }
    // What it needs is the network: no other rights, no dump, nobody else's user.
    if geteuid() == 0 { _ = coffer_lock_user(Self.nobody) }
    _ = coffer_lock_capabilities()
    _ = coffer_lock_limits(1024)
    let address = try NodeAddress(broker)
    let client = certificates.map { BrokerAddressOptions.client(trusting: $0) }
    let transport = HTTPBrokerTransport(NodeConnection(address: address, token: nil, hint: "is the broker of --broker running?", client: client))
    let carrier = MessageCarrier(FrameConnection(AttesterOptions.carrierDescriptor, patience: 10), transport, tenant: tenant, pin: pin)
    guard HostThread.startDetached({ carrier.serve() }) else { throw CommandFailure("cannot start a thread") }
    // That one ends this process.
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}

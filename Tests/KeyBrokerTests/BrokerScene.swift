import Attestation
import Crypto
import DevelopmentPlatform
import Evidence
import Foundation
import KeyBroker
import KeyBrokerClient
import KeyBrokerProtocol
import Platform
import Synchronization

/// A folder that goes with the test.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("broker-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A broker whose clocks the test moves, and what it wrote to its operator.
final class BrokerScene: Sendable {
  static let secret = Array("correct horse battery staple".utf8)

  let folder: ScratchFolder
  let key: MasterKey
  let broker: KeyBroker
  private let seconds = Mutex(0.0)
  private let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)
  private let written = Mutex<[String]>([])

  init(folder: ScratchFolder? = nil, key: MasterKey = MasterKey(), change: (inout KeyBrokerConfiguration) -> Void = { _ in }) throws {
    self.folder = try folder ?? ScratchFolder()
    self.key = key
    var configuration = KeyBrokerConfiguration()
    configuration.peerRate = 100_000
    configuration.peerBurst = 100_000
    change(&configuration)
    let box = Box()
    broker = try KeyBroker(
      store: try BrokerStore(directory: "\(self.folder.path)/data", key: key), configuration: configuration,
      wallClock: { box.scene?.look() ?? Date() }, clock: { box.scene?.seconds.withLock { $0 } ?? 0 },
      report: { text in box.scene?.written.withLock { $0.append(text) } })
    box.scene = self
  }

  private final class Box: @unchecked Sendable {
    weak var scene: BrokerScene?
  }

  /// What somebody else does while the broker judges the next request, which it does by the time.
  func whileJudging(_ work: @escaping @Sendable () -> Void) { meanwhile.withLock { $0 = work } }

  private func look() -> Date {
    meanwhile.withLock { work in
      defer { work = nil }
      return work
    }?()
    return Date(timeIntervalSinceNow: seconds.withLock { $0 })
  }

  /// Both of the broker's clocks.
  func wait(_ seconds: Double) { self.seconds.withLock { $0 += seconds } }

  var reports: [String] { written.withLock { $0 } }

  /// A secret under a policy, in the standard tenant or another.
  func put(_ name: String = "shop/key/database", _ content: [UInt8] = secret, policy: String?, tenant: String = "default") throws {
    if broker.store.tenant(tenant) == nil { try broker.store.addTenant(tenant, by: "test") }
    try broker.store.put(ResourceName(name), of: tenant, content: content, by: "test")
    try broker.store.setPolicy(policy, of: ResourceName(name), of: tenant, by: "test")
  }

  var entries: [AuditEntry] {
    get throws {
      try broker.store.audit().map { try AuditEntry(JSONReader.value(of: $0.entry, "test")) }
    }
  }
}

/// Calls a broker in the place of a network, and may change what passes.
final class DirectTransport: BrokerTransport {
  private let broker: KeyBroker
  private let peer: String
  private let route: @Sendable (BrokerRequest) -> BrokerRequest
  private let change: @Sendable (BrokerRequest, BrokerResponse) -> BrokerResponse
  private let sent = Mutex<[BrokerRequest]>([])
  private let received = Mutex<[BrokerResponse]>([])

  /// - Parameter route: what of a request the broker is given.
  init(
    _ broker: KeyBroker, peer: String = "192.0.2.1", change: @escaping @Sendable (BrokerRequest, BrokerResponse) -> BrokerResponse = { $1 },
    route: @escaping @Sendable (BrokerRequest) -> BrokerRequest = { $0 }
  ) {
    (self.broker, self.peer, self.route, self.change) = (broker, peer, route, change)
  }

  func send(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse {
    var request = request
    request.peer = peer
    sent.withLock { $0.append(request) }
    let response = change(request, broker.answer(route(request)))
    received.withLock { $0.append(response) }
    return response
  }

  var requests: [BrokerRequest] { sent.withLock { $0 } }
  var responses: [BrokerResponse] { received.withLock { $0 } }
}

/// A node, its monitor, and an instance with a key of its own.
final class Attester: Sendable {
  static let measurement = [UInt8](repeating: 0x11, count: 48)
  static let manifest = Array(#"{"host":{"arguments":false,"directories":"none","environment":false}}"#.utf8)

  let node: NodeSigner
  let monitor: MonitorSigner
  let key = P384.KeyAgreement.PrivateKey()
  let measurement: [UInt8]
  let holder: InstanceKey.Holder

  init(_ platform: any Platform = NoPlatform(), measurement: [UInt8] = measurement, holder: InstanceKey.Holder = .instance) throws {
    self.holder = holder
    node = NodeSigner(platform: platform)
    monitor = try MonitorSigner(programDigest: [UInt8](repeating: 0x33, count: 48))
    self.measurement = measurement
  }

  func evidence(_ nonce: [UInt8], at time: Date = Date(), point: [UInt8]? = nil) throws -> [UInt8] {
    let statement = InstanceStatement(
      imageMeasurement: measurement, manifest: Self.manifest,
      key: InstanceKey(point: point ?? Array(key.publicKey.rawRepresentation), holder: holder), machine: "kvm", isClosed: true)
    let bound = try node.bind([nonce])
    return try node.evidence(of: statement, by: monitor, under: bound[0], at: UInt64(time.timeIntervalSince1970))
  }

  var source: TrustletEvidenceSource { TrustletEvidenceSource { try self.evidence($0.nonce) } }

  func client(_ transport: any BrokerTransport, tenant: String? = nil, brokerKey: BrokerPublicKey? = nil) -> KeyBrokerClient {
    KeyBrokerClient(transport: transport, tenant: tenant, source: source, key: .p384(key), brokerKey: brokerKey)
  }

  var publicKey: JSONWebKey {
    get throws { try DecryptionKey.p384(key).publicKey }
  }

  /// What accepts this instance, on the platform none.
  static func policy(_ measurement: [UInt8] = measurement, more: String = "") -> String {
    "platforms: {none: insecure}\nimages: [{measurement: \"\(hexadecimal(measurement))\"}]\n\(more)"
  }
}

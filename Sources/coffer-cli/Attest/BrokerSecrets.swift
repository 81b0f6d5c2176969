import Attestation
import EdgeCalls
import Evidence
import Foundation
import KeyBrokerClient
import KeyBrokerProtocol
import Monitor
import Synchronization
import TrustletImage

/// Has a broker release the secrets of an image to an instance of it. Carries what neither this process nor anybody between can read. Has the same broker count the
/// versions of its sealed directory, under the evidence of the same instance.
final class BrokerSecrets: SecretSource, VersionCounter {
  private let signer: RunSigner
  private let address: BrokerAddress
  private let tenant: String?
  private let pin: String?
  private let image: TrustletImage
  private let machine: String
  private let lastFailure = Mutex<String?>(nil)
  /// That of the last instance, whose evidence the broker has.
  private let attested = Mutex<KeyBrokerClient?>(nil)

  /// - Parameters:
  ///   - machine: what isolates the instance.
  ///   - pin: SHA-256 of the broker's key; without it whoever answers at the address is believed to be the broker.
  init(of image: TrustletImage, machine: String, from address: BrokerAddress, tenant: String?, pin: String?, by signer: RunSigner) {
    (self.image, self.machine, self.address, self.tenant, self.pin, self.signer) = (image, machine, address, tenant, pin, signer)
  }

  /// Seconds for all secrets of an instance.
  private static let patience = 120

  /// Why the last instance did not get what it asked for; nil where it got all.
  var failure: String? { lastFailure.withLock { $0 } }

  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
    let (key, names) = try (JSONWebKey(.p256, point: instanceKey), image.manifest.releasedResources.map { try ResourceName($0.resource) })
    return try waiting("no secret was released") { [self] in
      let client = try await client(for: key)
      attested.withLock { $0 = client }
      var secrets: [[UInt8]] = []
      for name in names { secrets.append(try await client.sealedResource(name)) }
      // Each is a UInt32 and as many bytes.
      let size = secrets.reduce(0) { $0 + 4 + $1.count }
      guard size <= EdgeWindow.payloadCapacity else {
        throw CommandFailure("the manifest's secrets take \(size) bytes, encrypted and as text; expected at most \(EdgeWindow.payloadCapacity), which 750 KiB of secrets take")
      }
      return secrets
    }
  }

  func exchange(_ order: VersionOrder) throws -> [UInt8] {
    let (client, name) = try counter()
    let (expected, version) = try (order.expected.map { try CounterValue($0) }, CounterValue(order.version))
    return try waiting(Self.counterFailed) {
      guard let receipt = try await client.exchange(name, expected: expected, value: version, authenticator: order.authenticator) else {
        throw CommandFailure("it says nothing that the instance could believe: it is of an earlier version than this program")
      }
      return receipt
    }
  }

  private func counter() throws -> (KeyBrokerClient, ResourceName) {
    guard let client = attested.withLock({ $0 }), let sealed = image.manifest.sealed else { throw CommandFailure("there is no counter to ask for") }
    return (client, try ResourceName(sealed.key))
  }

  private static let counterFailed = "the broker has not counted a version of the sealed directory"

  /// - Parameter failed: what people are told, in front of why.
  private func waiting<Value: Sendable>(_ failed: String, for work: @escaping @Sendable () async throws -> Value) throws -> Value {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    // The instance's own thread waits for it, which is no thread of Swift's tasks.
    let task = Task.detached {
      let found: Result<Value, any Error>
      do {
        found = .success(try await work())
      } catch {
        found = .failure(error)
      }
      result.withLock { $0 = found }
      isDone.signal()
    }
    let isLate = isDone.wait(timeout: .now() + .seconds(Self.patience)) == .timedOut
    if isLate { task.cancel() }
    do {
      if isLate { throw CommandFailure("the broker took longer than \(Self.patience) s") }
      guard let value = try result.withLock({ try $0?.get() }) else { throw CommandFailure("the broker's answer was lost") }
      return value
    } catch {
      lastFailure.withLock { $0 = "\(failed): \(error)" }
      throw error
    }
  }

  private func client(for key: JSONWebKey) async throws -> KeyBrokerClient {
    guard case .curve(_, let instanceKey) = key.material else { throw CommandFailure("the instance's key is on no curve") }
    let transport = HTTPBrokerTransport(address)
    let (signer, image, machine) = (signer, image, machine)
    let source = TrustletEvidenceSource { challenge in
      let bound = try signer.bind(challenge.nonce)
      return try signer.evidence(of: image, key: InstanceKey(point: instanceKey, holder: .instance), machine: machine, under: bound)
    }
    return KeyBrokerClient(transport: transport, tenant: tenant, source: source, publicKey: key, brokerKey: try await pinnedKey(transport))
  }

  /// Whatever key the broker names counts only if its hash is the one that is known.
  private func pinnedKey(_ transport: HTTPBrokerTransport) async throws -> BrokerPublicKey? {
    guard let pin else { return nil }
    let response = try await transport.send(BrokerRequest("GET", "/v1/key"), limit: 4096)
    let key = try BrokerPublicKey(JSONReader.value(of: response.body, "answer")["key"])
    guard hexadecimal(key.fingerprint) == pin.lowercased() else {
      throw CommandFailure("the broker's key is SHA-256 \(hexadecimal(key.fingerprint)), and not the one of --broker-pin: this is another broker")
    }
    return key
  }
}

import Attestation
import EdgeCalls
import Evidence
import Foundation
import KeyBrokerClient
import KeyBrokerProtocol
import Monitor
import Synchronization
import TrustletImage

/// Has a broker release the secrets of an image to an instance of it. Carries what neither this process nor anybody between can read.
final class BrokerSecrets: SecretSource {
  private let signer: RunSigner
  private let address: BrokerAddress
  private let tenant: String?
  private let pin: String?
  private let image: TrustletImage
  private let machine: String
  private let lastFailure = Mutex<String?>(nil)

  /// - Parameters:
  ///   - machine: what isolates the instance.
  ///   - pin: SHA-256 of the broker's key; without it whoever answers at the address is believed to be the broker.
  init(of image: TrustletImage, machine: String, from address: BrokerAddress, tenant: String?, pin: String?, by signer: RunSigner) {
    (self.image, self.machine, self.address, self.tenant, self.pin, self.signer) = (image, machine, address, tenant, pin, signer)
  }

  /// Seconds for all secrets of an instance.
  private static let patience = 120

  /// Why the last instance got nothing; nil where it got all.
  var failure: String? { lastFailure.withLock { $0 } }

  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
    let (key, names) = try (JSONWebKey(.p256, point: instanceKey), image.manifest.orderedSecrets.map { try ResourceName($0.resource) })
    let result = Mutex<Result<[[UInt8]], any Error>?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    // The instance's own thread waits for it, which is no thread of Swift's tasks.
    let task = Task.detached { [self] in
      let found: Result<[[UInt8]], any Error>
      do {
        let client = try await client(for: key)
        var secrets: [[UInt8]] = []
        for name in names { secrets.append(try await client.sealedResource(name)) }
        // Each is a UInt32 and as many bytes.
        let size = secrets.reduce(0) { $0 + 4 + $1.count }
        guard size <= EdgeWindow.payloadCapacity else {
          throw CommandFailure("the manifest's secrets take \(size) bytes, encrypted and as text; expected at most \(EdgeWindow.payloadCapacity), which 750 KiB of secrets take")
        }
        found = .success(secrets)
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
      return try result.withLock { try $0?.get() ?? [] }
    } catch {
      lastFailure.withLock { $0 = "\(error)" }
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

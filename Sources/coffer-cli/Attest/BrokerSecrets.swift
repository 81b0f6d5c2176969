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
  private let image: TrustletImage
  private let machine: String
  private let lastFailure = Mutex<String?>(nil)

  /// - Parameter machine: what isolates the instance.
  init(of image: TrustletImage, machine: String, from address: BrokerAddress, tenant: String?, by signer: RunSigner) {
    (self.image, self.machine, self.address, self.tenant, self.signer) = (image, machine, address, tenant, signer)
  }

  /// Why the last instance got nothing; nil where it got all.
  var failure: String? { lastFailure.withLock { $0 } }

  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
    let (client, names) = try (client(for: instanceKey), image.manifest.orderedSecrets.map { try ResourceName($0.resource) })
    let result = Mutex<Result<[[UInt8]], any Error>?>(nil)
    let isDone = DispatchSemaphore(value: 0)
    // The instance's own thread waits for it, which is no thread of Swift's tasks.
    Task.detached {
      let found: Result<[[UInt8]], any Error>
      do {
        var secrets: [[UInt8]] = []
        for name in names { secrets.append(try await client.sealedResource(name)) }
        found = .success(secrets)
      } catch {
        found = .failure(error)
      }
      result.withLock { $0 = found }
      isDone.signal()
    }
    isDone.wait()
    do {
      return try result.withLock { try $0?.get() ?? [] }
    } catch {
      lastFailure.withLock { $0 = "\(error)" }
      throw error
    }
  }

  private func client(for instanceKey: [UInt8]) throws -> KeyBrokerClient {
    let key = try JSONWebKey(.p256, point: instanceKey)
    let (signer, image, machine) = (signer, image, machine)
    let source = TrustletEvidenceSource { challenge in
      let bound = try signer.bind(challenge.nonce)
      return try signer.evidence(of: image, key: InstanceKey(point: instanceKey, holder: .instance), machine: machine, under: bound)
    }
    return KeyBrokerClient(transport: HTTPBrokerTransport(address), tenant: tenant, source: source, publicKey: key)
  }
}

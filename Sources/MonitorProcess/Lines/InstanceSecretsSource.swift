import FunctionCalls
import Monitor
import Synchronization
import TrustletImage

/// Has the attester fetch what an instance's manifest wants of a broker: evidence that names the instance's key goes there, and messages come back that
/// this process cannot read.
final class InstanceSecretsSource: SecretSource {
  private let attester: AttesterLine
  private let resources: [String]
  private let revision: Revision
  private let image: TrustletImage
  /// Nanoseconds: not beyond the call's own time, or its process would count as hung.
  private let time: UInt64
  private let lastFailure = Mutex<String?>(nil)

  private static let patience: UInt64 = 20_000_000_000

  init(_ attester: AttesterLine, _ resources: [String], _ revision: Revision, _ image: TrustletImage, time: UInt64?) {
    (self.attester, self.resources, self.revision, self.image) = (attester, resources, revision, image)
    self.time = min(time ?? Self.patience, Self.patience)
  }

  /// Why the instance got nothing; for the function's author.
  var failure: String? { lastFailure.withLock { $0 } }

  func sealedSecrets(for instanceKey: [UInt8]) throws -> [[UInt8]] {
    do {
      let claim = attester.claim(revision.load.measurement, image, .instance, instanceKey)
      return try attester.secrets(SecretsRequest(claim: claim, resources: resources), within: time)
    } catch {
      lastFailure.withLock { $0 = "\(error)" }
      throw error
    }
  }
}

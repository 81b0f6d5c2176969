import Crypto
import Evidence
import Foundation
import TrustletImage

/// Evidence of a run for a relying party that has given its nonce beforehand.
struct RunEvidence {
  private let signer: RunSigner
  private let bound: BoundNonce
  private let path: String

  /// Nil where none is asked for.
  init?(_ options: AttestOptions, by signer: RunSigner?) throws {
    guard let nonce = options.nonce, let signer else { return nil }
    path = options.evidence ?? "evidence.cbor"
    self.signer = signer
    bound = try signer.bind(nonce)
  }

  /// Writes evidence of an instance that is about to run.
  /// - Parameter machine: what isolates it.
  func write(of image: TrustletImage, machine: String) throws {
    // An instance makes a key when it has secrets to fetch, and only then: this one is the monitor's, as the evidence says, and nothing is encrypted to it.
    let key = InstanceKey(point: Array(P384.KeyAgreement.PrivateKey().publicKey.rawRepresentation), holder: .monitor)
    let evidence = try signer.evidence(of: image, key: key, machine: machine, under: bound)
    do {
      try Data(evidence).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandFailure("cannot write the evidence to \(path): \(error.localizedDescription)")
    }
  }
}

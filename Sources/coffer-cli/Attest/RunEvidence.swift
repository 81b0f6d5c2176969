import Crypto
import Evidence
import Foundation
import ProgramFiles
import TrustletImage

/// Evidence of a run for a relying party that has given its nonce beforehand.
struct RunEvidence {
  private let signer: RunSigner
  private let bound: BoundNonce
  private let file: ResultFile

  /// Nil where none is asked for.
  /// - Parameter app: what runs, which evidence does not replace.
  init?(_ options: AttestOptions, of app: String, by signer: RunSigner?) throws {
    guard let nonce = options.nonce, let signer else { return nil }
    file = try ResultFile(options.evidence ?? "evidence.cbor", option: "--evidence", not: [(app, "the program itself")])
    self.signer = signer
    bound = try signer.bind(nonce)
  }

  /// Writes evidence of an instance that is about to run.
  /// - Parameter machine: what isolates it.
  func write(of image: TrustletImage, machine: String) throws {
    // An instance makes a key when it has secrets to fetch, and only then: this one is the monitor's, as the evidence says, and nothing is encrypted to it.
    let key = InstanceKey(point: Array(P384.KeyAgreement.PrivateKey().publicKey.rawRepresentation), holder: .monitor)
    let evidence = try signer.evidence(of: image, key: key, machine: machine, under: bound)
    try file.write(Array(evidence))
  }
}

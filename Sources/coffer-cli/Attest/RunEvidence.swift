import Crypto
import Evidence
import Foundation
import Platform
import TrustletImage

/// Evidence of a program that this process runs itself: it is node, monitor and front in one, and its keys end with it.
struct RunEvidence {
  private let node: NodeSigner
  private let monitor: MonitorSigner
  private let bound: BoundNonce
  private let path: String

  /// Has the platform bind the keys of this run and the nonce.
  init?(_ options: AttestOptions) throws {
    guard let nonce = options.nonce else { return nil }
    path = options.evidence ?? "evidence.cbor"
    let platform = try (options.platform ?? .none).open(developmentRoot: options.developmentRoot ?? "development-root.pem")
    node = NodeSigner(platform: platform)
    monitor = try MonitorSigner(programDigest: ProgramDigest.own())
    guard let first = try node.bind([nonce]).first else { return nil }
    bound = first
  }

  /// Writes evidence of an instance that is about to run.
  /// - Parameter machine: what isolates it.
  func write(of image: TrustletImage, machine: String) throws {
    // The library OS makes no key yet: this one is the monitor's, as the evidence says, and nothing is encrypted to it.
    let key = InstanceKey(point: Array(P384.KeyAgreement.PrivateKey().publicKey.rawRepresentation), holder: .monitor)
    let instance = InstanceStatement(
      imageMeasurement: image.measurement.bytes, manifest: image.manifest.canonicalEncoding, key: key, machine: machine)
    let evidence = try node.evidence(of: instance, by: monitor, under: bound, at: UInt64(max(0, Date().timeIntervalSince1970)))
    do {
      try Data(evidence).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandFailure("cannot write the evidence to \(path): \(error.localizedDescription)")
    }
  }
}

import CLinux
import Evidence
import Foundation
import KVMMachine
import Platform
import TrustletImage

/// What vouches for a program that this process runs itself: it is node, monitor and front in one, and its keys end with it.
final class RunSigner: Sendable {
  private let node: NodeSigner
  private let monitor: MonitorSigner
  /// Whether others of the same user cannot look into this process. A trustlet that is a process of its own they can look into all the same.
  private let isClosed: Bool

  init(_ platform: any Platform) throws {
    node = NodeSigner(platform: platform)
    monitor = try MonitorSigner(programDigest: ProgramDigest.own())
    isClosed = coffer_lock_limits(Self.descriptorLimit) == 0
  }

  /// As many as `coffer run` ever has.
  private static let descriptorLimit: UInt64 = 1024

  /// Has the platform bind this run's keys and the nonce.
  func bind(_ nonce: [UInt8]) throws -> BoundNonce {
    guard let bound = try node.bind([nonce]).first else { throw CommandFailure("the platform bound no nonce") }
    return bound
  }

  /// - Parameter machine: what isolates the instance.
  func evidence(of image: TrustletImage, key: InstanceKey, machine: String, under bound: BoundNonce) throws -> [UInt8] {
    let instance = InstanceStatement(
      imageMeasurement: image.measurement.bytes, manifest: image.manifest.canonicalEncoding, key: key, machine: machine,
      isClosed: isClosed && machine == KVMMachineKind.shared.name)
    return try node.evidence(of: instance, by: monitor, under: bound, at: UInt64(max(0, Date().timeIntervalSince1970)))
  }
}

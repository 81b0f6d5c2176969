import Crypto
import Foundation
import Platform

/// The key of one monitor process, made with it and gone with it.
public final class MonitorSigner: Sendable {
  private let key = SigningKey()
  /// SHA-384 of the monitor's program, as the node has measured it.
  let programDigest: [UInt8]

  /// - Parameter programDigest: 48 bytes.
  public init(programDigest: [UInt8]) throws(EvidenceError) {
    guard programDigest.count == 48 else { throw .statement("a monitor's digest of \(programDigest.count) bytes; expected 48") }
    self.programDigest = programDigest
  }

  var coseKey: CBORItem { key.coseKey }

  /// The trustlet's token.
  func token(of instance: InstanceStatement, nonce: [UInt8], at time: UInt64) throws(EvidenceError) -> [UInt8] {
    guard instance.imageMeasurement.count == 48 else { throw .statement("a measurement of \(instance.imageMeasurement.count) bytes; expected 48") }
    guard (16...32).contains(instance.identity.count) else { throw .statement("an identity of \(instance.identity.count) bytes; expected 16 to 32") }
    guard [64, 96].contains(instance.key.point.count) else {
      throw .statement("a key of \(instance.key.point.count) bytes; expected a point on P-256, 64, or on P-384, 96")
    }
    let claims = TokenClaims.common("trustlet", nonce: nonce, key: SigningKey.coseKey(instance.key.point), at: time)
    return try key.token(
      claims + [
        // RFC 9711, section 4.2.9: debugging is disabled, or enabled.
        (263, .integer(instance.isClosed ? 1 : 0)), (-70_000, .bytes(instance.imageMeasurement)), (-70_001, .bytes(Array(SHA384.hash(data: instance.manifest)))),
        (-70_002, .bytes(instance.identity)), (-70_003, .unsigned(instance.cloneGeneration)), (-70_004, .text(instance.machine)),
        (-70_005, .text(instance.key.holder.rawValue)),
      ])
  }
}

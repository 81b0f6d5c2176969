import Crypto
import Foundation
import Platform

/// The node's own key, made at its start and never outside of this process, and the platform that vouches for it.
public final class NodeSigner: Sendable {
  private let key = SigningKey()
  private let platform: any Platform

  public init(platform: any Platform) { self.platform = platform }

  /// Has the platform bind this node's key and nonces, with one report for all of them. That is what takes time: about a millisecond for firmware,
  /// and up to a second for a TPM.
  public func bind(_ nonces: [[UInt8]]) throws(EvidenceError) -> [BoundNonce] {
    guard (1...NonceTree.limit).contains(nonces.count) else { throw .tooManyNonces(nonces.count) }
    for nonce in nonces where !BoundNonce.sizes.contains(nonce.count) { throw .nonce(bytes: nonce.count) }
    if nonces.count == 1 {
      let report = try report("coffer-node", nonces[0])
      return [BoundNonce(nonce: nonces[0], report: report, path: nil)]
    }
    let tree = NonceTree(nonces)
    let report = try report("coffer-node-batch", tree.root)
    // Where nobody vouches nothing binds the root, and a path would lead nowhere.
    let isBound = !report.evidence.isEmpty
    return nonces.enumerated().map { BoundNonce(nonce: $0.element, report: report, path: isBound ? tree.path(of: $0.offset) : nil) }
  }

  private func report(_ purpose: String, _ fresh: [UInt8]) throws(EvidenceError) -> PlatformReport {
    let bound = CBORItem.array([.text(purpose), .bytes(key.subjectPublicKeyInfo), .bytes(fresh)]).encoded
    do throws(PlatformError) {
      return try platform.report(
        binding: platform.binding == .sha256 ? Array(SHA256.hash(data: bound)) : Array(SHA512.hash(data: bound)))
    } catch {
      throw .platform(error)
    }
  }

  /// Evidence of an instance: two signatures.
  /// - Parameter time: in seconds since 1970.
  public func evidence(
    of instance: InstanceStatement, by monitor: MonitorSigner, under bound: BoundNonce, at time: UInt64
  ) throws(EvidenceError) -> [UInt8] {
    try endorsement(of: monitor, for: bound, at: time).evidence(of: instance, at: time)
  }

  /// What of the evidence is the same for all instances of a monitor under one nonce.
  public func endorsement(of monitor: MonitorSigner, for bound: BoundNonce, at time: UInt64) throws(EvidenceError) -> MonitorEndorsement {
    let claims = TokenClaims.common("monitor", nonce: bound.nonce, key: monitor.coseKey, at: time)
    let token = try key.token(claims + [(-70_010, key.coseKey), (-70_011, .bytes(monitor.programDigest))])
    return MonitorEndorsement(monitor: monitor, bound: bound, token: token)
  }
}

enum TokenClaims {
  /// Time of issue, the key of whom it is about, nonce, profile.
  static func common(_ profile: String, nonce: [UInt8], key: CBORItem, at time: UInt64) -> [(Int, CBORItem)] {
    [
      (6, .unsigned(time)), (8, .map([.init(.integer(1), key)])), (10, .bytes(nonce)), (265, .text("tag:coffer.example,2026:\(profile)")),
    ]
  }
}

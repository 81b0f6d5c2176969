import Attestation
import Crypto
import Foundation

/// A caller's side: what a server's certificate must carry before anything is sent.
public struct ChannelPolicy: Sendable {
  public var policy: Policy
  public var anchors: TrustAnchors

  /// - Parameter anchors: those of the policy if left out.
  public init(_ policy: Policy, anchors: TrustAnchors? = nil) {
    self.policy = policy
    self.anchors = anchors ?? policy.trustAnchors
  }

  /// Judges a certificate whose key the other side has shown to have, as TLS does.
  /// - Parameter nonce: the caller's own, of this very handshake.
  /// - Returns: a verdict that accepts.
  public func judge(_ certificate: [UInt8], nonce: [UInt8], at time: Date = Date()) throws(ChannelFailure) -> Verdict {
    let (evidence, key) = try EvidenceCertificate.read(certificate)
    let decoded: any AttestationEvidence
    do {
      decoded = try TrustletEvidence(decoding: evidence)
    } catch {
      throw .malformed("\(error)")
    }
    // Whatever the policy says of nonces: without one a certificate of before would do.
    var terms = policy
    terms.nonce = .required
    let verdict = terms.appraise(decoded.examine(in: VerificationContext(time: time, anchors: anchors)), nonce: nonce, at: time)
    guard verdict.isAccepted else {
      throw .refused(verdict.findings.filter { $0.outcome == .refused }.map { "\($0.rule): found \($0.found), wanted \($0.wanted)" })
    }
    guard let claims = verdict.examination.trustlet, claims.instanceKey.subjectPublicKeyInfo == Array(key.derRepresentation) else { throw .anotherKey }
    return verdict
  }
}

import Attestation
import KeyBrokerProtocol

/// One client's way through the protocol.
struct Session: Sendable {
  let tenant: String
  /// Whose challenge it is, for limits (``PeerName``).
  let peer: String
  let version: ProtocolVersion
  let tee: TeeKind
  let challenge: Challenge
  /// Until when the challenge can be answered, once, right or wrong: in seconds by the broker's monotonic clock.
  let challengeEnd: Double
  /// Until when the session lives once it was answered.
  let end: Double
}

/// Who has given evidence that is genuine; whether it is enough a resource's policy decides, each time.
struct AttestedInstance: Sendable {
  let evidence: any AttestationEvidence
  /// What the evidence must bind.
  let bound: [UInt8]
  /// Bytes of memory that the evidence takes, about.
  let size: Int
  let key: JSONWebKey
  /// What the log calls it.
  let name: String
  /// What the token says instead of the session's name, which is a secret of its own.
  let tokenIdentifier: String
  /// SHA-256 of the token: who shows these bytes shows what this broker signed, and the signature need not be checked again.
  var tokenDigest: [UInt8] = []
}

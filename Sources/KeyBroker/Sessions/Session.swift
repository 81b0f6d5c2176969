import Attestation
import KeyBrokerProtocol

/// One client's way through the protocol.
struct Session: Sendable {
  enum State: Sendable {
    /// A challenge was given, and not answered yet.
    case challenged
    /// The challenge was answered: it is for one answer, right or wrong.
    case spent
    case attested(AttestedInstance)
  }

  let tenant: String
  let version: ProtocolVersion
  let tee: TeeKind
  let challenge: Challenge
  /// In seconds by the broker's monotonic clock.
  let end: Double
  var state = State.challenged
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
}

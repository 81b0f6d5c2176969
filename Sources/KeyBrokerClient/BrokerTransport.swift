import KeyBrokerProtocol

/// What carries requests to a broker: HTTP, or in tests a call. What it gives back is as untrusted as the way between; it keeps no cookies.
public protocol BrokerTransport: Sendable {
  /// - Parameter limit: bytes of a body that are read at most; more is an error.
  func send(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse
}

/// What gives evidence of who asks.
public protocol EvidenceSource: Sendable {
  /// The protocol's name for the machine, such as `coffer`, `snp`, `tdx`.
  var tee: String { get }

  /// The evidence as it stands in the message.
  func evidence(for challenge: EvidenceChallenge) async throws -> JSONValue
}

/// What evidence must bind.
public struct EvidenceChallenge: Sendable, Equatable {
  /// For Coffer's evidence, which has a place for the instance's key.
  public let nonce: [UInt8]
  public let key: JSONWebKey
  /// For hardware's, which has one place for everything: 48 bytes, the SHA-384 of nonce and key.
  public let runtimeDataDigest: [UInt8]
}

/// Why a client has no answer. None of it carries a secret.
public enum KeyBrokerClientError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The broker says no, and why.
  case refused(ProtocolProblem)
  /// The answer is none of the protocol's, or not for this key.
  case malformed(MalformedMessage)
  /// The answer is not signed by the broker whose key is known, for this request: somebody else gave it, or it was given before.
  case unproven(String)
  /// No answer came.
  case transport(String)
  case evidence(String)
  /// The private key is somebody else's: the resource can be carried to them, and not be opened here.
  case keyIsElsewhere
  /// A counter has another value than was expected.
  case counterChanged(found: CounterValue?)

  public var description: String {
    switch self {
    case .refused(let problem): "the broker refuses: \(problem)"
    case .malformed(let error): "the broker's answer cannot be used: \(error)"
    case .unproven(let path): "the answer for \(path) does not carry the signature of the broker whose key is pinned: it comes from somebody else, or was given before"
    case .transport(let reason): "no answer from the broker: \(reason)"
    case .evidence(let reason): "there is no evidence to show the broker: \(reason)"
    case .keyIsElsewhere: "the resource is encrypted to a key that is not here: carry it to whoever has that, unopened"
    case .counterChanged(let found): "the counter has another value than expected\(found == nil ? ": none" : "")"
    }
  }
}

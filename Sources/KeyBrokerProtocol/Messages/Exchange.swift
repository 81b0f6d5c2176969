/// A request of the protocol, whatever carries it.
public struct BrokerRequest: Sendable, Equatable {
  public var method: String
  /// From the slash on, without what follows a question mark, as it came: nothing in it is decoded.
  public var path: String
  public var body: [UInt8]
  /// What the session's cookie says.
  public var session: String?
  /// What follows `Bearer` in the field `Authorization`.
  public var bearer: String?
  /// The client's own nonce, base64url (`coffer-nonce`).
  public var nonce: String?
  /// Who sends it, as far as the carrier knows: an address without a port. Only for limits and the log.
  public var peer: String

  public init(
    _ method: String, _ path: String, body: [UInt8] = [], session: String? = nil, bearer: String? = nil, nonce: String? = nil, peer: String = ""
  ) {
    (self.method, self.path, self.body, self.session, self.bearer, self.nonce, self.peer) = (method, path, body, session, bearer, nonce, peer)
  }
}

/// An answer of the protocol.
public struct BrokerResponse: Sendable, Equatable {
  public var status: Int
  public var contentType: String
  public var body: [UInt8]
  /// What the session's cookie is to be from now on.
  public var session: String?
  /// The broker's signature over the answer (`coffer-proof`).
  public var proof: String?
  public var retryAfter: Int?

  public init(
    _ status: Int, _ body: [UInt8] = [], contentType: String = "application/json", session: String? = nil, proof: String? = nil,
    retryAfter: Int? = nil
  ) {
    (self.status, self.body, self.contentType, self.session, self.proof, self.retryAfter) = (status, body, contentType, session, proof, retryAfter)
  }

  public init(_ status: Int, json: JSONValue) { self.init(status, json.canonical) }

  public init(_ problem: ProtocolProblem) {
    self.init(problem.status, problem.json.canonical, contentType: ProtocolProblem.contentType, retryAfter: problem.retryAfter)
  }
}

import Crypto
import FoundationEssentials
import KeyBrokerProtocol

/// The side of the protocol that asks: gives evidence once, and gets resources for one key until the session ends. Faces Coffer's broker and others'.
///
/// A host between the two can refuse to carry messages. What it carries is encrypted to the instance's key. With the broker's key known (``init``'s
/// `brokerKey`), nothing but this broker's answer to this request, for this tenant, is taken; without it, who answers is known by the transport alone
/// (TLS that ends where the client runs).
public actor KeyBrokerClient {
  private let transport: any BrokerTransport
  private let source: any EvidenceSource
  private let recipient: Recipient
  private let brokerKey: BrokerPublicKey?
  /// Whose answers are taken.
  private let tenant: String
  private let prefix: String
  private let version: ProtocolVersion
  private var session: Session?

  /// Whose key everything is encrypted to.
  private enum Recipient {
    case own(DecryptionKey)
    /// Somebody's for whom messages are only carried.
    case other(JSONWebKey)

    var publicKey: JSONWebKey {
      get throws(MalformedMessage) {
        switch self {
        case .own(let key): try key.publicKey
        case .other(let key): key
        }
      }
    }
  }

  private struct Session {
    var identifier: String?
    var token: String
    var challenge: Challenge
  }

  /// - Parameters:
  ///   - tenant: whose resources; nil where the broker knows none, as others' do not, or for its standard one.
  ///   - key: the instance's own, to which everything is encrypted.
  ///   - brokerKey: the key by which answers are known; nil for another's broker, which signs none.
  ///   - version: what to speak. Others' brokers speak one version each.
  public init(
    transport: any BrokerTransport, tenant: String? = nil, source: any EvidenceSource, key: DecryptionKey, brokerKey: BrokerPublicKey? = nil,
    version: ProtocolVersion = .latest
  ) {
    self.init(transport, tenant, source, .own(key), brokerKey, version)
  }

  /// Asks for somebody whose private key is not here: ``sealedResource(_:)`` gives what only they can open.
  /// - Parameter publicKey: theirs, which the evidence states.
  public init(
    transport: any BrokerTransport, tenant: String? = nil, source: any EvidenceSource, publicKey: JSONWebKey, brokerKey: BrokerPublicKey? = nil,
    version: ProtocolVersion = .latest
  ) {
    self.init(transport, tenant, source, .other(publicKey), brokerKey, version)
  }

  private init(
    _ transport: any BrokerTransport, _ tenant: String?, _ source: any EvidenceSource, _ recipient: Recipient, _ brokerKey: BrokerPublicKey?,
    _ version: ProtocolVersion
  ) {
    self.transport = transport
    self.source = source
    self.recipient = recipient
    self.brokerKey = brokerKey
    self.version = version
    self.tenant = tenant ?? AnswerProof.standardTenant
    prefix = "\(tenant.map { "/\($0)" } ?? "")/kbs/v0"
  }

  /// Gives evidence: request, challenge, attestation, token.
  /// - Returns: the token, which others may judge too.
  @discardableResult
  public func attest() async throws -> String {
    session = nil
    let request = AuthenticationRequest(version: version, tee: source.tee)
    let first = try await send(BrokerRequest("POST", "\(prefix)/auth", body: request.json.canonical), limit: Challenge.maximumSize)
    let challenge = try reading { () throws(MalformedMessage) in try Challenge(first.body) }
    let publicKey = try reading { () throws(MalformedMessage) in try recipient.publicKey }
    let asked = EvidenceChallenge(
      nonce: try reading { () throws(MalformedMessage) in try challenge.nonceBytes }, key: publicKey,
      runtimeDataDigest: AttestationRequest.runtimeDataDigest(version: version, nonce: challenge.nonce, key: publicKey))
    let evidence: JSONValue
    do {
      evidence = try await source.evidence(for: asked)
    } catch {
      throw KeyBrokerClientError.evidence("\(error)")
    }
    let message = AttestationRequest(version: version, nonce: challenge.nonce, key: publicKey, evidence: evidence)
    let second = try await send(
      BrokerRequest("POST", "\(prefix)/attest", body: message.json.canonical, session: first.session), limit: TokenAnswer.maximumSize)
    let token = try reading { () throws(MalformedMessage) in try TokenAnswer(second.body).token }
    session = Session(identifier: second.session ?? first.session, token: token, challenge: challenge)
    return token
  }

  /// What is in a resource. The caller erases it after use.
  public func resource(_ name: ResourceName) async throws -> [UInt8] {
    guard case .own(let key) = recipient else { throw KeyBrokerClientError.keyIsElsewhere }
    let sealed = try await sealedResource(name)
    return try reading { () throws(MalformedMessage) in try JSONWebEncryption(sealed).decrypted(by: key) }
  }

  /// A resource as the broker encrypted it for the key: a JWE in its flattened JSON form, unread.
  public func sealedResource(_ name: ResourceName) async throws -> [UInt8] {
    try await asking(BrokerRequest("GET", "\(prefix)/resource/\(name)"), limit: JSONWebEncryption.maximumSize).body
  }

  /// A counter's value; nil where it has none yet. An extension of Coffer's broker's: only with its key known does a value say anything.
  public func counter(_ name: ResourceName) async throws -> CounterValue? {
    let response = try await asking(BrokerRequest("GET", "\(prefix)/counter/\(name)"), limit: CounterExchange.maximumSize)
    return try reading { () throws(MalformedMessage) in try CounterAnswer(response.body).value }
  }

  /// Gives a counter a value if it has the expected one. Where an answer was lost, the counter may have the new value already: whoever then finds it
  /// by ``counter(_:)`` has exchanged it.
  /// - Parameter authenticator: a trustlet's own, for whom this is carried.
  /// - Returns: what the broker says to that trustlet.
  @discardableResult
  public func exchange(_ name: ResourceName, expected: CounterValue?, value: CounterValue, authenticator: [UInt8]? = nil) async throws -> [UInt8]? {
    let request = BrokerRequest(
      "POST", "\(prefix)/counter/\(name)", body: CounterExchange(expected: expected, value: value, authenticator: authenticator).json.canonical)
    let response = try await asking(request, limit: CounterExchange.maximumSize)
    let answer = try reading { () throws(MalformedMessage) in try CounterAnswer(response.body) }
    guard response.status == 200, answer.isExchanged, answer.value == value else { throw KeyBrokerClientError.counterChanged(found: answer.value) }
    return answer.receipt
  }

  // MARK: One request

  /// Asks in a session, which is begun where there is none, and once more where it is over.
  private func asking(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse {
    let wasAttested = session != nil
    if !wasAttested { try await attest() }
    do {
      return try await askingOnce(request, limit: limit)
    } catch KeyBrokerClientError.refused(let problem) where wasAttested && problem.status == 401 {
      try await attest()
      return try await askingOnce(request, limit: limit)
    }
  }

  private func askingOnce(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse {
    guard let session else { throw KeyBrokerClientError.evidence("no session") }
    var request = request
    request.session = session.identifier
    // The token says it too, and outlives the cookie where both are given.
    request.bearer = session.token
    let nonce = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    if brokerKey != nil { request.nonce = Base64.urlText(nonce) }
    let response = try await send(request, limit: limit)
    guard let brokerKey else { return response }
    let path = request.path.firstRange(of: "/kbs/v0/").map { String(request.path[$0.lowerBound...]) } ?? request.path
    guard let proof = response.proof,
      AnswerProof.isValid(
        proof, challenge: try reading { () throws(MalformedMessage) in try session.challenge.nonceBytes }, nonce: nonce, tenant: tenant, method: request.method,
        path: path, status: response.status, body: response.body, by: brokerKey)
    else { throw KeyBrokerClientError.unproven(path) }
    return response
  }

  private func send(_ request: BrokerRequest, limit: Int) async throws -> BrokerResponse {
    let response: BrokerResponse
    do {
      response = try await transport.send(request, limit: max(limit, ProtocolProblem.maximumSize))
    } catch {
      throw KeyBrokerClientError.transport("\(error)")
    }
    // A counter's 409 is an answer, which has its proof.
    let isAnswer = response.status == 200 || response.status == 409 && request.path.contains("/counter/") && response.proof != nil
    guard isAnswer else { throw KeyBrokerClientError.refused(ProtocolProblem(status: response.status, body: response.body)) }
    return response
  }

  private func reading<Result>(_ work: () throws(MalformedMessage) -> Result) throws -> Result {
    do throws(MalformedMessage) {
      return try work()
    } catch {
      throw KeyBrokerClientError.malformed(error)
    }
  }
}

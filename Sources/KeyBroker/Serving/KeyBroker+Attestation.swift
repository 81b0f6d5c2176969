import Attestation
import Crypto
import Foundation
import KeyBrokerProtocol

extension KeyBroker {
  /// Request and challenge.
  func authenticate(_ request: BrokerRequest, _ name: String) throws(ProtocolProblem) -> BrokerResponse {
    let tenant = try tenant(name)
    let message: AuthenticationRequest
    do throws(MalformedMessage) {
      message = try AuthenticationRequest(request.body)
    } catch {
      // A version that is not spoken here is 401, as the protocol has it.
      throw ProtocolProblem(error, as: error.field.hasSuffix("version") ? .attestation : .form)
    }
    let challenge = Challenge(nonce: Self.random(32))
    let start = now
    let session = Session(
      tenant: tenant.name, peer: PeerName.name(of: request.peer), version: message.version, tee: try TeeKind(message.tee), challenge: challenge,
      challengeEnd: start + min(configuration.challengeTime, configuration.sessionTime), end: start + configuration.sessionTime)
    // Always a new one: a session that the request names may be somebody else's.
    let identifier = Base64.urlText(Self.random(32))
    guard sessions.insert(session, as: identifier, at: start) else {
      throw ProtocolProblem(.limit, "this address has too many challenges that it has not answered; answer them, or try again in 10 s", retryAfter: 10)
    }
    var response = BrokerResponse(200, json: challenge.json)
    response.session = identifier
    return response
  }

  static let noSession = ProtocolProblem(.attestation, "the request names no session: begin with POST /kbs/v0/auth, and send its cookie along")
  static let noChallenge = ProtocolProblem(
    .attestation, "this session has no challenge to answer: it is over, another's, or its challenge was answered already; begin anew with POST /kbs/v0/auth")

  /// Evidence and token. That evidence is genuine, fresh and the key's is found out here; whether it is enough, for each resource.
  func attest(_ request: BrokerRequest, _ name: String) throws(ProtocolProblem) -> BrokerResponse {
    let tenant = try tenant(name)
    guard let identifier = request.session else { throw Self.noSession }
    guard let session = sessions.takeChallenge(of: identifier, tenant: tenant.name, at: now) else { throw Self.noChallenge }
    let message = try reading { () throws(MalformedMessage) in
      try AttestationRequest(request.body, version: session.version, nonce: session.challenge.nonce)
    }
    guard message.nonce == session.challenge.nonce else {
      throw ProtocolProblem(.attestation, "the nonce is not the one of this session's challenge")
    }
    // Nothing here could judge them, and what is not judged must not seem so.
    guard !message.hasInitData else { throw ProtocolProblem(.attestation, "init-data is not judged by this broker: leave it out") }
    guard message.additionalEvidence.isEmpty || message.additionalEvidence == "{}" else {
      throw ProtocolProblem(.attestation, "evidence of further devices is not judged by this broker: leave it empty")
    }
    let (evidence, size) = try session.tee.evidence(in: message.evidence)
    let bound = try boundBytes(session, message)
    let examination = evidence.examine(in: context(anchors: store.anchors(of: tenant.name)))
    let actor = "\(Self.instanceName(message.key)) at \(request.peer)"
    if let problem = Self.mismatch(examination, bound, message.key) ?? Self.refusals(examination.findings) ?? unvouched(examination, tenant) {
      // Evidence costs more to judge than anything else that a stranger may ask for.
      chargeFailure(of: request.peer)
      try note(
        AuditEntry(
          tenant: tenant.name, actor: actor, action: .attest, subject: session.tee.name, outcome: .refused,
          detail: "\(problem); \(Self.description(of: examination))"))
      throw ProtocolProblem(.attestation, problem)
    }
    var instance = AttestedInstance(
      evidence: evidence, bound: bound, size: size, key: message.key, name: Self.instanceName(message.key),
      tokenIdentifier: Base64.urlText(Self.random(16)))
    // From here on it is the tenant's matter, and not only that of who asks.
    try charge(tenant, isNewcomer: true)
    let token = try token(instance, examination, session)
    instance.tokenDigest = Array(SHA256.hash(data: Array(token.utf8)))
    let isKept = sessions.attest(identifier, session, as: instance, at: now)
    do throws(ProtocolProblem) {
      let found = Self.description(of: examination)
      try note(
        AuditEntry(
          tenant: tenant.name, actor: actor, action: .attest, subject: session.tee.name, outcome: isKept ? .done : .refused,
          detail: isKept ? found : "no room for another session; \(found)"))
    } catch {
      // What is not in the log was not done.
      sessions.forget(identifier)
      throw error
    }
    guard isKept else {
      throw ProtocolProblem(
        .limit, "the tenant, or all together, have too many sessions or too much evidence in them; try again in 10 s", status: 503, retryAfter: 10)
    }
    var response = BrokerResponse(200, json: TokenAnswer(token: token).json)
    response.session = identifier
    return response
  }

  /// What evidence of this session must bind: Coffer's the challenge, and the key in a claim of its own; hardware's the hash of both.
  private func boundBytes(_ session: Session, _ message: AttestationRequest) throws(ProtocolProblem) -> [UInt8] {
    session.tee == .coffer ? try reading { () throws(MalformedMessage) in try session.challenge.nonceBytes } : message.runtimeDataDigest
  }

  /// Evidence that nothing vouches for anybody can make: it is taken only where some policy of the tenant would accept it.
  private func unvouched(_ examination: Examination, _ tenant: TenantRecord) -> String? {
    guard examination.platform.platform == .none, !store.acceptsNone(tenant.name) else { return nil }
    return "the evidence is of the platform none, which proves nothing against its host, and no policy of this tenant accepts it; for development only, write 'none: insecure' under platforms"
  }

  func context(anchors: [TrustAnchors.Anchor]) -> VerificationContext {
    VerificationContext(
      time: time, anchors: TrustAnchors(TrustAnchors.vendors.anchors + anchors), endorsements: configuration.endorsements, signatures: signatures)
  }

  /// Why the evidence is not this session's and this key's; nil if it is.
  private static func mismatch(_ examination: Examination, _ bound: [UInt8], _ key: JSONWebKey) -> String? {
    guard let trustlet = examination.trustlet else {
      let found = examination.platform.boundData
      guard found.starts(with: bound), found.dropFirst(bound.count).allSatisfy({ $0 == 0 }) else {
        return "the evidence binds \(Hexadecimal.text(found)); expected \(Hexadecimal.text(bound)), the SHA-384 of nonce, tee-pubkey and additional-evidence"
      }
      return nil
    }
    guard trustlet.nonce == bound else {
      return "the evidence is for the nonce \(Hexadecimal.text(trustlet.nonce)); expected \(Hexadecimal.text(bound)): it answers another challenge"
    }
    guard case .curve(_, let point) = key.material, let own = try? VerificationKey(point: point),
      own.subjectPublicKeyInfo == trustlet.instanceKey.subjectPublicKeyInfo
    else { return "tee-pubkey is not the key of the instance that the evidence is about (SHA-256 \(Hexadecimal.text(trustlet.instanceKey.fingerprint)))" }
    return nil
  }

  /// The first refusals, in words; nil where there are none.
  static func refusals(_ findings: [Finding]) -> String? {
    let refused = findings.filter { $0.outcome == .refused }
    guard !refused.isEmpty else { return nil }
    let shown = refused.prefix(3).map { "\($0.rule): found \(Self.short($0.found)), wanted \(Self.short($0.wanted))\($0.remedy.map { " (\($0))" } ?? "")" }
    return shown.joined(separator: "; ") + (refused.count > 3 ? "; and \(refused.count - 3) more" : "")
  }

  private static func short(_ text: String) -> String { text.utf8.count <= 240 ? text : "\(text.prefix(240))..." }

  /// An instance as the log calls it.
  private static func instanceName(_ key: JSONWebKey) -> String {
    "instance \(Hexadecimal.text(SHA256.hash(data: key.json.canonical)).prefix(16))"
  }

  static func description(of examination: Examination) -> String {
    guard let trustlet = examination.trustlet else { return "platform \(examination.platform.platform.rawValue)" }
    return "platform \(examination.platform.platform.rawValue), image \(Hexadecimal.text(trustlet.imageMeasurement)), machine \(trustlet.machine)"
  }

  static func random(_ count: Int) -> [UInt8] { SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Array($0) } }

  /// What stands for the evidence, in the shape of an EAT attestation result. It affirms nothing: each resource has a policy of its own.
  private func token(_ instance: AttestedInstance, _ examination: Examination, _ session: Session) throws(ProtocolProblem) -> String {
    let seconds = Int64(time.timeIntervalSince1970)
    var claims: [JSONMember] = [JSONMember("platform", .string(examination.platform.platform.rawValue))]
    if let trustlet = examination.trustlet {
      claims += [
        JSONMember("image-measurement", .string(Hexadecimal.text(trustlet.imageMeasurement))),
        JSONMember("manifest-digest", .string(Hexadecimal.text(trustlet.manifestDigest))), JSONMember("machine", .string(trustlet.machine)),
        JSONMember("key-holder", .string(trustlet.keyHolder.rawValue)),
      ]
    }
    claims.append(JSONMember("runtime_data_claims", .members(["nonce": .string(session.challenge.nonce), "tee-pubkey": instance.key.json])))
    let appraisal = JSONValue.members([
      "ear.status": .string("none"), "ear.trustworthiness-vector": .object([]), "ear.veraison.annotated-evidence": .object(claims),
    ])
    let all = JSONValue.members([
      "eat_profile": .string("tag:github.com,2024:confidential-containers/Trustee"), "iss": .string(configuration.issuer), "iat": .integer(seconds),
      "nbf": .integer(seconds), "exp": .integer(seconds + Int64(configuration.sessionTime)), "jti": .string(instance.tokenIdentifier),
      "coffer.tenant": .string(session.tenant), "tee": .string(session.tee.name), "tee-pubkey": instance.key.json,
      "eat_nonce": .string(session.challenge.nonce),
      "ear.verifier-id": .members(["developer": .string("Coffer"), "build": .string("coffer-broker")]),
      "submods": .members(["cpu0": appraisal]),
    ])
    return try reading { () throws(MalformedMessage) in try JSONWebToken.sign(all, by: key) }
  }

  /// The session that a request is of, by its token or its cookie, when it has given evidence.
  func attested(_ request: BrokerRequest, _ tenant: TenantRecord) throws(ProtocolProblem) -> (Session, AttestedInstance) {
    let session: (Session, AttestedInstance)?
    if let bearer = request.bearer, let known = sessions.session(ofTokenDigest: Array(SHA256.hash(data: Array(bearer.utf8))), at: now) {
      session = known
    } else if let bearer = request.bearer {
      let claims: JSONValue
      do throws(MalformedMessage) {
        claims = try JSONWebToken.claims(of: bearer, signedBy: publicKey)
      } catch {
        throw ProtocolProblem(error, as: .token)
      }
      guard let end = claims["exp"]?.integer, Double(end) > time.timeIntervalSince1970, let identifier = claims["jti"]?.text else {
        throw ProtocolProblem(.token, "the token's time is over: give evidence again")
      }
      session = sessions.session(ofToken: identifier, at: now)
    } else if let identifier = request.session {
      session = sessions.session(identifier, at: now)
    } else {
      throw ProtocolProblem(.noToken, "the request names no session and shows no token: begin with POST /kbs/v0/auth")
    }
    guard let (session, instance) = session, session.tenant == tenant.name else {
      throw ProtocolProblem(.noToken, "this session is over, another tenant's, or has given no evidence: begin anew with POST /kbs/v0/auth")
    }
    try charge(tenant, isNewcomer: sessions.isNewcomer(token: instance.tokenIdentifier))
    return (session, instance)
  }
}

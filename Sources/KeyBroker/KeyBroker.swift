import Attestation
import Crypto
import Foundation
import KeyBrokerProtocol

/// How a broker serves.
public struct KeyBrokerConfiguration: Sendable {
  /// Seconds from the challenge to the session's end.
  public var sessionTime = 300.0
  /// Seconds from the challenge to the last moment at which it can be answered.
  public var challengeTime = 30.0
  /// Challenges without an answer, of all addresses together; where there are more the oldest goes.
  public var challengeLimit = 20_000
  /// Sessions with evidence, of one tenant.
  public var tenantSessionLimit = 5_000
  /// Requests in a second, and at once, of one address (of IPv6: of its first 64 bits).
  public var peerRate = 50.0
  public var peerBurst = 200.0
  /// Entries of the log in a second, and at once, that those cause who get nothing: of one tenant.
  public var strangerEntryRate = 0.5
  public var strangerEntryBurst = 500.0
  /// What hardware's makers have published, for evidence that does not bring it along.
  public var endorsements = Endorsements()
  /// What tokens say of who made them.
  public var issuer = "coffer-broker"

  public init() {}
}

/// Releases secrets to those who prove what they are: the server's side of the protocol, without what carries its messages.
///
/// Every method waits for the disk where it logs: none is for an event loop.
public final class KeyBroker: Sendable {
  public let store: BrokerStore
  let configuration: KeyBrokerConfiguration
  let sessions: SessionTable
  let limiter = RateLimiter()
  let strangerEntries: StrangerEntries
  let key: BrokerKey
  public let publicKey: BrokerPublicKey
  let authorKey: AuthorKey
  /// What manifests name: x and y on P-256, as hexadecimal digits.
  public var author: String { Hexadecimal.text(authorKey.point) }
  let signatures = SignatureCache()
  private let wallClock: @Sendable () -> Date
  private let clock: @Sendable () -> Double
  let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - wallClock: the time by which evidence is judged.
  ///   - clock: seconds that never go back, by which sessions end.
  ///   - report: is told what an operator should know; nothing secret.
  public init(
    store: BrokerStore, configuration: KeyBrokerConfiguration = KeyBrokerConfiguration(), wallClock: @escaping @Sendable () -> Date = { Date() },
    clock: @escaping @Sendable () -> Double = { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 },
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(BrokerError) {
    self.store = store
    self.configuration = configuration
    sessions = SessionTable(.init(challenges: configuration.challengeLimit, tenantSessions: configuration.tenantSessionLimit))
    strangerEntries = StrangerEntries(.init(perSecond: configuration.strangerEntryRate, burst: configuration.strangerEntryBurst))
    self.wallClock = wallClock
    self.clock = clock
    self.report = report
    key = try store.brokerKey()
    do throws(MalformedMessage) {
      publicKey = try key.publicKey
      authorKey = try AuthorKey(of: key)
    } catch {
      throw BrokerError(.forged, "\(error)")
    }
    try store.append([
      AuditEntry(tenant: "", actor: "broker", action: .start, subject: "broker key SHA-256 \(Hexadecimal.text(publicKey.fingerprint))", outcome: .done)
    ])
  }

  /// For the session's cookie.
  public var sessionSeconds: Int { Int(configuration.sessionTime) }

  var now: Double { clock() }
  var time: Date { wallClock() }

  /// Answers any request.
  public func answer(_ request: BrokerRequest) -> BrokerResponse {
    do throws(ProtocolProblem) {
      if BrokerPath(request.path) != .health { try limit(peer: request.peer) }
      return try route(request)
    } catch {
      return BrokerResponse(error)
    }
  }

  /// What can be asked before a request's body is read: whether its address may ask now, and whether who sends so much has a challenge to answer or
  /// a token. The request counts here, and ``answerAdmitted(_:)`` counts it no more.
  public func admit(_ request: BrokerRequest) throws(ProtocolProblem) {
    guard let path = BrokerPath(request.path) else { throw ProtocolProblem(.path, "there is nothing at this path") }
    if path == .health { return }
    try limit(peer: request.peer)
    guard request.method == "POST" || request.method == "PUT" else { return }
    switch path {
    case .attest(let tenant):
      guard let identifier = request.session else { throw Self.noSession }
      guard sessions.hasChallenge(identifier, tenant: tenant, at: now) else { throw Self.noChallenge }
    case .resource, .management: _ = try bearer(of: request)
    case .authenticate, .counter, .health: break
    }
  }

  /// Answers a request that was admitted.
  public func answerAdmitted(_ request: BrokerRequest) -> BrokerResponse {
    do throws(ProtocolProblem) {
      return try route(request)
    } catch {
      return BrokerResponse(error)
    }
  }

  /// Whose limits an address counts for.
  public static func peerName(of address: String) -> String { PeerName.name(of: address) }

  /// Writes an entry that strangers can cause, as far as those are written.
  func note(_ entry: AuditEntry) throws(ProtocolProblem) {
    guard let admitted = strangerEntries.admitted(entry, at: now) else { return }
    try asking { () throws(BrokerError) in try store.append([admitted]) }
  }

  /// How many bytes of a body there can be at a path; more need not be read.
  public static func bodyLimit(of request: BrokerRequest) -> Int {
    guard let path = BrokerPath(request.path) else { return 0 }
    switch path {
    case .authenticate: return AuthenticationRequest.maximumSize
    case .attest: return AttestationRequest.maximumSize
    case .resource, .management: return request.method == "GET" || request.method == "DELETE" ? 0 : BrokerStore.resourceLimit
    case .counter: return request.method == "GET" ? 0 : CounterExchange.maximumSize
    case .health: return 0
    }
  }

  private func route(_ request: BrokerRequest) throws(ProtocolProblem) -> BrokerResponse {
    guard let path = BrokerPath(request.path) else { throw ProtocolProblem(.path, "there is nothing at this path") }
    guard request.body.count <= Self.bodyLimit(of: request) else {
      throw ProtocolProblem(.form, "the body has \(request.body.count) bytes; expected at most \(Self.bodyLimit(of: request))", status: 413)
    }
    if case .health = path { return BrokerResponse(200, json: .members(["status": .string("ok")])) }
    switch (path, request.method) {
    case (.authenticate(let tenant), "POST"): return try authenticate(request, tenant)
    case (.attest(let tenant), "POST"): return try attest(request, tenant)
    case (.resource(let tenant, let name), "GET"): return try release(resourceName(name), request, tenant)
    case (.resource(let tenant, let name), "POST"): return try register(resourceName(name), request, tenant)
    case (.counter(let tenant, let name), "GET"), (.counter(let tenant, let name), "POST"): return try counter(resourceName(name), request, tenant)
    case (.management(let parts), _): return try manage(parts, request)
    default: throw ProtocolProblem(.path, "\(request.method) is nothing that this path takes", status: 405)
    }
  }

  private func resourceName(_ path: String) throws(ProtocolProblem) -> ResourceName {
    do throws(MalformedMessage) {
      return try ResourceName(path)
    } catch {
      throw ProtocolProblem(error, as: .path)
    }
  }

  func limit(_ name: String, _ rate: RateLimiter.Rate) throws(ProtocolProblem) {
    guard let seconds = limiter.take(of: name, rate, at: now) else { return }
    throw ProtocolProblem(.limit, "too many requests; try again in \(seconds) s", retryAfter: seconds)
  }

  func limit(peer: String) throws(ProtocolProblem) {
    try limit("peer \(PeerName.name(of: peer))", peerRate)
  }

  /// What a wrong piece of evidence and a wrong token cost besides, once they have been judged.
  func chargeFailure(of peer: String) { limiter.charge(Self.failedAttempt, to: "peer \(PeerName.name(of: peer))", peerRate, at: now) }

  private var peerRate: RateLimiter.Rate { .init(perSecond: configuration.peerRate, burst: configuration.peerBurst) }

  func tenant(_ name: String) throws(ProtocolProblem) -> TenantRecord {
    guard let tenant = store.tenant(name) else { throw ProtocolProblem(.path, "there is no such tenant here") }
    return tenant
  }

  /// A request of one that has given evidence to a tenant. Strangers' are not among them, and those whom no policy has accepted yet are counted apart: they
  /// would use up what the tenant's instances may ask for.
  func charge(_ tenant: TenantRecord, isNewcomer: Bool) throws(ProtocolProblem) {
    let rate = Double(tenant.quota.requests)
    try limit("\(isNewcomer ? "newcomers to" : "tenant") \(tenant.name)", .init(perSecond: rate, burst: rate * 2))
  }

  /// What a stranger is told of a failure: what is wrong with the request, and nothing of what is wrong here.
  func asking<Result>(_ work: () throws(BrokerError) -> Result) throws(ProtocolProblem) -> Result {
    do throws(BrokerError) {
      return try work()
    } catch {
      switch error.code {
      case .invalid: throw ProtocolProblem(.form, error.message)
      case .notFound: throw ProtocolProblem(.notFound, error.message)
      case .taken, .full: throw ProtocolProblem(.form, error.message, status: 409)
      case .changed: throw ProtocolProblem(.failure, error.message, status: 503, retryAfter: 1)
      case .diskFull, .locked, .forged, .fileSystem:
        report(error.message)
        throw ProtocolProblem(
          .failure, "the broker cannot answer this; its operator's log says why", status: error.code == .forged ? 500 : 503,
          retryAfter: error.code == .forged ? nil : 5)
      }
    }
  }

  func reading<Result>(_ work: () throws(MalformedMessage) -> Result) throws(ProtocolProblem) -> Result {
    do throws(MalformedMessage) {
      return try work()
    } catch {
      throw ProtocolProblem(error)
    }
  }
}

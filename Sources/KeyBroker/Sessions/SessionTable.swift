import Synchronization

/// The sessions that are not over. They live in memory alone: after a restart clients give evidence again.
///
/// Anybody may ask for a challenge, so those are bounded by address and do not live long, and where there are too many of all addresses the oldest one
/// goes: what strangers do takes no room from those who have given evidence.
final class SessionTable: Sendable {
  struct Limits: Sendable {
    /// Challenges without an answer, of all addresses together.
    var challenges = 20_000
    /// Of one address.
    var peerChallenges = 64
    /// Sessions with evidence, of all tenants together.
    var sessions = 20_000
    /// Of one tenant.
    var tenantSessions = 5_000
    /// Bytes of evidence, of all tenants together.
    var evidence = 256 << 20
    /// Of one tenant.
    var tenantEvidence = 64 << 20
  }

  private struct Attested {
    var session: Session
    var instance: AttestedInstance
  }

  private struct State {
    var challenged: [String: Session] = [:]
    var peers: [String: Int] = [:]
    var challengeEnds = EndingOrder()
    var attested: [String: Attested] = [:]
    /// By the token's identifier.
    var tokens: [String: String] = [:]
    /// By the token's SHA-256.
    var digests: [[UInt8]: String] = [:]
    var counts: [String: Int] = [:]
    var evidence: [String: Int] = [:]
    var allEvidence = 0
    var sessionEnds = EndingOrder()
  }

  private let state = Mutex(State())
  private let limits: Limits

  init(_ limits: Limits = Limits()) { self.limits = limits }

  /// - Returns: false where the address has too many challenges that it has not answered.
  func insert(_ session: Session, as identifier: String, at time: Double) -> Bool {
    state.withLock { state in
      while let ended = state.challengeEnds.next(endedAt: time) { _ = Self.removeChallenge(ended, &state) }
      guard state.peers[session.peer, default: 0] < limits.peerChallenges else { return false }
      while state.challenged.count >= limits.challenges, let oldest = state.challengeEnds.next(endedAt: .infinity) {
        _ = Self.removeChallenge(oldest, &state)
      }
      state.challenged[identifier] = session
      state.peers[session.peer, default: 0] += 1
      let challenged = state.challenged
      state.challengeEnds.append(identifier, end: session.challengeEnd, live: challenged.count) { challenged[$0] != nil }
      return true
    }
  }

  /// A session that has given evidence and is not over.
  func session(_ identifier: String, at time: Double) -> (Session, AttestedInstance)? {
    state.withLock { state in Self.session(identifier, time, state) }
  }

  func session(ofToken token: String, at time: Double) -> (Session, AttestedInstance)? {
    state.withLock { state in state.tokens[token].flatMap { Self.session($0, time, state) } }
  }

  func session(ofTokenDigest digest: [UInt8], at time: Double) -> (Session, AttestedInstance)? {
    state.withLock { state in state.digests[digest].flatMap { Self.session($0, time, state) } }
  }

  /// Whether there is a challenge to take.
  func hasChallenge(_ identifier: String, tenant: String, at time: Double) -> Bool {
    state.withLock { state in state.challenged[identifier].map { $0.challengeEnd > time && $0.tenant == tenant } ?? false }
  }

  /// Takes the challenge of a session, which is thereby spent. Nil where there is none to take: of two answers at once one gets it.
  func takeChallenge(of identifier: String, tenant: String, at time: Double) -> Session? {
    state.withLock { state in
      guard let session = state.challenged[identifier], session.challengeEnd > time, session.tenant == tenant else { return nil }
      return Self.removeChallenge(identifier, &state)
    }
  }

  /// Keeps a session whose challenge was taken and answered.
  /// - Returns: false where its tenant, or all together, have no room for it.
  func attest(_ identifier: String, _ session: Session, as instance: AttestedInstance, at time: Double) -> Bool {
    state.withLock { state in
      while let ended = state.sessionEnds.next(endedAt: time) { Self.removeSession(ended, &state) }
      let tenant = session.tenant
      guard state.attested.count < limits.sessions, state.counts[tenant, default: 0] < limits.tenantSessions,
        state.allEvidence + instance.size <= limits.evidence, state.evidence[tenant, default: 0] + instance.size <= limits.tenantEvidence
      else { return false }
      state.attested[identifier] = Attested(session: session, instance: instance)
      state.tokens[instance.tokenIdentifier] = identifier
      state.digests[instance.tokenDigest] = identifier
      state.counts[tenant, default: 0] += 1
      state.evidence[tenant, default: 0] += instance.size
      state.allEvidence += instance.size
      let attested = state.attested
      state.sessionEnds.append(identifier, end: session.end, live: attested.count) { attested[$0] != nil }
      return true
    }
  }

  /// Ends a session that was kept.
  func forget(_ identifier: String) { state.withLock { state in Self.removeSession(identifier, &state) } }

  private static func session(_ identifier: String, _ time: Double, _ state: State) -> (Session, AttestedInstance)? {
    state.attested[identifier].flatMap { $0.session.end > time ? ($0.session, $0.instance) : nil }
  }

  private static func removeChallenge(_ identifier: String, _ state: inout State) -> Session? {
    guard let session = state.challenged.removeValue(forKey: identifier) else { return nil }
    take(1, from: &state.peers, session.peer)
    return session
  }

  private static func removeSession(_ identifier: String, _ state: inout State) {
    guard let removed = state.attested.removeValue(forKey: identifier) else { return }
    state.tokens[removed.instance.tokenIdentifier] = nil
    state.digests[removed.instance.tokenDigest] = nil
    take(1, from: &state.counts, removed.session.tenant)
    take(removed.instance.size, from: &state.evidence, removed.session.tenant)
    state.allEvidence -= removed.instance.size
  }

  /// Names that count nothing are forgotten: there are more addresses than memory.
  private static func take(_ count: Int, from counts: inout [String: Int], _ name: String) {
    let rest = (counts[name] ?? 0) - count
    counts[name] = rest > 0 ? rest : nil
  }
}

/// Names in the order in which they were added, which is about that of their ends: so that what is over is found without looking at what is not.
private struct EndingOrder {
  private var names: [(name: String, end: Double)] = []
  private var first = 0

  /// - Parameters:
  ///   - live: how many of the names still mean something.
  ///   - isLive: which. The others are dropped where they are most, which costs each name added no more than a few steps.
  mutating func append(_ name: String, end: Double, live: Int, isLive: (String) -> Bool) {
    if names.count >= 2 * live + 1024 {
      names = names[first...].filter { isLive($0.name) }
      first = 0
    }
    names.append((name, end))
  }

  /// Takes the first name away if its time is over.
  mutating func next(endedAt time: Double) -> String? {
    guard first < names.count, names[first].end <= time else { return nil }
    defer { first += 1 }
    return names[first].name
  }
}

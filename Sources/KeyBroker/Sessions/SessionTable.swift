import Synchronization

/// The sessions that are not over. They live in memory alone: after a restart clients give evidence again.
///
/// Anybody may ask for a challenge, so those are bounded by address and do not live long, and where there are too many of all addresses the oldest one
/// goes: what strangers do takes no room from those who have given evidence.
///
/// Evidence that is genuine may be anybody's, of any machine: a session is a newcomer's until a policy has accepted it. Where there is no room, newcomers
/// go, the oldest of the address first that takes most: they take none from those whom a policy accepts.
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
    var isNewcomer = true
  }

  /// Of one address, at one tenant.
  private struct Newcomers {
    var order = EndingOrder()
    var count = 0
    var evidence = 0

    mutating func append(_ identifier: String, _ session: Session, _ instance: AttestedInstance, isNewcomer: (String) -> Bool) {
      count += 1
      evidence += instance.size
      order.append(identifier, end: session.end, live: count, isLive: isNewcomer)
    }
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
    /// By tenant and address.
    var newcomers: [String: [String: Newcomers]] = [:]
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
      while state.counts[tenant, default: 0] >= limits.tenantSessions || state.evidence[tenant, default: 0] + instance.size > limits.tenantEvidence {
        guard Self.removeNewcomer(of: tenant, &state) else { return false }
      }
      while state.attested.count >= limits.sessions || state.allEvidence + instance.size > limits.evidence {
        guard let largest = state.newcomers.keys.max(by: { state.evidence[$0, default: 0] < state.evidence[$1, default: 0] }),
          Self.removeNewcomer(of: largest, &state)
        else { return false }
      }
      state.attested[identifier] = Attested(session: session, instance: instance)
      state.tokens[instance.tokenIdentifier] = identifier
      state.digests[instance.tokenDigest] = identifier
      state.counts[tenant, default: 0] += 1
      state.evidence[tenant, default: 0] += instance.size
      state.allEvidence += instance.size
      let attested = state.attested
      state.sessionEnds.append(identifier, end: session.end, live: attested.count) { attested[$0] != nil }
      state.newcomers[tenant, default: [:]][session.peer, default: Newcomers()].append(identifier, session, instance) { attested[$0]?.isNewcomer == true }
      return true
    }
  }

  /// A policy has accepted the session's instance: it is no newcomer any more.
  func accept(token: String) {
    state.withLock { state in
      guard let identifier = state.tokens[token], let accepted = state.attested[identifier], accepted.isNewcomer else { return }
      state.attested[identifier]?.isNewcomer = false
      Self.countOut(accepted, &state)
    }
  }

  func isNewcomer(token: String) -> Bool {
    state.withLock { state in state.tokens[token].flatMap { state.attested[$0] }?.isNewcomer ?? true }
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
    if removed.isNewcomer { countOut(removed, &state) }
    state.tokens[removed.instance.tokenIdentifier] = nil
    state.digests[removed.instance.tokenDigest] = nil
    take(1, from: &state.counts, removed.session.tenant)
    take(removed.instance.size, from: &state.evidence, removed.session.tenant)
    state.allEvidence -= removed.instance.size
  }

  /// - Returns: false where there is none.
  private static func removeNewcomer(of tenant: String, _ state: inout State) -> Bool {
    guard let peer = state.newcomers[tenant]?.max(by: { $0.value.evidence < $1.value.evidence })?.key else { return false }
    while let oldest = state.newcomers[tenant]?[peer]?.order.next(endedAt: .infinity) {
      guard state.attested[oldest]?.isNewcomer == true else { continue }
      removeSession(oldest, &state)
      return true
    }
    return false
  }

  private static func countOut(_ newcomer: Attested, _ state: inout State) {
    let (tenant, peer) = (newcomer.session.tenant, newcomer.session.peer)
    state.newcomers[tenant]?[peer]?.count -= 1
    state.newcomers[tenant]?[peer]?.evidence -= newcomer.instance.size
    if state.newcomers[tenant]?[peer]?.count == 0 { state.newcomers[tenant]?[peer] = nil }
    if state.newcomers[tenant]?.isEmpty == true { state.newcomers[tenant] = nil }
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

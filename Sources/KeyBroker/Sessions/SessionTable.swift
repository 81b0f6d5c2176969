import Synchronization

/// The sessions that are not over. They live in memory alone: after a restart clients give evidence again.
final class SessionTable: Sendable {
  struct Limits: Sendable {
    /// Of all tenants together.
    var sessions = 20_000
    /// Of one tenant.
    var tenantSessions = 5_000
    /// Bytes of evidence, of one tenant.
    var tenantEvidence = 64 << 20
  }

  private struct State {
    var sessions: [String: Session] = [:]
    /// By the token's identifier.
    var tokens: [String: String] = [:]
    var counts: [String: Int] = [:]
    var evidence: [String: Int] = [:]
    var nextSweep = 0.0
  }

  private let state = Mutex(State())
  private let limits: Limits

  init(_ limits: Limits = Limits()) { self.limits = limits }

  /// - Returns: false where there is no room.
  func insert(_ session: Session, as identifier: String, at time: Double) -> Bool {
    state.withLock { state in
      if time >= state.nextSweep || state.sessions.count >= limits.sessions || state.counts[session.tenant, default: 0] >= limits.tenantSessions {
        for (name, old) in state.sessions where old.end <= time { Self.remove(name, &state) }
        state.nextSweep = time + 5
      }
      guard state.sessions.count < limits.sessions, state.counts[session.tenant, default: 0] < limits.tenantSessions else { return false }
      state.sessions[identifier] = session
      state.counts[session.tenant, default: 0] += 1
      return true
    }
  }

  /// A session that is not over.
  func session(_ identifier: String, at time: Double) -> Session? {
    state.withLock { state in state.sessions[identifier].flatMap { $0.end > time ? $0 : nil } }
  }

  func session(ofToken token: String, at time: Double) -> Session? {
    state.withLock { state in state.tokens[token].flatMap { state.sessions[$0] }.flatMap { $0.end > time ? $0 : nil } }
  }

  /// Takes the challenge of a session, which is thereby spent. Nil where there is none to take: of two answers at once one gets it.
  func takeChallenge(of identifier: String, tenant: String, at time: Double) -> Session? {
    state.withLock { state in
      guard let session = state.sessions[identifier], session.end > time, session.tenant == tenant, case .challenged = session.state else { return nil }
      state.sessions[identifier]?.state = .spent
      return session
    }
  }

  /// - Returns: false where the session is over, or its tenant has no room for its evidence.
  func attest(_ identifier: String, as instance: AttestedInstance) -> Bool {
    state.withLock { state in
      guard let tenant = state.sessions[identifier]?.tenant, state.evidence[tenant, default: 0] + instance.size <= limits.tenantEvidence else {
        return false
      }
      state.sessions[identifier]?.state = .attested(instance)
      state.tokens[instance.tokenIdentifier] = identifier
      state.evidence[tenant, default: 0] += instance.size
      return true
    }
  }

  private static func remove(_ identifier: String, _ state: inout State) {
    guard let session = state.sessions.removeValue(forKey: identifier) else { return }
    state.counts[session.tenant, default: 1] -= 1
    guard case .attested(let instance) = session.state else { return }
    state.tokens[instance.tokenIdentifier] = nil
    state.evidence[session.tenant, default: 0] -= instance.size
  }
}

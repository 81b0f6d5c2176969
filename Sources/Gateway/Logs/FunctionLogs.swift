import FunctionDispatch
import Synchronization

/// The lines of all functions and of the node, in memory: the last ones of each, bounded together, and those who follow them.
public final class FunctionLogs: LogSink {
  /// Bytes of all rings together; of the tenant that has most, those that were silent longest go first.
  public static let sizeLimit = 64 << 20

  private struct State {
    var rings: [String: LogRing] = [:]
    var followers: [String: [ObjectIdentifier: LogFollower]] = [:]
    var places = WatchPlaces()
    var size = 0
    var turn: UInt64 = 0
    var isOver = false
  }

  private let state = Mutex(State())
  private let sizeLimit: Int

  public convenience init() {
    self.init(sizeLimit: Self.sizeLimit)
  }

  package init(sizeLimit: Int) {
    self.sizeLimit = sizeLimit
  }

  /// A line, or several; what comes out later is fit to be shown, each line by itself.
  public func record(_ line: FunctionLogLine) {
    var lines = LineAssembler()
    var found = lines.append(line.text.utf8)
    if let last = lines.end() { found.append(last) }
    for part in found {
      var single = line
      (single.text, single.isCut) = (part.text, part.isCut || line.isCut)
      append(single)
    }
  }

  private func append(_ line: FunctionLogLine) {
    let followers = state.withLock { state in
      state.turn += 1
      var ring = state.rings.removeValue(forKey: line.function) ?? LogRing()
      let size = ring.size
      ring.append(line, turn: state.turn)
      state.size += ring.size - size
      state.rings[line.function] = ring
      if state.size > sizeLimit { Self.makeRoom(&state, limit: sizeLimit) }
      return state.followers[line.function]
    }
    guard let followers else { return }
    for follower in followers.values { follower.offer(line) }
  }

  /// The last lines of a function, oldest first; of one tenant only, if named.
  public func tail(of function: String, tenant: String?, limit: Int) -> [FunctionLogLine] {
    let ring = state.withLock { $0.rings[function] }
    return ring?.last(limit) { tenant == nil || $0.tenant == tenant } ?? []
  }

  /// The last lines and then all that come, none twice and none left out.
  /// - Returns: nil when too many follow already. Whoever drops it follows no more.
  /// - Parameter viewer: who follows, in whose share of the places; nil for the tenant itself.
  public func follow(_ function: String, tenant: String?, tail limit: Int, by viewer: Viewer? = nil) -> LogSubscription? {
    let follower = LogFollower(function: function, tenant: tenant, viewer: viewer ?? Viewer(tenant: tenant))
    let ring = state.withLock { state -> LogRing? in
      guard state.places.take(for: follower.viewer) else { return nil }
      state.followers[function, default: [:]][ObjectIdentifier(follower)] = follower
      if state.isOver { follower.finish() }
      return state.rings[function] ?? LogRing()
    }
    guard let ring else { return nil }
    return LogSubscription(follower, of: self, tail: ring.last(limit) { tenant == nil || $0.tenant == tenant })
  }

  fileprivate func leave(_ follower: LogFollower) {
    state.withLock { state in
      guard state.followers[follower.function]?.removeValue(forKey: ObjectIdentifier(follower)) != nil else { return }
      state.places.giveBack(of: follower.viewer)
      if state.followers[follower.function]?.isEmpty == true { state.followers[follower.function] = nil }
    }
    follower.finish()
  }

  /// The node ends: so do all followers.
  public func drain() {
    let followers = state.withLock { state in
      state.isOver = true
      return state.followers.values.flatMap(\.values)
    }
    for follower in followers { follower.finish() }
  }

  /// Bytes that the lines take in memory, about.
  public var size: Int { state.withLock { $0.size } }

  /// A quarter at a time, so that sorting the rings is paid for by many lines.
  private static func makeRoom(_ state: inout State, limit: Int) {
    struct Share {
      var size = 0
      /// The one that spoke last is the first.
      var functions: [String] = []
    }
    var shares: [String: Share] = [:]
    for (function, ring) in state.rings.sorted(by: { $0.value.turn > $1.value.turn }) {
      shares[ring.tenant, default: Share()].size += ring.size
      shares[ring.tenant, default: Share()].functions.append(function)
    }
    while state.size > limit / 4 * 3, state.rings.count > 1 {
      guard let most = shares.max(by: { $0.value.size < $1.value.size })?.key, let function = shares[most]?.functions.popLast() else { return }
      let size = state.rings.removeValue(forKey: function)?.size ?? 0
      shares[most]?.size -= size
      state.size -= size
    }
  }
}

/// Somebody's place among those who follow a log, for as long as it is held.
public final class LogSubscription: Sendable {
  /// What was there when it began, oldest first.
  public let tail: [FunctionLogLine]
  public let follower: LogFollower
  private let logs: FunctionLogs

  fileprivate init(_ follower: LogFollower, of logs: FunctionLogs, tail: [FunctionLogLine]) {
    (self.follower, self.logs, self.tail) = (follower, logs, tail)
  }

  deinit { logs.leave(follower) }
}

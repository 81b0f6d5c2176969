import Synchronization

/// Which lines of the log are written that anybody can cause who has genuine evidence of anything: that it was judged, and that policies refused it.
/// Of each tenant so many at once, then so many a second; the next one says how many were not written. What was released and what was changed is no
/// such line: each of those is always written.
final class StrangerEntries: Sendable {
  private let limiter: RateLimiter
  private let rate: RateLimiter.Rate
  private let left = Mutex<[String: Int]>([:])

  init(_ rate: RateLimiter.Rate) { (self.rate, limiter) = (rate, RateLimiter()) }

  /// - Parameter entry: of a tenant that there is, so that there are not more names than tenants.
  /// - Returns: what is to be written; nil for nothing.
  func admitted(_ entry: AuditEntry, at time: Double) -> AuditEntry? {
    guard limiter.take(of: entry.tenant, rate, at: time) == nil else {
      left.withLock { $0[entry.tenant, default: 0] += 1 }
      return nil
    }
    var entry = entry
    if let count = left.withLock({ $0.removeValue(forKey: entry.tenant) }) { entry.detail += "; before it \(count) such entries were left out" }
    return entry
  }
}

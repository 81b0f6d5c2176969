import Synchronization

/// Buckets that fill at a rate: who has used up his waits. Of strangers only so many are remembered; the fullest are forgotten, for whom it changes
/// nothing.
final class RateLimiter: Sendable {
  struct Rate: Sendable {
    var perSecond: Double
    var burst: Double
  }

  private struct Bucket {
    var tokens: Double
    var time: Double
  }

  private let buckets = Mutex<[String: Bucket]>([:])
  private let memory: Int

  /// - Parameter memory: how many are remembered.
  init(memory: Int = 10_000) { self.memory = memory }

  /// Takes from somebody's bucket.
  /// - Parameter time: in seconds, never going back.
  /// - Returns: nil, or the seconds after which it is worth trying again.
  func take(_ cost: Double = 1, of name: String, _ rate: Rate, at time: Double) -> Int? {
    buckets.withLock { buckets in
      var bucket = buckets[name] ?? Bucket(tokens: rate.burst, time: time)
      bucket.tokens = min(rate.burst, bucket.tokens + max(0, time - bucket.time) * rate.perSecond)
      bucket.time = time
      let isAllowed = bucket.tokens >= cost
      if isAllowed { bucket.tokens -= cost }
      if buckets[name] == nil, buckets.count >= memory { Self.forget(&buckets) }
      buckets[name] = bucket
      return isAllowed ? nil : max(1, Int(((cost - bucket.tokens) / rate.perSecond).rounded(.up)))
    }
  }

  /// A half of them, so that it is seldom.
  private static func forget(_ buckets: inout [String: Bucket]) {
    for (name, _) in buckets.sorted(by: { $0.value.time < $1.value.time }).prefix(buckets.count / 2 + 1) { buckets[name] = nil }
  }
}

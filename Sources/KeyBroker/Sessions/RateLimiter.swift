import Synchronization

/// Buckets that fill at a rate: who has used up his waits. Of strangers only so many are remembered; the fullest are forgotten, for whom it changes
/// nothing.
package final class RateLimiter: Sendable {
  package struct Rate: Sendable {
    package var perSecond: Double
    package var burst: Double

    package init(perSecond: Double, burst: Double) { (self.perSecond, self.burst) = (perSecond, burst) }
  }

  private struct Bucket {
    var tokens: Double
    var time: Double
    var rate: Rate

    func tokens(at now: Double) -> Double { min(rate.burst, tokens + max(0, now - time) * rate.perSecond) }
  }

  private let buckets = Mutex<[String: Bucket]>([:])
  private let memory: Int

  /// - Parameter memory: how many are remembered.
  package init(memory: Int = 10_000) { self.memory = memory }

  /// Takes from somebody's bucket.
  /// - Parameter time: in seconds, never going back.
  /// - Parameter isDone: What it is for has been done already: then what there is is taken where it is too little.
  /// - Returns: nil, or the seconds after which it is worth trying again.
  package func take(_ cost: Double = 1, of name: String, _ rate: Rate, at time: Double, isDone: Bool = false) -> Int? {
    buckets.withLock { buckets in
      var bucket = buckets[name] ?? Bucket(tokens: rate.burst, time: time, rate: rate)
      // A rate may be another by now.
      bucket.rate = rate
      bucket = Bucket(tokens: bucket.tokens(at: time), time: time, rate: rate)
      let isAllowed = bucket.tokens >= cost
      if isAllowed || isDone { bucket.tokens = max(0, bucket.tokens - cost) }
      if buckets[name] == nil, buckets.count >= memory { Self.forget(&buckets, at: time) }
      buckets[name] = bucket
      return isAllowed ? nil : max(1, Int(((cost - bucket.tokens) / rate.perSecond).rounded(.up)))
    }
  }

  /// A half of them, so that it is seldom: those who have used up least of what they may, so that nobody is forgotten by asking under many names.
  private static func forget(_ buckets: inout [String: Bucket], at time: Double) {
    let filled = buckets.mapValues { $0.tokens(at: time) / $0.rate.burst }
    for (name, _) in filled.sorted(by: { $0.value > $1.value }).prefix(buckets.count / 2 + 1) { buckets[name] = nil }
  }
}

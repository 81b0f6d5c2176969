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
  /// - Returns: nil, or the seconds after which it is worth trying again.
  package func take(_ cost: Double = 1, of name: String, _ rate: Rate, at time: Double) -> Int? {
    change(name, rate, at: time) { bucket in
      guard bucket.tokens >= cost else { return max(1, Int(((cost - bucket.tokens) / rate.perSecond).rounded(.up))) }
      bucket.tokens -= cost
      return nil
    }
  }

  /// For what has been done already: takes what there is where it is too little.
  package func charge(_ cost: Double, to name: String, _ rate: Rate, at time: Double) {
    change(name, rate, at: time) { $0.tokens = max(0, $0.tokens - cost) }
  }

  private func change<Result>(_ name: String, _ rate: Rate, at time: Double, _ body: (inout Bucket) -> Result) -> Result {
    buckets.withLock { buckets in
      // A rate may be another by now.
      let tokens = buckets[name].map { Bucket(tokens: $0.tokens, time: $0.time, rate: rate).tokens(at: time) } ?? rate.burst
      var bucket = Bucket(tokens: tokens, time: time, rate: rate)
      let result = body(&bucket)
      if buckets[name] == nil, buckets.count >= memory { Self.forget(&buckets, at: time) }
      buckets[name] = bucket
      return result
    }
  }

  /// A half of them, so that it is seldom: those who have used up least of what they may, so that nobody is forgotten by asking under many names.
  private static func forget(_ buckets: inout [String: Bucket], at time: Double) {
    let filled = buckets.mapValues { $0.tokens(at: time) / $0.rate.burst }
    for (name, _) in filled.sorted(by: { $0.value > $1.value }).prefix(buckets.count / 2 + 1) { buckets[name] = nil }
  }
}

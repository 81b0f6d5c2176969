import KeyBroker
import Testing

/// Who has used up what he may waits for it, however many others ask.
@Suite struct RateLimiterTests {
  private let rate = RateLimiter.Rate(perSecond: 1, burst: 10)

  @Test func aBucketFillsAtItsRate() {
    let limiter = RateLimiter()
    #expect((0..<10).allSatisfy { _ in limiter.take(of: "a", rate, at: 0) == nil })
    #expect(limiter.take(of: "a", rate, at: 0) == 1)
    #expect(limiter.take(5, of: "a", rate, at: 1) == 4)
    #expect(limiter.take(5, of: "a", rate, at: 5) == nil)
    #expect(limiter.take(10, of: "a", rate, at: 1000) == nil)
    #expect(limiter.take(of: "a", rate, at: 1000) == 1)
  }

  /// Otherwise whoever keeps his bucket low would never pay for what costs more.
  @Test func whatIsDoneIsPaidForAsFarAsThereIs() {
    let limiter = RateLimiter()
    #expect((0..<5).allSatisfy { _ in limiter.take(of: "a", rate, at: 0) == nil })
    limiter.charge(10, to: "a", rate, at: 0)
    #expect(limiter.take(of: "a", rate, at: 0) == 1)
  }

  /// Not by calling under other names later.
  @Test func whoHasUsedUpHisIsNotForgotten() {
    let limiter = RateLimiter(memory: 100)
    #expect(limiter.take(10, of: "guesser", rate, at: 0) == nil)
    #expect(limiter.take(10, of: "guesser", rate, at: 0) == 10)
    for number in 0..<1000 { _ = limiter.take(of: "name \(number)", rate, at: 0.001 * Double(number)) }
    #expect(limiter.take(10, of: "guesser", rate, at: 1) == 9)
    // When it is full it is as any other.
    #expect(limiter.take(10, of: "guesser", rate, at: 100) == nil)
  }
}

/// How many assertions held.
public struct Tally: Sendable {
  public struct Failure: Sendable {
    /// Of the script, from 1; 0 when the script as a whole failed.
    public var line: Int
    public var reason: String
  }
  public internal(set) var passed = 0
  public internal(set) var failures: [Failure] = []
  /// Assertions that were not judged, by the reason.
  public internal(set) var skipped: [String: Int] = [:]

  public init() {}

  /// Of a script that could not be run at all.
  public init(failure reason: String) { fail(0, reason) }

  mutating func pass() { passed += 1 }
  mutating func fail(_ line: Int, _ reason: String) { failures.append(Failure(line: line, reason: reason)) }
  mutating func skip(_ reason: String) { skipped[reason, default: 0] += 1 }
  mutating func check(_ line: Int, _ holds: Bool, _ reason: @autoclosure () -> String) {
    if holds { pass() } else { fail(line, reason()) }
  }

  public static func + (left: Tally, right: Tally) -> Tally {
    var sum = left
    sum.passed += right.passed
    sum.failures += right.failures
    sum.skipped.merge(right.skipped, uniquingKeysWith: +)
    return sum
  }
}

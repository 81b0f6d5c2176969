/// How many assertions held.
struct Tally {
  struct Failure {
    var line: Int
    var reason: String
  }
  var passed = 0
  var skipped = 0
  var failures: [Failure] = []

  mutating func pass() { passed += 1 }
  mutating func skip() { skipped += 1 }
  mutating func fail(_ line: Int, _ reason: String) { failures.append(Failure(line: line, reason: reason)) }
  mutating func check(_ line: Int, _ holds: Bool, _ reason: @autoclosure () -> String) {
    if holds { pass() } else { fail(line, reason()) }
  }

  static func + (left: Tally, right: Tally) -> Tally {
    Tally(
      passed: left.passed + right.passed, skipped: left.skipped + right.skipped, failures: left.failures + right.failures)
  }
}

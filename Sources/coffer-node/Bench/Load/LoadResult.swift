import Foundation
import Histogram

/// What a load met with. Times are nanoseconds, from before a request's first byte is sent.
package struct LoadResult: Codable, Sendable {
  package typealias Times = Histogram<UInt32>

  /// Until all of the answer was there, and until its first byte was.
  package var latency = LoadResult.times()
  var firstByte = LoadResult.times()
  /// Seconds that counted, and the requests that began in them and were answered.
  var seconds = 0.0
  package var answered = 0
  /// Answers by status.
  package var statuses: [Int: Int] = [:]
  /// Answers with another status, or another body, than the right one.
  var wrong = 0
  /// The beginning of the first of them.
  var wrongAnswer: String?
  var lastAnswer: Data?
  /// Requests without an answer, by why.
  package var failures: [String: Int] = [:]

  package init() {}

  package static func times() -> Times {
    Times(lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000_000, numberOfSignificantValueDigits: .three)
  }

  var rate: Double { seconds > 0 ? Double(answered) / seconds : 0 }
  var failed: Int { failures.values.reduce(0, +) }
  /// Nil where every request has had the right answer.
  package var complaint: String? {
    guard wrong > 0 || failed > 0 || answered == 0 else { return nil }
    var parts = failures.sorted { $0.key < $1.key }.map { "\($0.value) without an answer: \($0.key)" }
    if wrong > 0 {
      let counts = statuses.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      parts.append("\(wrong) wrong answers (by status: \(counts)), the first: \(wrongAnswer ?? "")")
    }
    if answered == 0 { parts.append("no answer at all") }
    return parts.joined(separator: "; ")
  }

  mutating func add(_ other: LoadResult) {
    latency.add(other.latency)
    firstByte.add(other.firstByte)
    seconds += other.seconds
    answered += other.answered
    wrong += other.wrong
    wrongAnswer = wrongAnswer ?? other.wrongAnswer
    statuses.merge(other.statuses, uniquingKeysWith: +)
    failures.merge(other.failures, uniquingKeysWith: +)
  }
}

extension Histogram {
  /// In microseconds, of nanoseconds.
  package func microseconds(_ percentile: Double) -> Double { totalCount == 0 ? .nan : Double(valueAtPercentile(percentile)) / 1000 }
}

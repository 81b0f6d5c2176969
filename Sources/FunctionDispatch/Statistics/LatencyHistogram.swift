import Histogram

/// Microseconds: to two significant digits for percentiles, up to an hour, and exactly by ``LatencySummary/bounds``.
///
/// A histogram takes 5 KB and more, and most of many functions are called a few times: the first values are kept as they are.
struct LatencyHistogram: Sendable {
  private struct Counts: Sendable {
    var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
    var bounds = [UInt64](repeating: 0, count: LatencySummary.bounds.count)
    var sum: UInt64 = 0

    init(_ values: [UInt32]) {
      histogram.autoResize = true
      for value in values { record(UInt64(value)) }
    }

    mutating func record(_ value: UInt64) {
      histogram.record(value)
      sum &+= value
      if let index = LatencySummary.bounds.firstIndex(where: { value <= $0 }) { bounds[index] += 1 }
    }
  }

  private var first: [UInt32] = []
  /// One, as soon as there are more values than are kept; in an array, which is a word where there is none.
  private var counts: [Counts] = []

  private static let firstLimit = 16

  mutating func record(nanoseconds: UInt64) {
    let value = min(nanoseconds / 1000, 3_600_000_000)
    guard counts.isEmpty else { return counts[0].record(value) }
    first.append(UInt32(value))
    guard first.count > Self.firstLimit else { return }
    counts = [Counts(first)]
    first = []
  }

  var summary: LatencySummary {
    guard let counts = counts.first else { return first.isEmpty ? Self.nothing : summaryOfFirst }
    let histogram = counts.histogram
    return LatencySummary(
      count: histogram.totalCount, p50: histogram.valueAtPercentile(50), p90: histogram.valueAtPercentile(90), p99: histogram.valueAtPercentile(99),
      max: histogram.max, sum: counts.sum, buckets: zip(LatencySummary.bounds, counts.bounds).map { [$0, $1] })
  }

  /// Exactly, by the nearest rank; a histogram made for this would take longer than all else of a picture.
  private var summaryOfFirst: LatencySummary {
    let sorted = first.map { UInt64($0) }.sorted()
    func percentile(_ part: Int) -> UInt64 { sorted[max((sorted.count * part + 99) / 100, 1) - 1] }
    var bounds = LatencySummary.bounds.map { [$0, 0] }
    for value in sorted {
      if let index = bounds.firstIndex(where: { value <= $0[0] }) { bounds[index][1] += 1 }
    }
    return LatencySummary(
      count: UInt64(sorted.count), p50: percentile(50), p90: percentile(90), p99: percentile(99), max: sorted[sorted.count - 1], sum: sorted.reduce(0, +),
      buckets: bounds)
  }

  private static let nothing = LatencySummary(count: 0, p50: 0, p90: 0, p99: 0, max: 0, sum: 0, buckets: LatencySummary.bounds.map { [$0, 0] })
}

import Histogram

/// Microseconds: to two significant digits for percentiles, up to an hour, and exactly by ``LatencySummary/bounds``.
struct LatencyHistogram: Sendable {
  private var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .two)
  private var counts = [UInt64](repeating: 0, count: LatencySummary.bounds.count)
  private var sum: UInt64 = 0

  init() { histogram.autoResize = true }

  mutating func record(nanoseconds: UInt64) {
    let value = min(nanoseconds / 1000, 3_600_000_000)
    histogram.record(value)
    sum &+= value
    if let index = LatencySummary.bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
  }

  var summary: LatencySummary {
    let count = histogram.totalCount
    let isEmpty = count == 0
    return LatencySummary(
      count: count, p50: isEmpty ? 0 : histogram.valueAtPercentile(50), p90: isEmpty ? 0 : histogram.valueAtPercentile(90),
      p99: isEmpty ? 0 : histogram.valueAtPercentile(99), max: isEmpty ? 0 : histogram.max, sum: sum,
      buckets: zip(LatencySummary.bounds, counts).map { [$0, $1] })
  }
}

/// Cases of a benchmark that take turns, each several runs in a row.
///
/// In a row, since a server's machine is not as cold as one that has waited for all others: what the first run of a turn pays for what another case has
/// done to the processor's caches, and for a thread that has fallen asleep meanwhile, shows in the higher percentiles.
enum Turns {
  private static let runs = 10
  /// A turn is at least so long: until then the system has not moved all threads to where there is room.
  private static let least = Duration.milliseconds(20)

  /// What each run of each case measured, of so many runs at least, after one that does not count: what a process sets up once.
  static func samples(of cases: [() throws -> Double], runs: Int) throws -> [[Double]] {
    var samples = cases.map { _ in [Double]() }
    for measure in cases { _ = try measure() }
    for begin in stride(from: 0, to: runs, by: Self.runs) {
      Terminal.progress("run \(begin + 1) of \(runs)")
      for (index, measure) in cases.enumerated() {
        let behind = ContinuousClock.now + least
        var done = 0
        while done < min(Self.runs, runs - begin) || ContinuousClock.now < behind {
          samples[index].append(try measure())
          done += 1
        }
      }
    }
    Terminal.progress(nil)
    return samples
  }
}

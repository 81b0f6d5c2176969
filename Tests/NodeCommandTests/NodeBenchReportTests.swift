import ArgumentParser
import Foundation
import Testing
import coffer_node

struct NodeBenchReportTests {
  @Test(arguments: [(2.9, true), (3, true), (3.1, false), (.nan, false)]) func aGoalIsReachedByAFigureOnly(_ found: Double, _ isMet: Bool) {
    var report = NodeBenchReport(bench: "test")
    report.goal("", "us", atMost: 3, found)
    report.goal("", "us", atLeast: -3, -found)
    #expect(report.goals.map(\.isMet) == [isMet, isMet])
  }

  @Test func aWrongAnswerIsComplainedOf() {
    var result = LoadResult()
    #expect(result.complaint == "no answer at all")
    result.answered = 1
    #expect(result.complaint == nil)
    result.failures = ["closed": 2]
    #expect(result.complaint == "2 without an answer: closed")
  }

  @Test func aResultSurvivesItsWayBetweenProcesses() throws {
    var result = LoadResult()
    for value in [1_000, 2_000, 3_000_000] { result.latency.record(UInt64(value)) }
    result.statuses = [200: 3]
    let copy = try JSONDecoder().decode(LoadResult.self, from: JSONEncoder().encode(result))
    #expect(copy.latency == result.latency && copy.statuses == result.statuses)
    #expect(copy.latency.microseconds(50) == 2)
  }

  @Test func aPlotIsWellFormed() {
    var plot = LatencyPlot(title: "a < b & c")
    var times = LoadResult.times()
    for value in 1...1000 { times.record(UInt64(value) * 1000) }
    plot.add(panel: "1", series: "coffer", times)
    plot.add(panel: "1", series: "<peer>", LoadResult.times())
    #expect(XMLCheck.isWellFormed(plot.svg))
    #expect(plot.svg.contains("a &lt; b &amp; c") && !plot.svg.contains("nan"))
  }
}

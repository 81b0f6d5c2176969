import Coffer
import Glibc
import Monitor
import Synchronization
import Testing
import TrustletImage

/// Programs whose calls are served by another thread while they wait.
extension RunningTests {
  @Suite struct DoorbellTests {
    /// Reads the clock as often as it is told, and says how often that failed or went backwards.
    private static let clock = TestProgram(
      """
      (module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "calls") (param i64) (result i64) (local i64 i64)
          (loop $next
            (if (call $clock (i32.const 0) (i64.const 0) (i32.const 8)) (then (local.set 1 (i64.add (local.get 1) (i64.const 1)))))
            (if (i64.lt_u (i64.load (i32.const 8)) (local.get 2)) (then (local.set 1 (i64.add (local.get 1) (i64.const 1)))))
            (local.set 2 (i64.load (i32.const 8)))
            (br_if $next (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0))))
          (local.get 1)))
      """)

    private func calls(_ count: UInt64, answersDoorbells: Bool = true) throws -> (outcome: Outcome, statistics: TrustletStatistics) {
      let image = try Self.clock.image()
      var options = RunOptions()
      options.streams = .init(input: nil, output: nil, errors: nil)
      options.time = .seconds(60)
      options.answersDoorbells = answersDoorbells
      let trustlet = try TrustletRunner.start(image, options)
      let function = try #require(image.export("calls", instance: 0))
      return (TrustletRunner.call(function, [CommandSlot(low: count)], of: image, trustlet), trustlet.statistics)
    }

    @Test func manyCallsLeaveTheMachineSeldom() throws {
      let (outcome, statistics) = try calls(20_000)
      #expect(outcome == .finished([CommandSlot(low: 0)]))
      #expect(statistics.edgeCalls[.wallClock] == 20_000)
      #expect(statistics.edgeCalls.byDoorbell > 0)
      #expect(statistics.machine.exits + statistics.edgeCalls.byDoorbell >= 20_000)
    }

    @Test func noneOfThemWhereTheyAreNotWanted() throws {
      let (outcome, statistics) = try calls(2000, answersDoorbells: false)
      #expect(outcome == .finished([CommandSlot(low: 0)]))
      #expect(statistics.edgeCalls.byDoorbell == 0 && statistics.machine.exits > 2000)
    }

    @Test func trustletsAtOnceGetTheirOwnAnswers() async throws {
      let failures = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<4 { group.addTask { (try? calls(5000).outcome) != .finished([CommandSlot(low: 0)]) } }
        return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(failures == 0)
    }
  }
}

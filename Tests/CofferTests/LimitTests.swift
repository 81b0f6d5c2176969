import EdgeCalls
import Monitor
import Testing
import TrustletImage

private let limitProgram: TestProgram = {
  var manifest = Manifest()
  manifest.memory = .mebibytes(4)
  return TestProgram(
    """
    (module
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (type $none (func))
      (memory 1) (table 1 funcref) (elem (i32.const 0) func $step)
      (global $g (mut i32) (i32.const 0))
      (func $step (global.set $g (i32.add (global.get $g) (i32.const 1))))
      (func $nothing)
      (func $identity (param i32) (result i32) (local.get 0))
      (func (export "empty loop") (loop $next (br $next)))
      (func (export "loop with a call of nothing") (loop $next (call $nothing) (br $next)))
      (func (export "loop with a call") (loop $next (call $step) (br $next)))
      (func (export "loop with an indirect call") (loop $next (call_indirect (type $none) (i32.const 0)) (br $next)))
      (func (export "loop on a constant") (loop $next (br_if $next (i32.const 1))))
      (func (export "loop on a call's result") (loop $next (br_if $next (call $identity (i32.const 1)))))
      (func (export "loop through a table") (loop $next (br_table $next $next $next (global.get $g))))
      (func (export "loop of loads") (loop $next (drop (i32.load (i32.const 0))) (br $next)))
      (func (export "loop of stores") (loop $next (i32.store (i32.const 0) (i32.const 1)) (br $next)))
      (func $never (param i32) (result i32) (loop $next (br $next)) (i32.const 1))
      (func (export "unused result of what never returns") (drop (call $never (i32.const 1))))
      (func $spins (param i32) (result i32) (loop $next (br_if $next (i32.eqz (local.get 0)))) (i32.const 1))
      (func (export "unused result of what might not return") (drop (call $spins (i32.const 0))))
      (func (export "endless loop with a division") (loop $next (drop (i32.div_u (i32.const 1) (i32.const 1))) (br $next)))
      (func (export "endless loop before a trap") (loop $next (br_if $next (i32.eqz (global.get $g)))) (unreachable))
      (func (export "loop that counts without end") (local i32)
        (loop $next (local.set 0 (i32.add (local.get 0) (i32.const 2))) (br_if $next (i32.ne (local.get 0) (i32.const 1)))))
      (func (export "loops in each other") (loop $outer (loop $inner (br_if $inner (global.get $g)) (br $outer))))
      (func (export "loop of clocks") (loop $next (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8))) (br $next)))
      (func (export "loop of growth that fails") (loop $next (drop (memory.grow (i32.const 65536))) (br $next)))
      ;; Up and down again, never deep.
      (func $shallow (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $shallow (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
      (func (export "shallow recursion") (loop $next (br_if $next (call $shallow (i32.const 8)))))
      (func $fibonacci (param i64) (result i64)
        (if (result i64) (i64.lt_u (local.get 0) (i64.const 2)) (then (local.get 0))
          (else (i64.add (call $fibonacci (i64.sub (local.get 0) (i64.const 1))) (call $fibonacci (i64.sub (local.get 0) (i64.const 2)))))))
      (func (export "recursion like a tree") (drop (call $fibonacci (i64.const 90))))

      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "size") (result i32) (memory.size))
      (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
      (func (export "store") (param i32) (i32.store (local.get 0) (i32.const -1)))
      (func (export "sum") (param $from i32) (param $to i32) (result i64) (local $sum i64)
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $from) (local.get $to)))
          (local.set $sum (i64.or (local.get $sum) (i64.load (local.get $from))))
          (local.set $from (i32.add (local.get $from) (i32.const 8)))
          (br $next)))
        (local.get $sum))
    )
    """, manifest: manifest)
}()

extension RunningTests {
  @Suite struct LimitTests {
    static let endless = [
      "empty loop", "loop with a call of nothing", "unused result of what never returns", "unused result of what might not return",
      "endless loop with a division", "endless loop before a trap", "loop with a call", "loop with an indirect call", "loop on a constant",
      "loop on a call's result", "loop through a table", "loop of loads", "loop of stores",
      "loop that counts without end", "loops in each other", "loop of clocks", "loop of growth that fails", "shallow recursion",
      "recursion like a tree",
    ]

    @Test(arguments: Variant.all) func timeLimitEndsWhatDoesNotEnd(variant: Variant) throws {
      for shape in Self.endless {
        let program = try limitProgram.start(variant, time: .milliseconds(30))
        let clock = ContinuousClock()
        let start = clock.now
        let outcome = try program.call(shape)
        let took = clock.now - start
        #expect(outcome == .timedOut, "\(shape)")
        // Beside other tests a processor is not there at once.
        #expect(took >= .milliseconds(30) && took < .seconds(20), "\(shape): \(took)")
        #expect(try program.call("size") == .timedOut)
      }
    }

    @Test(arguments: Variant.all) func processorTimeEndsWhatComputes(variant: Variant) throws {
      for shape in ["empty loop", "loop of clocks", "loop of growth that fails", "recursion like a tree"] {
        let program = try limitProgram.start(variant, processorTime: .milliseconds(30))
        #expect(try program.call(shape) == .processorTimeUsedUp, "\(shape)")
        let used = try #require(program.trustlet.statistics.processorTime)
        #expect(used >= 30_000_000 && used < 1_000_000_000, "\(shape): \(used)")
      }
    }

    @Test(arguments: Variant.all) func memoryGrowsToTheManifestsLimitAndNoFurther(variant: Variant) throws {
      let program = try limitProgram.start(variant)
      // The other instance's memory, where there is one, has a page of it.
      let pages: UInt64 = variant.place == .constantAddress ? 64 : 63
      #expect(try program.value("grow", pages) == UInt64(UInt32.max))
      #expect(try program.value("grow", 0xFFFF_FFFF) == UInt64(UInt32.max))
      #expect(try program.value("size") == 1)
      #expect(program.trustlet.statistics.refused == .memory)
      #expect(try program.value("grow", pages - 1) == 1)
      #expect(try program.value("size") == pages)
      #expect(try program.value("grow", 1) == UInt64(UInt32.max))
      #expect(try program.value("grow", 0) == pages)
      #expect(try program.value("sum", 0, pages << 16) == 0)
      #expect(try program.call("store", pages << 16 - 4).isFinished)
      #expect(try program.call("store", pages << 16 - 3).trapKind == .outOfBoundsMemoryAccess)
      #expect(try program.value("load", pages << 16 - 4) == UInt64(UInt32.max))
    }

    @Test(arguments: Variant.all) func growthInManySteps(variant: Variant) throws {
      let program = try limitProgram.start(variant)
      var generator = SystemRandomNumberGenerator()
      var pages: UInt64 = 1
      for _ in 0..<10 {
        let step = UInt64.random(in: 0...6, using: &generator)
        let end = pages << 16
        // Before: nothing beyond the end, touched or not.
        #expect(try program.call("store", end).trapKind == .outOfBoundsMemoryAccess)
        #expect(try program.call("load", end - 3).trapKind == .outOfBoundsMemoryAccess)
        #expect(try program.call("store", end - 4).isFinished)
        #expect(try program.value("grow", step) == pages)
        pages += step
        let newEnd = pages << 16
        #expect(try program.value("load", end - 4) == UInt64(UInt32.max))
        #expect(try program.value("sum", end, newEnd) == 0, "new pages are zero")
        for boundary in stride(from: end, to: newEnd, by: 65536) {
          #expect(try program.value("load", boundary) == 0)
          #expect(try program.value("load", boundary - 2) <= 0xFFFF)
        }
        #expect(try program.call("load", newEnd - 3).trapKind == .outOfBoundsMemoryAccess)
        #expect(try program.call("load", newEnd).trapKind == .outOfBoundsMemoryAccess)
      }
    }

    @Test func runsLimitIsBelowTheManifests() throws {
      let program = try limitProgram.start(memory: .mebibytes(1))
      #expect(try program.value("grow", 16) == UInt64(UInt32.max))
      #expect(try program.value("grow", 15) == 1)
      #expect(try program.value("grow", 1) == UInt64(UInt32.max))
      #expect(try program.call("store", 1 << 20).trapKind == .outOfBoundsMemoryAccess)
    }

    @Test func moreMemoryThanTheLimitAtTheStartIsRefused() throws {
      let program = TestProgram("(module (memory 17))")
      let error = #expect(throws: TrustletError.self) { try program.start(memory: .mebibytes(1)) }
      #expect(error == .tooLittleMemory(needed: 17 << 16, limit: 1 << 20))
      #expect(error?.description.contains("1114112") == true)
      var manifest = Manifest()
      manifest.memory = .mebibytes(1)
      let refusal = #expect(throws: (any Error).self) { try TestProgram("(module (memory 17))", manifest: manifest).image() }
      let message = refusal.map { "\($0)" } ?? ""
      #expect(message.contains("1MiB") && message.contains("raise"), "\(message)")
    }
  }
}

import EdgeCalls
import Monitor
import Testing
import TrustletImage

/// A function of very many locals that all live across its call of itself.
private func hugeFrame(_ count: Int) -> String {
  let fill = (0..<count).map { "(local.set \($0 + 1) (i64.load offset=\($0 % 4096) (i32.const 0)))" }
  let sum = (0..<count).map { "(local.get \($0 + 1)) i64.add" }
  return """
    (func $huge (export "huge") (param i32) (result i64) (local \(String(repeating: "i64 ", count: count)))
      \(fill.joined(separator: "\n"))
      (if (result i64) (local.get 0) (then (call $huge (i32.sub (local.get 0) (i32.const 1)))) (else (i64.const 1)))
      \(sum.joined(separator: " ")))
    """
}

private let stackProgram: TestProgram = {
  // Small, so that the library OS is called at every depth in reasonable time.
  var manifest = Manifest()
  manifest.stack = .kibibytes(256)
  return TestProgram(
    """
    (module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $arguments (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (type $unary (func (param i32) (result i32)))
      (memory 1 4096)
      (table 2 funcref) (elem (i32.const 0) func $indirect $plain)
      (table $references 1 funcref)
      (global $depth (export "depth") (mut i32) (i32.const 0))
      (data (i32.const 0) "\\10\\00\\00\\00\\01\\00\\00\\00")
      (func $deeper (global.set $depth (i32.add (global.get $depth) (i32.const 1))))
      (func (export "reset") (global.set $depth (i32.const 0)))

      (func $tail (export "tail") (param i32) (result i32) (call $tail (local.get 0)))
      (func $pure (export "pure") (param i32) (result i32) (i32.add (i32.const 1) (call $pure (local.get 0))))
      (func $unused (export "unused") (param i32) (result i32) (drop (call $unused (local.get 0))) (i32.const 1))
      (func $even (export "mutual") (param i32) (result i32) (call $odd (local.get 0)))
      (func $odd (param i32) (result i32) (call $even (local.get 0)))
      (func $indirect (export "indirect") (param i32) (result i32) (call_indirect (type $unary) (local.get 0) (i32.const 0)))
      (func $plain (export "counted") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $plain (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))
      (func $counting (export "counting") (param i32) (result i32)
        (call $deeper) (i32.add (call $counting (local.get 0)) (i32.const 1)))
      (func $branches (export "in a loop") (param i32) (result i32)
        (loop $next (result i32) (drop (call $branches (local.get 0))) (br_if $next (local.get 0)) (i32.const 0)))
      (func $many (export "many parameters") (param i32 i64 f64 i64 f64 i64 f64 i64 f64 i64 f64 i64 i64 i64 i64 i64) (result i32)
        (call $many (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7)
          (local.get 8) (local.get 9) (local.get 10) (local.get 11) (local.get 12) (local.get 13) (local.get 14) (local.get 15)))
      (func (export "many") (param i32) (result i32)
        (call $many (local.get 0) (i64.const 1) (f64.const 1) (i64.const 1) (f64.const 1) (i64.const 1) (f64.const 1) (i64.const 1)
          (f64.const 1) (i64.const 1) (f64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1)))

      ;; Each level calls the library OS, so that one of them does it with as little of the stack as there can be.
      (func $writes (export "writes") (param i32) (result i32)
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.add (i32.const 1) (call $writes (local.get 0))))
      (func $clocks (export "clocks") (param i32) (result i32)
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 32))) (i32.add (i32.const 1) (call $clocks (local.get 0))))
      (func $randoms (export "randoms") (param i32) (result i32) (local i64)
        (drop (call $random (i32.const 64) (i32.const 300))) (i32.add (i32.const 1) (call $randoms (local.get 0))))
      (func $opens (export "opens") (param i32) (result i32)
        (drop (call $open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0) (i64.const 0) (i64.const 0) (i32.const 0)
          (i32.const 40)))
        (i32.add (i32.const 1) (call $opens (local.get 0))))
      (func $askings (export "askings") (param i32) (result i32)
        (drop (call $arguments (i32.const 32) (i32.const 36))) (i32.add (i32.const 1) (call $askings (local.get 0))))
      (func $grows (export "memory growing") (param i32) (result i32)
        (drop (memory.grow (i32.eqz (i32.and (global.get $depth) (i32.const 15))))) (call $deeper)
        (i32.add (i32.const 1) (call $grows (local.get 0))))
      (func $tableGrows (export "table growing") (param i32) (result i32)
        (drop (table.grow $references (ref.null func) (i32.eqz (i32.and (global.get $depth) (i32.const 15))))) (call $deeper)
        (i32.add (i32.const 1) (call $tableGrows (local.get 0))))
      (func (export "size") (result i32) (memory.size))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "poke") (param i32) (i32.store (local.get 0) (i32.const 1)))
      (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (func (export "random") (result i32) (call $random (i32.const 64) (i32.const 300)))
    )
    """, manifest: manifest)
}()

extension RunningTests {
  @Suite struct StackTests {
    static let endless = [
      "tail", "pure", "unused", "mutual", "indirect", "counting", "in a loop", "many", "writes", "clocks", "randoms", "opens", "askings",
      "memory growing", "table growing",
    ]

    @Test(arguments: Variant.all) func endlessRecursionExhaustsTheStackAndNothingElse(variant: Variant) throws {
      let program = try stackProgram.start(variant, time: .seconds(20))
      for round in 0..<3 {
        for shape in Self.endless {
          _ = try program.call("reset")
          let outcome = try program.call(shape, UInt64(round))
          try #require(outcome.trapKind == .callStackExhausted, "\(shape): \(outcome)")
          // The trustlet still works, its library OS too.
          #expect(try program.value("counted", 1000) == 1000, "\(shape)")
          #expect(try program.value("write") <= 76, "\(shape)")
          #expect(try program.value("random") == 0, "\(shape)")
        }
      }
      let pages = try program.value("size")
      #expect(pages > 1)
      #expect(try program.call("poke", pages << 16 - 4).isFinished)
      #expect(try program.call("poke", pages << 16 - 3).trapKind == .outOfBoundsMemoryAccess)
      #expect(try program.value("grow", 1) == (pages == 4096 ? UInt64(UInt32.max) : pages))
    }

    @Test(arguments: Variant.all) func deepRecursionThatEndsIsFine(variant: Variant) throws {
      let program = try stackProgram.start(variant)
      #expect(try program.value("counted", 3000) == 3000)
      #expect(try program.call("counted", 10_000_000).trapKind == .callStackExhausted)
      #expect(try program.value("counted", 3000) == 3000)
    }

    @Test(arguments: [ByteCount.kibibytes(64), .mebibytes(1), .mebibytes(128)]) func stacksOfAllSizes(size: ByteCount) throws {
      var manifest = Manifest()
      manifest.stack = size
      let program = try TestProgram(
        """
        (module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (memory 1) (global $depth (export "depth") (mut i32) (i32.const 0))
          (func (export "random") (result i32) (call $random (i32.const 64) (i32.const 300)))
          (func $endless (export "endless") (result i32)
            (global.set $depth (i32.add (global.get $depth) (i32.const 1))) (i32.add (i32.const 1) (call $endless))))
        """, manifest: manifest
      ).start()
      #expect(try program.value("random") == 0)
      #expect(try program.call("endless").trapKind == .callStackExhausted)
      // A frame has at least eight bytes and, here, at most 64.
      let depth = try program.depth()
      #expect(depth <= size.bytes / 8 && depth >= (size.bytes - 4096) / 64, "\(depth) calls in \(size)")
      #expect(try program.value("random") == 0)
    }

    @Test(arguments: [Variant(optimization: .none, place: .constantAddress), .standard]) func hugeFrames(variant: Variant) throws {
      // Optimised, more would take the compiler half a minute.
      let count = variant.optimization == .none ? 20_000 : 4000
      let program = try TestProgram("(module (memory 1) (func (export \"nothing\")) \(hugeFrame(count)))").start(variant)
      for _ in 0..<2 {
        #expect(try program.value("huge", 2) == 1)
        #expect(try program.call("huge", 1 << 31).trapKind == .callStackExhausted)
        #expect(try program.call("nothing") == .finished([]))
      }
    }

    /// One frame larger than the whole stack must not step over what lies below it.
    @Test func frameLargerThanTheStack() throws {
      var manifest = Manifest()
      manifest.stack = .kibibytes(64)
      let program = try TestProgram("(module (memory 1) (func (export \"nothing\")) \(hugeFrame(20_000)))", manifest: manifest).start(
        Variant(optimization: .none, place: .constantAddress))
      #expect(try program.call("huge", 0).trapKind == .callStackExhausted)
      #expect(try program.call("nothing") == .finished([]))
    }
  }
}

extension RunningProgram {
  /// The exported global of that name.
  fileprivate func depth() throws -> UInt64 { try value("depth") }
}

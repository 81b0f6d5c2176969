import EdgeCalls
import Monitor
import Testing
import TrustletImage

/// The library OS's heap: smaller where there is no scratch space, and large enough for what may be asked of it.
private func program(scratch: Bool) -> TestProgram {
  var manifest = Manifest()
  if scratch { manifest.scratch = Manifest.Scratch(path: "/tmp", size: .mebibytes(128)) }
  return TestProgram(
    """
    (module
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
      (memory 1)
      (table $t 1 externref)
      (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null extern) (local.get 0)))
      (func (export "arguments") (result i32)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (i32.load (i32.const 0)))
      ;; So many files with names of 255 bytes, a byte in each. How many there are when one is refused.
      (func (export "files") (param $count i32) (result i32) (local $made i32) (local $digits i32) (local $place i32)
        (memory.fill (i32.const 1024) (i32.const 120) (i32.const 255))
        (i32.store (i32.const 0) (i32.const 1024))
        (i32.store (i32.const 4) (i32.const 1))
        (block $done (loop $next
          (br_if $done (i32.ge_u (local.get $made) (local.get $count)))
          (local.set $digits (local.get $made))
          (local.set $place (i32.const 1024))
          (loop $digit
            (i32.store8 (local.get $place) (i32.add (i32.const 48) (i32.rem_u (local.get $digits) (i32.const 10))))
            (local.set $place (i32.add (local.get $place) (i32.const 1)))
            (br_if $digit (local.tee $digits (i32.div_u (local.get $digits) (i32.const 10)))))
          (br_if $done (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 255) (i32.const 1)
            (i64.const 0x40) (i64.const 0x40) (i32.const 0) (i32.const 16)))
          (br_if $done (call $write (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 24)))
          (br_if $done (call $close (i32.load (i32.const 16))))
          (local.set $made (i32.add (local.get $made) (i32.const 1)))
          (br $next)))
        (local.get $made))
    )
    """, manifest: manifest)
}

extension RunningTests {
  @Suite struct HeapTests {
    /// A block is a power of two, of which the array takes all but its header; the whole heap is never free.
    @Test(arguments: [false, true]) func tablesGrowWithinTheHeap(scratch: Bool) throws {
      let heap = scratch ? MemoryMap.heapSize : MemoryMap.heapSizeWithoutScratch
      let most = Int32(heap / 2 / 8) - 2
      let program = program(scratch: scratch)
      for (by, expected) in [(most - 1, Int32(1)), (most, -1), (Int32.max, -1)] {
        #expect(try program.start().value("grow", UInt64(by)) == UInt64(UInt32(bitPattern: expected)))
      }
    }

    @Test func everyNameThatScratchSpaceMayHaveFits() throws {
      // As many as ScratchFileSystem counts.
      #expect(try program(scratch: true).start().value("files", 20_000) == 16_384)
    }

    /// As many, and as short, as the monitor lets through.
    @Test func theMostArgumentsFit() throws {
      let count = Int((Configuration.sizeLimit - 4096) / (Configuration.stringOverhead + 5))
      let run = try program(scratch: false).start(arguments: [String](repeating: "a", count: count))
      #expect(try run.value("arguments") == UInt64(count))
    }
  }
}

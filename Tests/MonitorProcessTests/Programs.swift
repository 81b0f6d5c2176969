import TrustletImage

/// Small programs for calls, in WebAssembly's text format.
enum Programs {
  private static func wasi(_ body: String) -> String {
    """
    (module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environment (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 3)
      (global $calls (mut i32) (i32.const 0))
      (func $say (param $stream i32) (param $start i32) (param $length i32)
        (i32.store (i32.const 0) (local.get $start))
        (i32.store (i32.const 4) (local.get $length))
        (if (local.tee $stream (call $write (local.get $stream) (i32.const 0) (i32.const 1) (i32.const 8)))
          (then (call $exit (local.get $stream)))))
      \(body))
    """
  }

  /// Standard input to standard output, in pieces of at most 64 KiB.
  static func echo() throws -> TestImage {
    try .text("echo", wasi("""
      (func (export "_start") (local $count i32)
        (loop $next
          (i32.store (i32.const 0) (i32.const 64))
          (i32.store (i32.const 4) (i32.const 65536))
          (if (local.tee $count (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (then (call $exit (local.get $count))))
          (if (local.tee $count (i32.load (i32.const 8)))
            (then (call $say (i32.const 1) (i32.const 64) (local.get $count)) (br $next)))))
      """))
  }

  /// The environment, each variable ended by a zero.
  static func environment() throws -> TestImage {
    try .text("environment", wasi("""
      (func (export "_start")
        (drop (call $sizes (i32.const 16) (i32.const 20)))
        (drop (call $environment (i32.const 1024) (i32.const 8192)))
        (if (i32.load (i32.const 20)) (then (call $say (i32.const 1) (i32.const 8192) (i32.load (i32.const 20))))))
      """))
  }

  /// Writes until that fails, and ends with the error's number.
  static func flood() throws -> TestImage {
    try .text("flood", wasi("""
      (func (export "_start") (loop $next (call $say (i32.const 1) (i32.const 64) (i32.const 65536)) (br $next)))
      """))
  }

  /// Takes memory until there is none, and ends with the number of pages that it has.
  static func greedy() throws -> TestImage {
    try .text("greedy", wasi("""
      (func (export "_start")
        (loop $next (br_if $next (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
        (call $exit (memory.size)))
      """))
  }

  /// Writes 100,000 bytes, takes a page of memory behind each 2,000 of them, and then computes for ever.
  static func hoarder() throws -> TestImage {
    try .text("hoarder", wasi("""
      (func (export "_start") (local $count i32)
        (loop $next
          (call $say (i32.const 1) (i32.const 64) (i32.const 2000))
          (drop (memory.grow (i32.const 1)))
          (br_if $next (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 50))))
        (loop $spin (br $spin)))
      """))
  }

  /// Says how often it has run in this memory: 1, on standard error too, and a trap behind it where that is wanted.
  static func counter(traps: Bool = false) throws -> TestImage {
    try .text("counter \(traps)", wasi("""
      (data (i32.const 32) "0")
      (func (export "_start")
        (i32.store8 (i32.const 32) (i32.add (i32.load8_u (i32.const 32)) (i32.const 1)))
        (call $say (i32.const 2) (i32.const 32) (i32.const 1))
        (call $say (i32.const 1) (i32.const 32) (i32.const 1))
        \(traps ? "(unreachable)" : ""))
      """))
  }

  /// Says something, perhaps takes more memory, waits 300 ms, and says it again.
  static func slow(grows: Bool = false) throws -> TestImage {
    try .text("slow \(grows)", wasi("""
      (data (i32.const 32) "a")
      (func (export "_start")
        (call $say (i32.const 1) (i32.const 32) (i32.const 1))
        \(grows ? "(drop (memory.grow (i32.const 1)))" : "")
        (i64.store (i32.const 64) (i64.const 0))
        (i64.store (i32.const 72) (i64.const 0))
        (i32.store (i32.const 80) (i32.const 1))
        (i64.store (i32.const 88) (i64.const 300000000))
        (i64.store (i32.const 96) (i64.const 0))
        (i64.store (i32.const 104) (i64.const 0))
        (drop (call $poll (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 8)))
        (call $say (i32.const 1) (i32.const 32) (i32.const 1)))
      """))
  }
}

import Foundation
import Testing

/// Each limit, from the command line and from the manifest: the status, and the message that names the limit and where it comes from.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct LimitCommandTests {
  private static let programs = [
    "loop": "(module (memory 1) (func (export \"_start\") (loop $next (br $next))))",
    "sleep": """
      (module (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
          (i32.store (i32.const 16) (i32.const 1)) (i64.store (i32.const 24) (i64.const 400000000))
          (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))
      """,
    // Grows until that fails and then traps, as allocators do.
    "grow": "(module (memory 1) (func (export \"_start\") (loop $next (br_if $next (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable))",
    "modest": "(module (memory 1) (func (export \"_start\") (drop (memory.grow (i32.const 60000)))))",
    // Writes 100 bytes 1000 times and ends with the last error number.
    "flood": """
      (module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (global $count (mut i32) (i32.const 0)) (global $last (mut i32) (i32.const 0))
        (func (export "_start")
          (i32.store (i32.const 0) (i32.const 256)) (i32.store (i32.const 4) (i32.const 100))
          (loop $next
            (global.set $last (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (br_if $next (i32.lt_u (global.get $count) (i32.const 1000))))
          (call $exit (global.get $last))))
      """,
    // Writes 4 KiB 100 times to a file of the first directory and ends with the last error number.
    "fill": """
      (module (import "wasi_snapshot_preview1" "path_open"
          (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (data (i32.const 64) "file") (global $count (mut i32) (i32.const 0)) (global $last (mut i32) (i32.const 0))
        (func (export "_start")
          (i32.store (i32.const 0) (i32.const 4096)) (i32.store (i32.const 4) (i32.const 4096))
          (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (i32.const 1) (i64.const 66) (i64.const 66) (i32.const 0)
              (i32.const 32)) (then (call $exit (i32.const 99))))
          (loop $next
            (global.set $last (call $write (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 16)))
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (br_if $next (i32.lt_u (global.get $count) (i32.const 100))))
          (call $exit (global.get $last))))
      """,
    // Opens the first directory 50 times and ends with the last error number.
    "open": """
      (module (import "wasi_snapshot_preview1" "path_open"
          (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1) (data (i32.const 64) ".") (global $count (mut i32) (i32.const 0)) (global $last (mut i32) (i32.const 0))
        (func (export "_start")
          (loop $next
            (global.set $last (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 0) (i64.const 0) (i64.const 0)
              (i32.const 0) (i32.const 32)))
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (br_if $next (i32.lt_u (global.get $count) (i32.const 50))))
          (call $exit (global.get $last))))
      """,
  ]

  private func place() throws -> Workplace {
    let place = try Workplace()
    for (name, text) in Self.programs { try place.module("\(name).wasm", text) }
    return place
  }

  /// WASI's error number for a full disk.
  private static let noSpace: Int32 = 51
  /// ... and for too many open files.
  private static let tooManyFiles: Int32 = 33

  @Test func eachLimitHasItsStatusAndItsMessage() throws {
    let place = try place()
    for (name, text) in [
      ("time", "time: 60ms"), ("cpu", "cpu-time: 60ms"), ("memory", "memory: 1MiB"), ("output", "output: 1000B"),
      ("scratch", "scratch: {path: /tmp, size: 128KiB}"), ("files", "scratch: {path: /tmp}\nopen-files: 20"),
    ] { try place.write("\(name).yaml", Array(text.utf8)) }
    let memory = "the program had reached its memory limit of 1MiB"
    let output = "the program had reached its output limit of 1000B"
    let scratch = "the program had reached its limit of scratch space of"
    let files = "the program had reached its limit of open files of"
    for (arguments, status, messages) in [
      (["--timeout", "60ms", "loop.wasm"], 124, ["the program was stopped at its time limit of 60ms (--timeout)"]),
      (["--timeout", "60ms", "sleep.wasm"], 124, ["the program was stopped at its time limit of 60ms (--timeout)"]),
      (["--manifest", "time.yaml", "loop.wasm"], 124, ["the program was stopped at its time limit of 60ms (time in the manifest)"]),
      (["--cpu-time", "60ms", "loop.wasm"], 124, ["the program was stopped at its limit of processor time of 60ms (--cpu-time)"]),
      (
        ["--manifest", "cpu.yaml", "loop.wasm"], 124,
        ["the program was stopped at its limit of processor time of 60ms (cpu-time in the manifest)"]
      ),
      (["--cpu-time", "60ms", "sleep.wasm"], 0, []),
      (["--memory", "1MiB", "grow.wasm"], 134, ["trap: unreachable", "\(memory) (--memory)"]),
      (["--manifest", "memory.yaml", "grow.wasm"], 134, ["trap: unreachable", "\(memory) (memory in the manifest)"]),
      (["--memory", "1MiB", "modest.wasm"], 0, []),
      (["grow.wasm"], 134, ["trap: unreachable", "memory limit of 1GiB (by default; a manifest's memory changes it)"]),
      (["--output-limit", "1000", "flood.wasm"], Self.noSpace, ["\(output) (--output-limit)"]),
      (["--manifest", "output.yaml", "flood.wasm"], Self.noSpace, ["\(output) (output in the manifest)"]),
      (["--output-limit", "100000", "flood.wasm"], 0, []),
      (["--scratch", "/tmp:128KiB", "fill.wasm"], Self.noSpace, ["\(scratch) 128KiB (scratch in the manifest)"]),
      (["--manifest", "scratch.yaml", "fill.wasm"], Self.noSpace, ["\(scratch) 128KiB (scratch in the manifest)"]),
      (["--scratch", "/tmp", "--scratch-limit", "64KiB", "fill.wasm"], Self.noSpace, ["\(scratch) 64KiB (--scratch-limit)"]),
      (["--manifest", "scratch.yaml", "--scratch-limit", "1MiB", "fill.wasm"], Self.noSpace, ["\(scratch) 128KiB (scratch in the manifest)"]),
      (["--scratch", "/tmp:4MiB", "fill.wasm"], 0, []),
      (["--scratch", "/tmp", "--open-files", "10", "open.wasm"], Self.tooManyFiles, ["\(files) 10 (--open-files)"]),
      (["--manifest", "files.yaml", "open.wasm"], Self.tooManyFiles, ["\(files) 20 (open-files in the manifest)"]),
      (["--manifest", "files.yaml", "--open-files", "900", "open.wasm"], Self.tooManyFiles, ["\(files) 20 (open-files in the manifest)"]),
      (["--scratch", "/tmp", "open.wasm"], 0, []),
      // Wrong from the beginning: what failed, what was found, what to do.
      (["--scratch", "/tmp", "--open-files", "2", "open.wasm"], 125, ["open files"]),
      (["--scratch", "/tmp:1B", "fill.wasm"], 125, ["scratch: 1B is not between"]),
      (["--scratch", "/tmp:many", "fill.wasm"], 125, ["'/tmp:many' is invalid for '--scratch <path[:size]>': expected a path"]),
      (["--dir", ".::/a", "--dir", ".::/a/", "loop.wasm"], 125, ["two directories of the host were offered at \"/a/\" (--dir)"]),
      // The lower one counts, and is the one that is named.
      (["--manifest", "time.yaml", "--timeout", "1h", "loop.wasm"], 124, ["60ms (time in the manifest)"]),
      (["--manifest", "output.yaml", "--output-limit", "1MiB", "flood.wasm"], Self.noSpace, ["(output in the manifest)"]),
      (["--manifest", "output.yaml", "--output-limit", "0B", "flood.wasm"], Self.noSpace, ["output limit of 0B (--output-limit)"]),
      (["--manifest", "memory.yaml", "--memory", "2GiB", "grow.wasm"], 134, ["trap: unreachable", "(memory in the manifest)"]),
    ] as [([String], Int32, [String])] {
      let result = try CofferCommand.run(["run"] + arguments, in: place.path)
      let title: Comment = "\(arguments.joined(separator: " ")): \(result.status) \(result.errors)"
      #expect(result.status == status, title)
      #expect(result.complaints.count == messages.count, title)
      for (line, text) in zip(result.complaints, messages) { #expect(line.contains(text), title) }
      if arguments.last == "flood.wasm" {
        let limit = arguments.contains("0B") ? 0 : arguments.contains("100000") ? 100_000 : 1000
        #expect(result.output.utf8.count == limit, title)
      }
    }
  }

  @Test func anImagesLimitsHoldWithoutTheManifest() throws {
    let place = try place()
    try place.write("all.yaml", Array("memory: 1MiB\ntime: 10s\ncpu-time: 80ms\noutput: 1000B\n".utf8))
    for (name, status, message) in [
      ("loop", 124, "(cpu-time in the manifest)"), ("grow", 134, "(memory in the manifest)"), ("flood", Self.noSpace, "(output in the manifest)"),
    ] as [(String, Int32, String)] {
      #expect(try place.run("build", "\(name).wasm", "--manifest", "all.yaml", "-o", "\(name).trustlet").status == 0)
      let result = try place.run("run", "\(name).trustlet")
      #expect(result.status == status && result.errors.contains(message), "\(name): \(result.errors)")
    }
    let inspection = try place.run("inspect", "loop.trustlet").output
    #expect(inspection.contains("cpu-time 80ms") && inspection.contains("output 1000B"), "\(inspection)")
    let lower = try place.run("run", "flood.trustlet", "--output-limit", "500", "--cpu-time", "10s")
    #expect(lower.output.utf8.count == 500 && lower.errors.contains("500B (--output-limit)"), "\(lower.errors)")
  }
}

import Coffer
import EdgeCalls
import Machine
import Monitor
import TrustletImage
import TrustletRun
import WasmText

/// A module that does nothing but call, for measuring what calls cost.
enum EdgeProgram {
  /// - Parameter scratch: bytes of scratch space, in the first directory; otherwise that is the host's.
  /// - Parameter sealed: bytes of a sealed directory, likewise.
  static func image(_ build: BuildOptions, scratch: UInt64? = nil, sealed: UInt64? = nil) throws -> TrustletImage {
    var manifest = Manifest()
    manifest.sealed = sealed.map { Manifest.Sealed(size: ByteCount(bytes: $0), key: "bench/volumes/data", freshness: .none) }
    manifest.scratch = scratch.map { Manifest.Scratch(size: ByteCount(bytes: $0)) }
    return try build.builder().image(of: try Wat.encode(Array(text.utf8)), manifest: manifest)
  }

  /// Runs one export to its end in a trustlet of its own.
  /// - Returns: Its result, and nanoseconds between the command and its end.
  static func call(
    _ name: String, _ arguments: [UInt64], of image: TrustletImage, on kind: any MachineKind, answersDoorbells: Bool = true,
    directories: [EdgeServiceConfiguration.Directory] = [], volume: HostVolume? = nil
  ) throws -> (result: UInt64, nanoseconds: UInt64) {
    guard let function = image.export(name, instance: 0) else { throw CommandFailure("the benchmark's module has no \(name)") }
    var options = RunOptions()
    options.streams = .init(input: nil, output: nil, errors: nil)
    options.directories = directories
    options.answersDoorbells = answersDoorbells
    options.volume = volume
    options.secrets = volume == nil ? nil : BenchKey()
    let trustlet = try TrustletRunner.start(image, options, on: kind)
    let outcome = TrustletRunner.call(function, arguments.map { CommandSlot(low: $0) }, of: image, trustlet)
    guard case .finished(let slots) = outcome, let result = slots.first else { throw CommandFailure("\(name) ended with \(outcome)") }
    return (result.low, trustlet.statistics.wallTime)
  }

  /// - `calls`: so many of a call that the host answers from a register, one behind the other; gives how many failed.
  /// - `seldom`: as many, with so many turns of an empty loop between them; gives the nanoseconds inside the calls.
  /// - `read`: a file "data" in pieces of so many bytes, twice; gives the nanoseconds of the second time, when all pages are there.
  private static let text = """
    (module
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
      (memory (export "memory") 40)
      (data (i32.const 64) "data")
      (func (export "calls") (param $count i64) (result i64) (local $failed i64)
        (loop $next
          (local.set $failed (i64.add (local.get $failed) (i64.extend_i32_u (call $clock (i32.const 0) (i64.const 0) (i32.const 8)))))
          (br_if $next (i64.ne (local.tee $count (i64.sub (local.get $count) (i64.const 1))) (i64.const 0))))
        (local.get $failed))
      (func (export "seldom") (param $count i64) (param $pause i64) (result i64) (local $turn i64) (local $sum i64)
        (loop $next
          (local.set $turn (local.get $pause))
          (loop $wait
            (i64.store (i32.const 32) (local.get $turn))
            (br_if $wait (i64.ne (local.tee $turn (i64.sub (local.get $turn) (i64.const 1))) (i64.const 0))))
          (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 16)))
          (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 8)))
          (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 24)))
          (local.set $sum (i64.add (local.get $sum) (i64.sub (i64.load (i32.const 24)) (i64.load (i32.const 16)))))
          (br_if $next (i64.ne (local.tee $count (i64.sub (local.get $count) (i64.const 1))) (i64.const 0))))
        (local.get $sum))
      (func $data (param $flags i32) (param $rights i64) (result i32)
        (if (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0)
            (i32.const 32))
          (then unreachable))
        (i32.load (i32.const 32)))
      (func (export "read") (param $piece i64) (result i64) (local $file i32) (local $length i64)
        (if (i64.gt_u (local.get $piece) (i64.const 1048576))
          (then (drop (memory.grow (i32.wrap_i64 (i64.shr_u (local.get $piece) (i64.const 16)))))))
        (local.set $file (call $data (i32.const 0) (i64.const 6)))
        (local.set $length (call $all (local.get $file) (local.get $piece)))
        (if (i64.eqz (local.get $length)) (then unreachable))
        (drop (call $seek (local.get $file) (i64.const 0) (i32.const 0) (i32.const 32)))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 40)))
        (if (i64.ne (call $all (local.get $file) (local.get $piece)) (local.get $length)) (then unreachable))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 48)))
        (i64.sub (i64.load (i32.const 48)) (i64.load (i32.const 40))))
      (func $all (param $file i32) (param $piece i64) (result i64) (local $sum i64)
        (i32.store (i32.const 0) (i32.const 65536))
        (i32.store (i32.const 4) (i32.wrap_i64 (local.get $piece)))
        (loop $next
          (if (call $read (local.get $file) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
          (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (i32.load (i32.const 16)))))
          (br_if $next (i32.load (i32.const 16))))
        (local.get $sum))
      (func $fill (param $file i32) (param $piece i64) (param $total i64)
        (i32.store (i32.const 0) (i32.const 65536))
        (i32.store (i32.const 4) (i32.wrap_i64 (local.get $piece)))
        (loop $next
          (if (call $write (local.get $file) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
          (local.set $total (i64.sub (local.get $total) (i64.extend_i32_u (i32.load (i32.const 16)))))
          (br_if $next (i64.gt_s (local.get $total) (i64.const 0)))))
      ;; Nanoseconds of the second time that so many bytes are written (result 1) or read (result 0): the first time makes the pages.
      (func (export "scratch") (param $piece i64) (param $total i64) (param $writes i64) (result i64) (local $file i32)
        (local.set $file (call $data (i32.const 9) (i64.const 0x46)))
        (call $fill (local.get $file) (local.get $piece) (local.get $total))
        (drop (call $seek (local.get $file) (i64.const 0) (i32.const 0) (i32.const 32)))
        (drop (call $all (local.get $file) (local.get $piece)))
        (drop (call $seek (local.get $file) (i64.const 0) (i32.const 0) (i32.const 32)))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 40)))
        (if (i64.ne (local.get $writes) (i64.const 0))
          (then (call $fill (local.get $file) (local.get $piece) (local.get $total)))
          (else (drop (call $all (local.get $file) (local.get $piece)))))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 48)))
        (i64.sub (i64.load (i32.const 48)) (i64.load (i32.const 40))))
      ;; Nanoseconds in which a file of so many bytes that is there is read (kind 0), or, once it is written and committed, written again in order (1) or as many
      ;; bytes in pieces of 4 KiB at random places (2), and committed.
      (func (export "kept") (param $piece i64) (param $total i64) (param $kind i64) (result i64) (local $file i32) (local $state i64) (local $left i64)
        (local.set $file (call $data (i64.ne (local.get $kind) (i64.const 0)) (i64.const 0x46)))
        (if (i64.ne (local.get $kind) (i64.const 0)) (then
          (call $fill (local.get $file) (local.get $piece) (local.get $total))
          (if (call $sync (local.get $file)) (then unreachable))
          (drop (call $seek (local.get $file) (i64.const 0) (i32.const 0) (i32.const 32)))))
        (local.set $left (i64.shr_u (local.get $total) (i64.const 12)))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 40)))
        (if (i64.eqz (local.get $kind)) (then
          (if (i64.ne (call $all (local.get $file) (local.get $piece)) (local.get $total)) (then unreachable))))
        (if (i64.eq (local.get $kind) (i64.const 1)) (then (call $fill (local.get $file) (local.get $piece) (local.get $total))))
        (if (i64.eq (local.get $kind) (i64.const 2)) (then
          (i32.store (i32.const 0) (i32.const 65536))
          (i32.store (i32.const 4) (i32.const 4096))
          (loop $next
            (local.set $state (i64.add (i64.mul (local.get $state) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
            (if (call $pwrite (local.get $file) (i32.const 0) (i32.const 1)
                (i64.shl (i64.rem_u (i64.shr_u (local.get $state) (i64.const 33)) (i64.shr_u (local.get $total) (i64.const 12))) (i64.const 12)) (i32.const 16))
              (then unreachable))
            (br_if $next (i64.ne (local.tee $left (i64.sub (local.get $left) (i64.const 1))) (i64.const 0))))))
        (if (i64.ne (local.get $kind) (i64.const 0)) (then (if (call $sync (local.get $file)) (then unreachable))))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 48)))
        (i64.sub (i64.load (i32.const 48)) (i64.load (i32.const 40)))))
    """
}

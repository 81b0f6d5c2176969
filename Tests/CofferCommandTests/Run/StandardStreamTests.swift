import Foundation
import Testing

/// Standard streams that are closed, full, never read or never ending.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct StandardStreamTests {
  static let machines = ["kvm", "process"]

  /// Reads its input, then writes to its output and its errors; its status has a bit for each that failed.
  private static let streams = """
    (module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\40\\00\\00\\00\\04\\00\\00\\00")
      (func (export "_start")
        (call $exit
          (i32.or (i32.ne (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)) (i32.const 0))
            (i32.or (i32.shl (i32.ne (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)) (i32.const 0)) (i32.const 1))
              (i32.shl (i32.ne (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 16)) (i32.const 0)) (i32.const 2)))))))
    """

  /// Writes for ever, or reads for ever, until it fails; then its status is 9.
  private static func endless(_ name: String, _ stream: Int) -> String {
    """
    (module
      (import "wasi_snapshot_preview1" "fd_\(name)" (func $call (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 0) "\\40\\00\\00\\00\\00\\00\\01\\00")
      (func (export "_start")
        (loop $next (br_if $next (i32.eqz (call $call (i32.const \(stream)) (i32.const 0) (i32.const 1) (i32.const 16)))))
        (call $exit (i32.const 9))))
    """
  }

  /// Runs it with a shell's redirections.
  private func run(_ work: Workplace, _ redirections: String, before: String = "", _ arguments: [String]) throws -> Int32 {
    let words = [try #require(CofferCommand.program)] + arguments
    let line = words.map { "'\($0)'" }.joined(separator: " ")
    // The shell's own streams are open, so that it can redirect.
    return try CofferCommand.run(["-c", "\(before) \(line) \(redirections); exit $?"], in: work.path, program: "/bin/sh").status
  }

  @Test(arguments: machines, [("<&-", 1), (">&-", 2), ("2>&-", 4), ("<&- >&-", 3), ("<&- >&- 2>&-", 7), (">/dev/full", 2), ("2>/dev/full", 4)])
  func whatIsClosedStaysClosed(machine: String, redirection: (String, Int32)) throws {
    let work = try Workplace()
    try work.module("streams.wasm", Self.streams)
    try #require(try work.run("build", "streams.wasm").status == 0)
    let image = try work.bytes("streams.trustlet")
    #expect(try run(work, redirection.0, ["run", "--machine", machine, "streams.trustlet"]) == redirection.1)
    // Nothing took the number that was free.
    #expect(try work.bytes("streams.trustlet") == image)
  }

  @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full"])
  func buildsWithoutStreams(redirection: String) throws {
    let work = try Workplace()
    try #require(try work.run("build", "example:hello", "-o", "expected.trustlet").status == 0)
    let status = try run(work, redirection, ["build", "example:hello", "-o", "hello.trustlet"])
    // Its result cannot be told where standard output is closed.
    #expect(status == (redirection.contains(">&-") && redirection != "2>&-" || redirection == ">/dev/full" ? 125 : 0))
    #expect(try work.bytes("hello.trustlet") == (try work.bytes("expected.trustlet")))
    #expect(work.names == ["expected.trustlet", "hello.trustlet"])
  }

  /// On a file system of 64 KiB of its own, in a namespace of the test's.
  @Test func aFullDiskLeavesNoImage() throws {
    let work = try Workplace()
    let command = "mkdir disk && mount -t tmpfs -o size=64k none disk && "
    guard try CofferCommand.run(["-rm", "/bin/sh", "-c", command + "exit 17"], in: work.path, program: "/usr/bin/unshare").status == 17 else {
      print("aFullDiskLeavesNoImage: no file system can be mounted here, not even in a namespace")
      return
    }
    try FileManager.default.removeItem(atPath: work.path + "/disk")
    let program = try #require(CofferCommand.program)
    let result = try CofferCommand.run(
      ["-rm", "/bin/sh", "-c", command + "'\(program)' build example:wordcount -o disk/full.trustlet; echo $?; ls -A disk"], in: work.path,
      program: "/usr/bin/unshare")
    #expect(result.output == "125\n")
    #expect(result.complaints == ["coffer: cannot write 'disk/full.trustlet': No space left on device"])
  }

  @Test(arguments: machines)
  func aReaderThatGoesEndsAFlood(machine: String) throws {
    let work = try Workplace()
    try work.module("flood.wasm", Self.endless("write", 1))
    let status = try run(work, "| head -c 3000000 | wc -c | grep -qx 3000000", ["run", "--machine", machine, "--timeout", "60s", "flood.wasm"])
    #expect(status == 0)
  }

  @Test(arguments: machines)
  func aFloodThatNobodyReadsEndsAtItsDeadline(machine: String) throws {
    let work = try Workplace()
    try work.module("flood.wasm", Self.endless("write", 1))
    let status = try run(work, "> pipe", before: "mkfifo pipe; sleep 3 < pipe &", ["run", "--machine", machine, "--timeout", "1s", "flood.wasm"])
    #expect(status == 124)
  }

  @Test(arguments: machines)
  func inputThatNeverEndsIsReadUntilTheDeadline(machine: String) throws {
    let work = try Workplace()
    try work.module("drain.wasm", Self.endless("read", 0))
    #expect(try run(work, "</dev/zero", ["run", "--machine", machine, "--timeout", "500ms", "drain.wasm"]) == 124)
    // ... and a program that does not read it ends all the same.
    #expect(try run(work, "</dev/zero", ["run", "--machine", machine, "example:hello"]) == 0)
  }
}

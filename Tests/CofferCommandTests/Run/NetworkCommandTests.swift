import Foundation
import Glibc
import LoopbackSockets
import Testing
import WASIClients

/// Programs that use the network, by the command line; all of it on loopback.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct NetworkCommandTests {
  static let machines = ["kvm", "process"]
  private static let recorded = PackageFolder.programs.appending(path: "wasi2/network.expected")

  /// TCP, UDP, names, options, states and errors of WASI 0.2, as recorded under Wasmtime.
  @Test(arguments: machines) func socketsAreWasmtimes(machine: String) throws {
    let place = try Workplace()
    try place.write("network.wasm", try WASIClients.network())
    let result = try place.run(
      "run", "--machine", machine, "--net", "listen:127.0.0.1:0", "--net", "connect:127.0.0.1:*", "--net", "connect:localhost:*", "--net",
      "udp-listen:127.0.0.1:0", "--net", "udp:127.0.0.1:*", "network.wasm")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == String(decoding: try Data(contentsOf: Self.recorded), as: UTF8.self))
  }

  /// Accepts one connection at the first socket that it begins with, and sends back what it reads from it.
  private static let echo = """
    (module
      (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (if (call $accept (i32.const 3) (i32.const 0) (i32.const 0)) (then (call $exit (i32.const 1))))
        (i32.store (i32.const 16) (i32.const 64))
        (i32.store (i32.const 20) (i32.const 100))
        (if (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 8)) (then (call $exit (i32.const 2))))
        (i32.store (i32.const 20) (i32.load (i32.const 8)))
        (if (call $write (i32.load (i32.const 0)) (i32.const 16) (i32.const 1) (i32.const 12)) (then (call $exit (i32.const 3))))))
    """

  @Test(arguments: machines) func aModuleBeginsWithItsSockets(machine: String) throws {
    let (place, port) = (try Workplace(), try Loopback.freePort())
    try place.module("echo.wasm", Self.echo)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(CofferCommand.program))
    process.arguments = ["run", "--machine", machine, "--quiet-platform", place.path + "/echo.wasm", "--net", "listen:127.0.0.1:\(port)"]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
    let connection = try Self.connect(to: port) { process.isRunning }
    defer { close(connection) }
    #expect(write(connection, "ping", 4) == 4)
    var bytes = [UInt8](repeating: 0, count: 10)
    #expect(read(connection, &bytes, 10) == 4 && bytes.starts(with: Array("ping".utf8)))
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test(arguments: machines) func waitingEndsAtTheTimeLimit(machine: String) throws {
    let place = try Workplace()
    try place.module("echo.wasm", Self.echo)
    #expect(try place.run("run", "--machine", machine, "echo.wasm", "--net", "listen:127.0.0.1:\(try Loopback.freePort())", "--timeout", "300ms").status == 124)
  }

  /// A place that somebody else has is said, and the program does not begin.
  @Test func aPlaceThatIsTaken() throws {
    let place = try Workplace()
    try place.module("echo.wasm", Self.echo)
    let (taken, port) = try Loopback.socket(listens: 1)
    defer { close(taken) }
    let result = try place.run("run", "echo.wasm", "--net", "listen:127.0.0.1:\(port)")
    #expect(result.status == 125 && result.errors.contains("cannot listen as listen:127.0.0.1:\(port) says: Address already in use"), "\(result.errors)")
  }

  @Test func anImageIsOnlyNarrowed() throws {
    let place = try Workplace()
    try place.module("echo.wasm", Self.echo)
    try place.write("coffer.yaml", Array("network: ['listen:127.0.0.1:*', 'https://example.org']\n".utf8))
    try #require(try place.run("build", "echo.wasm", "--manifest", "coffer.yaml").status == 0)
    let shown = try place.run("inspect", "echo.trustlet").output
    #expect(shown.contains("network: listen:127.0.0.1:*, tls:example.org:443"), "\(shown)")
    for rule in ["listen:0.0.0.0:80", "connect:127.0.0.1:80", "connect:example.org:443", "tls:example.org:444", "listen:*:*"] {
      let result = try place.run("run", "echo.trustlet", "--net", rule)
      #expect(result.status == 125 && result.errors.contains("--net only narrows"), "\(rule): \(result.errors)")
    }
    let port = try Loopback.freePort()
    #expect(try place.run("run", "echo.trustlet", "--net", "listen:127.0.0.1:\(port)", "--timeout", "300ms").status == 124)
    for command in ["measure", "inspect"] { #expect(try place.run(command, "echo.trustlet", "--net", "https://example.org").status == 125) }
    #expect(try place.run("build", "echo.wasm", "--manifest", "coffer.yaml", "--net", "https://example.org").status == 125)
  }

  /// The rules are part of what is measured; and only where there are any, the image has the code that they need.
  @Test func withoutRulesThereIsNoCode() throws {
    let place = try Workplace()
    try place.module("echo.wasm", Self.echo)
    let plain = try place.run("build", "echo.wasm", "-o", "plain.trustlet").output
    let ruled = try place.run("build", "echo.wasm", "-o", "ruled.trustlet", "--net", "listen:127.0.0.1:80").output
    let other = try place.run("build", "echo.wasm", "-o", "other.trustlet", "--net", "listen:127.0.0.1:81").output
    #expect(Set([plain, ruled, other].map { $0.prefix(64) }).count == 3)
    let name = Data("coffer_network_".utf8)
    #expect(Data(try place.bytes("plain.trustlet")).firstRange(of: name) == nil)
    #expect(Data(try place.bytes("ruled.trustlet")).firstRange(of: name) != nil)
  }

  @Test func rulesThatAreNoneAreExplained() throws {
    let place = try Workplace()
    try place.module("echo.wasm", Self.echo)
    let result = try place.run("run", "echo.wasm", "--net", "connect:example.org")
    #expect(result.status == 125 && result.errors.contains("has no port"), "\(result.errors)")
    try place.write("coffer.yaml", Array("network: ['listen:name:80']\n".utf8))
    let other = try place.run("run", "echo.wasm", "--manifest", "coffer.yaml")
    #expect(other.status == 125 && other.errors.contains("line 1: network: 'listen:name:80' listens at a name"), "\(other.errors)")
  }

  // MARK: Names that nobody knows

  /// 19: temporary-resolver-failure. In a network of its own, where no server of names can be asked.
  @Test(.enabled(if: (try? Tool.output("/usr/bin/unshare", ["-rn", "true"], in: "/")) != nil, "needs unshare and namespaces of users"))
  func aNameServerThatDoesNotAnswerIsAnsweredAnotherTime() throws {
    let place = try Workplace()
    try place.write("dial.wasm", try WASIClients.dial())
    try place.write("line", Array("example.org 80".utf8))
    let result = try place.run(
      "run", "--timeout", "60s", "--net", "connect:example.org:*", "dial.wasm", shell: "exec unshare -rn \"$0\" \"$@\" < line;")
    #expect(result.output == "no address: 19\n", "\(result)")
  }

  // MARK: Sockets of nobody's rules

  /// Until somebody listens: compiling comes first.
  private static func connect(to port: UInt16, while isRunning: () -> Bool) throws -> Int32 {
    for _ in 0..<6000 where isRunning() {
      if let descriptor = try? Loopback.connection(to: port) { return descriptor }
      usleep(20_000)
    }
    throw RunningCommand.Failure(description: "nobody listened at port \(port)")
  }
}

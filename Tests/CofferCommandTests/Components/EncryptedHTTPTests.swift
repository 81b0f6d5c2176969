import Foundation
import Glibc
import Testing
import WASIClients

/// Requests to a server that nobody here wrote (Python's), plain and by TLS under roots of our own, from programs of every kind.
@Suite(.enabled(if: CofferCommand.areMet && PythonServer.areMet, PythonServer.finding), .serialized)
struct EncryptedHTTPTests {
  private static let machines = ["kvm", "process"]

  private func options(_ server: PythonServer) -> [String] {
    ["--net", "connect:localhost:\(server.plainPort)", "--net", "tls:localhost:\(server.encryptedPort)", "--ca", server.authority]
  }

  private func fetch(_ place: Workplace, _ server: PythonServer, _ words: [String], machine: String = "kvm") throws -> CofferCommand.Result {
    try CofferCommand.run(["run", "--machine", machine, "--timeout", "120s"] + options(server) + ["fetch.wasm", "--"] + words, in: place.path)
  }

  @Test(arguments: machines) func bothWaysOnBothMachines(machine: String) throws {
    let (place, server) = (try Workplace(), try PythonServer())
    try place.write("fetch.wasm", try WASIClients.fetch())
    for address in [["http", "localhost:\(server.plainPort)"], ["https", "localhost:\(server.encryptedPort)"]] {
      let result = try fetch(place, server, address + ["/a?b"], machine: machine)
      #expect(result.output.contains("status 200\n") && result.output.contains("field X-Asked-By: nobody\n"), "\(result)")
      // More than sockets hold on the way, to somebody who reads slower than it comes.
      let large = try fetch(place, server, address + ["/bytes/20000000"], machine: machine)
      #expect(large.output.contains("body 20000000\nsum 4253583685\n"), "\(large)")
      #expect(try fetch(place, server, address + ["/", "POST", "3000000"], machine: machine).output.contains("status 200\n"))
    }
  }

  /// Of an answer that ends with its connection TLS tells whether that is all of it; 7: connection-terminated. Plain connections say nothing of the kind.
  @Test(arguments: machines) func anAnswerThatIsCutIsNotWhole(machine: String) throws {
    let (place, server) = (try Workplace(), try PythonServer())
    try place.write("fetch.wasm", try WASIClients.fetch())
    let (plain, encrypted) = (["http", "localhost:\(server.plainPort)"], ["https", "localhost:\(server.encryptedPort)"])
    for (address, path, isCut) in [(plain, "/whole", false), (plain, "/cut", false), (encrypted, "/whole", false), (encrypted, "/cut", true)] {
      let result = try fetch(place, server, address + [path], machine: machine)
      #expect(result.output.contains("status 200\n") && result.output.contains("body ends with error 7\n") == isCut, "\(address) \(path): \(result)")
    }
  }

  @Test func aPeerThatIsAnotherIsRefused() throws {
    let (place, server) = (try Workplace(), try PythonServer())
    try place.write("fetch.wasm", try WASIClients.fetch())
    func ask(_ options: String...) throws -> CofferCommand.Result { try CofferCommand.run(["run"] + options, in: place.path) }
    let (rule, address) = ("tls:localhost:\(server.encryptedPort)", "localhost:\(server.encryptedPort)")
    // 13: TLS-certificate-error, 12: TLS-protocol-error, 15: HTTP-request-denied.
    let stranger = try ask("--net", rule, "fetch.wasm", "--", "https", address, "/")
    #expect(stranger.output == "error 13\n" && stranger.errors.contains("--ca FILE"), "\(stranger)")
    let misnamed = try ask(
      "--net", "tls:a.localhost:\(server.encryptedPort)", "--ca", server.authority, "fetch.wasm", "--", "https", "a.\(address)", "/")
    #expect(misnamed.output == "error 13\n" && misnamed.errors.contains("not one of a.localhost"), "\(misnamed)")
    let plain = try ask("--net", "tls:localhost:\(server.plainPort)", "fetch.wasm", "--", "https", "localhost:\(server.plainPort)", "/")
    #expect(plain.output == "error 12\n" && plain.errors.contains("does not speak TLS"), "\(plain)")
    #expect(try ask("--net", rule, "fetch.wasm", "--", "http", address, "/").output == "error 15\n")
    #expect(try ask("--net", rule, "--ca", server.authority, "fetch.wasm", "--", "https", "LOCALHOST.:\(server.encryptedPort)", "/").output.contains("status 200"))
    let unused = try ask("--net", "connect:localhost:1", "--ca", server.authority, "fetch.wasm", "--", "http", "localhost:1", "/")
    #expect(unused.status == 125 && unused.errors.contains("nobody would look at these certificates"), "\(unused)")
  }

  @Test(arguments: machines) func aServedComponentRelaysBothWays(machine: String) throws {
    let (place, server) = (try Workplace(), try PythonServer())
    try place.write("relay.wasm", try WASIClients.relay())
    try relays("relay.wasm", place, server, machine)
  }

  /// Monitors that the front has started, and such as an attester has.
  @Test(arguments: machines, [[], ["--platform", "none"]]) func aNodesFunctionRelaysBothWays(machine: String, platform: [String]) throws {
    let (place, server) = (try Workplace(), try PythonServer())
    try place.write("relay.wasm", try WASIClients.relay())
    try place.write("coffer.yaml", Array("network: [\"connect:localhost:\(server.plainPort)\", \"tls:localhost:\(server.encryptedPort)\"]\n".utf8))
    let node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/node", "--machine", machine] + options(server) + platform, in: place)
    try node.wait(for: "the dashboard is at")
    let deployed = try CofferCommand.run(
      ["deploy", "relay", "relay.wasm", "--manifest", "coffer.yaml"], in: place.path,
      environment: ["COFFER_NODE": "http://127.0.0.1:\(node.port)", "COFFER_DATA": "\(place.path)/node"])
    try #require(deployed.status == 0, "\(deployed.errors)")
    try relays(by: node, server, path: "/f/relay")
  }

  private func relays(_ name: String, _ place: Workplace, _ server: PythonServer, _ machine: String) throws {
    let relay = try ServedProgram(["run", "--http", "0", "--machine", machine] + options(server) + ["\(place.path)/\(name)"], in: place)
    try relay.wait(for: "serving \(name) at http://127.0.0.1:")
    try relays(by: relay, server)
  }

  private static let lines = (0..<125_000).flatMap { String(format: "%015d\n", $0).utf8 }

  private func relays(by relay: ServedProgram, _ server: PythonServer, path: String = "") throws {
    for address in ["http/localhost:\(server.plainPort)", "https/localhost:\(server.encryptedPort)"] {
      let base = "http://127.0.0.1:\(relay.port)\(path)/\(address)"
      #expect(try server.ask(base + "/x?y") == "GET /x?y 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n")
      // Each line says where it belongs: what is missing, twice there or in another place can be told.
      let large = Array(try server.ask(base + "/lines/2000000").utf8)
      let place = zip(large, Self.lines).prefix { $0 == $1 }.count
      #expect(place == large.count && place == Self.lines.count, "\(base): \(large.count) bytes, others from \(place) on: \(String(decoding: large[place...].prefix(100), as: UTF8.self))")
      let sent = try server.ask(base + "/p", bytes: 300_000)
      #expect(sent.hasPrefix("POST /p 300000 "), "\(sent.prefix(300))")
      #expect(try server.ask(base + "/whole").hasPrefix("GET /whole 0 "))
    }
    #expect((try? server.ask("http://127.0.0.1:\(relay.port)\(path)/https/localhost:\(server.encryptedPort)/cut")) == nil)
    #expect(try relay.end(SIGTERM) == 0)
  }

  /// A program of WASI 0.1 has no function to connect by; it may use the network's own.
  private static let speaker = """
    (module
      (import "wasi_snapshot_preview1" "coffer_network" (func $network (param i32 i32 i64 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "localhost")
      (data (i32.const 32) "GET /whole HTTP/1.0\\r\\n\\r\\n")
      (global $handle (mut i32) (i32.const 0))
      ;; Result at 512; what is waited for at 528; bytes at 1024.
      (func $wait (param $events i32)
        (i32.store (i32.const 528) (global.get $handle))
        (i32.store (i32.const 532) (local.get $events))
        (drop (call $network (i32.const 16) (i32.const 0) (i64.const -1) (i32.const 528) (i32.const 8) (i32.const 512))))
      (func (export "_start") (local $error i32)
        (if (local.tee $error (call $network (i32.const 15) (i32.const 0) (i64.const PORT) (i32.const 0) (i32.const 9) (i32.const 512)))
          (then (call $exit (local.get $error))))
        (global.set $handle (i32.load (i32.const 512)))
        (loop $connecting
          (call $wait (i32.const 2))
          (local.set $error (call $network (i32.const 5) (global.get $handle) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 512)))
          (br_if $connecting (i32.eq (local.get $error) (i32.const 11))))
        (if (local.get $error) (then (call $exit (local.get $error))))
        (if (call $network (i32.const 12) (global.get $handle) (i64.const 0) (i32.const 32) (i32.const 23) (i32.const 512)) (then (call $exit (i32.const 1))))
        (loop $reading
          (call $wait (i32.const 1))
          (local.set $error (call $network (i32.const 13) (global.get $handle) (i64.const 0) (i32.const 1024) (i32.const 4096) (i32.const 512)))
          (br_if $reading (i32.eq (local.get $error) (i32.const 11)))
          (if (local.get $error) (then (call $exit (local.get $error))))
          (i32.store (i32.const 600) (i32.const 1024))
          (i32.store (i32.const 604) (i32.load (i32.const 520)))
          (drop (call $write (i32.const 1) (i32.const 600) (i32.const 1) (i32.const 608)))
          (br_if $reading (i32.load (i32.const 520))))))
    """

  @Test(arguments: machines) func aModuleSpeaksThroughTheGate(machine: String) throws {
    let (place, server) = (try Workplace(), try PythonServer())
    try place.module("speaker.wasm", Self.speaker.replacing("PORT", with: "\(server.encryptedPort + 0x10000)"))
    let result = try CofferCommand.run(
      ["run", "--machine", machine, "--timeout", "60s", "--net", "tls:localhost:\(server.encryptedPort)", "--ca", server.authority, "speaker.wasm"], in: place.path)
    #expect(result.status == 0, "\(result)")
    #expect(result.output.hasPrefix("HTTP/1.") && result.output.contains("GET /whole 0 "), "\(result)")
    let denied = try CofferCommand.run(["run", "--machine", machine, "--net", "tls:localhost:1", "speaker.wasm"], in: place.path)
    #expect(denied.status == EACCES, "\(denied)")
  }

  // MARK: Components that another maker's compiler has made

  /// Unmodified Python, as Wasmtime would run it: a command that fetches, and a service that relays. Compiling takes a minute or more.
  @Test(.enabled(if: PythonComponents.areMet, PythonComponents.finding)) func componentsOfPythonMakeRequests() throws {
    let (place, server) = (try Workplace(), try PythonServer())
    let components = try PythonComponents(in: place)
    try components.make("fetch", world: "include wasi:cli/command@0.2.6; import wasi:http/outgoing-handler@0.2.6;")
    for machine in Self.machines {
      for address in [["http", "localhost:\(server.plainPort)"], ["https", "localhost:\(server.encryptedPort)"]] {
        let result = try fetch(place, server, address + ["/bytes/100000", "POST", "hello"], machine: machine)
        #expect(
          result.output
            == "status 200\nfield x-asked-by a component of Python\nbody 100000 \(Self.hash)\n", "\(result)")
      }
    }
    try components.make("relay", world: "include wasi:http/proxy@0.2.6;")
    for machine in Self.machines { try relays("relay.wasm", place, server, machine) }
  }

  /// SHA-256 of "0123456789abcdef", 6,250 times.
  private static let hash = "4446d4c62a0258cce0bfa78207a52f339ac812e44dcf32b401ee3d0127ad1591"
}

/// `server.py`, under a certificate that a root made for it vouches for.
final class PythonServer {
  static let openSSL = ["/usr/bin/openssl", "/usr/local/bin/openssl"].first { FileManager.default.isExecutableFile(atPath: $0) }
  static let python: String? = try? Tool.output("/bin/sh", ["-c", "command -v python3 && python3 -c 'import http.server, ssl'"], in: "/")
    .split(separator: "\n").first.map(String.init)
  static let areMet = openSSL != nil && python != nil
  static let finding: Comment = "needs coffer, KVM, openssl (\(openSSL ?? "not there")) and python3 with ssl (\(python ?? "not there"))"
  static let programs = PackageFolder.programs.appending(path: "python").path

  let plainPort: Int
  let encryptedPort: Int
  let authority: String
  private let place: Workplace
  private let process = Process()

  init() throws {
    place = try Workplace()
    authority = place.path + "/authority.pem"
    let tool = try #require(Self.openSSL)
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _ = try Tool.output(
      tool, ["req", "-x509"] + curve + ["-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-subj", "/CN=root", "-addext", "basicConstraints=critical,CA:TRUE"],
      in: place.path)
    _ = try Tool.output(tool, ["req"] + curve + ["-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost"], in: place.path)
    try place.write("extensions", Array("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n".utf8))
    _ = try Tool.output(
      tool,
      ["x509", "-req", "-in", "request.pem", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-out", "certificate.pem", "-days", "2", "-extfile", "extensions"],
      in: place.path)
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    process.arguments = [Self.programs + "/server.py", "certificate.pem", "key.pem"]
    process.currentDirectoryURL = URL(fileURLWithPath: place.path)
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, pipe, FileHandle.nullDevice)
    try process.run()
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n"), let byte = try pipe.fileHandleForReading.read(upToCount: 1)?.first { line.append(byte) }
    let ports = String(decoding: line, as: UTF8.self).split { $0.isWhitespace }.compactMap { Int($0) }
    try #require(ports.count == 2)
    (plainPort, encryptedPort) = (ports[0], ports[1])
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// Asks by Python's own client.
  func ask(_ address: String, bytes: Int? = nil) throws -> String {
    let script = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], data=b'x' * int(sys.argv[2]) or None, timeout=120).read().decode(), end='')"
    return try Tool.output(try #require(Self.python), ["-c", script, address, "\(bytes ?? 0)"], in: place.path)
  }
}

/// componentize-py, with the WIT that comes in spin-sdk.
struct PythonComponents {
  private static let folders =
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    + [(ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? NSHomeDirectory() + "/.cache") + "/coffer-test-tools/bin"]
  static let compiler = folders.map { $0 + "/componentize-py" }.first { FileManager.default.isExecutableFile(atPath: $0) }
  /// Of the Python that the compiler is installed in.
  static let interfaces: String? = compiler.flatMap { compiler in
    let python = URL(fileURLWithPath: compiler).deletingLastPathComponent().appending(path: "python3").path
    let script = "import importlib.util as u; print(u.find_spec('spin_sdk').submodule_search_locations[0] + '/wit/deps')"
    return (try? Tool.output(python, ["-c", script], in: "/"))?.split(separator: "\n").first.map(String.init)
  }
  static let areMet = compiler != nil && interfaces != nil
  static let finding: Comment =
    "needs componentize-py (\(compiler ?? "not there")) and spin-sdk in the same Python (\(interfaces ?? "not there")): Scripts/install-test-tools"

  private let place: Workplace

  init(in place: Workplace) throws {
    self.place = place
    let target = place.path + "/wit/deps"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for name in ["cli", "clocks", "filesystem", "http", "io", "random", "sockets"].map({ $0 + "@0.2.6" }) {
      try FileManager.default.copyItem(atPath: try #require(Self.interfaces) + "/" + name, toPath: target + "/" + name)
    }
  }

  func make(_ name: String, world: String) throws {
    try place.write("wit/world.wit", Array("package test:\(name);\nworld \(name) { \(world) }\n".utf8))
    try FileManager.default.copyItem(atPath: PythonServer.programs + "/\(name).py", toPath: place.path + "/\(name).py")
    _ = try Tool.output(try #require(Self.compiler), ["-d", "wit", "-w", name, "componentize", name, "-o", name + ".wasm"], in: place.path)
  }
}

/// A program of somebody else's, run to its end.
enum Tool {
  struct Failure: Error, CustomStringConvertible { let description: String }

  /// - Returns: its standard output. - Throws: where its status is not 0.
  static func output(_ program: String, _ arguments: [String], in folder: String) throws -> String {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, pipe, FileHandle.nullDevice)
    try process.run()
    let bytes = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: "\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)") }
    return String(decoding: bytes, as: UTF8.self)
  }
}

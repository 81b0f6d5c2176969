import Foundation
import Glibc
import KVMMachine
import Testing

/// Programs with a sealed directory, on both machines: what they find again, and what becomes of a file that the host has changed.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct VolumeCommandTests {
  private static let line = "kept 5d0e\n"

  /// Appends a line to the file `log-of-runs` in its directory, does what is said, and prints the whole file.
  private static func program(_ more: String = "") -> String {
    """
    (module
      (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 2)
      (data (i32.const 64) "log-of-runs")
      (data (i32.const 96) "\(line.replacing("\n", with: "\\n"))")
      (func $must (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
      (func (export "_start")
        ;; No variable tells of the key.
        (call $must (call $sizes (i32.const 0) (i32.const 4)))
        (call $must (i32.load (i32.const 0)))
        (call $must (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 11) (i32.const 1) (i64.const 66) (i64.const 66) (i32.const 1) (i32.const 20)))
        (i32.store (i32.const 8) (i32.const 96))
        (i32.store (i32.const 12) (i32.const \(line.utf8.count)))
        (call $must (call $write (i32.load (i32.const 20)) (i32.const 8) (i32.const 1) (i32.const 16)))
        \(more)
        (call $must (call $seek (i32.load (i32.const 20)) (i64.const 0) (i32.const 0) (i32.const 24)))
        (i32.store (i32.const 8) (i32.const 8192))
        (i32.store (i32.const 12) (i32.const 65536))
        (call $must (call $read (i32.load (i32.const 20)) (i32.const 8) (i32.const 1) (i32.const 12)))
        (call $must (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
    """
  }

  /// A broker with a key, and images that may have it.
  private struct Scene {
    let place: Workplace
    let broker: ServedProgram
    var url: String { "http://127.0.0.1:\(broker.port)" }

    /// - Parameter programs: the images by their names; all under the policy.
    init(_ programs: [String: String] = ["function": VolumeCommandTests.program()], sealed: String = "") throws {
      place = try Workplace()
      broker = try ServedProgram(["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/broker"], in: place)
      try broker.wait(for: "token is in")
      let key = try #require(broker.said.split { !$0.isHexDigit }.map(String.init).first { $0.count == 128 })
      try place.write("coffer.yaml", Array("sealed: {path: /data, size: 1MiB, key: shop/volumes/data\(sealed)}\nbroker: {key: \(key)}\n".utf8))
      var images = ""
      for (name, program) in programs.sorted(by: { $0.key < $1.key }) {
        try Self.build(name, program, place)
        let measurement = try #require(try place.run("measure", "\(name).trustlet").output.split(separator: "\n").first)
        images += "\(images.isEmpty ? "" : ", "){measurement: \"\(measurement)\"}"
      }
      try place.write(
        "policy.yaml",
        Array("platforms: {none: insecure}\nimages: [\(images)]\nmachines: [kvm, process]\nkey-holder: instance\ndebug: allowed\nage: 5m\n".utf8))
      try place.write("key", (0..<32).map { UInt8(7 * $0 + 1) })
      let put = try place.run("broker", "put", "shop/volumes/data", "key", "--policy", "policy.yaml", "--broker", url, "--broker-data", "broker")
      #expect(put.status == 0, "\(put.errors)")
    }

    static func build(_ name: String, _ program: String, _ place: Workplace) throws {
      try place.module("\(name).wasm", program)
      let built = try place.run("build", "\(name).wasm", "-o", "\(name).trustlet", "--manifest", "coffer.yaml")
      #expect(built.status == 0, "\(built.errors)")
    }

    func run(_ name: String = "function", _ machine: String = "kvm", volume: String = "data.volume") throws -> CofferCommand.Result {
      try CofferCommand.run(["run", "\(name).trustlet", "--broker", url, "--volume", volume, "--machine", machine], in: place.path)
    }

    func expectLines(_ count: Int, _ name: String = "function", _ machine: String = "kvm", location: SourceLocation = #_sourceLocation) throws {
      let result = try run(name, machine)
      #expect(result.status == 0 && result.output == String(repeating: VolumeCommandTests.line, count: count), "\(result)", sourceLocation: location)
    }

    func expectRefusal(_ text: String, _ name: String = "function", _ machine: String = "kvm", location: SourceLocation = #_sourceLocation) throws {
      let result = try run(name, machine)
      #expect(result.status == 125 && result.output.isEmpty && result.errors.contains(text), "\(result)", sourceLocation: location)
    }
  }

  @Test(arguments: ["kvm", "process"]) func whatOneRunWritesTheNextReads(machine: String) throws {
    let scene = try Scene(["function": Self.program(), "other": Self.program("(i32.store (i32.const 48) (i32.const 1))")])
    for count in 1...3 { try scene.expectLines(count, "function", machine) }
    // Another image to which the policy gives the key; and the other machine.
    try scene.expectLines(4, "other", machine)
    try scene.expectLines(5, "function", machine == "kvm" ? "process" : "kvm")
    let file = Data(try scene.place.bytes("data.volume"))
    #expect(file.range(of: Data("kept 5d0e".utf8)) == nil && file.range(of: Data("log-of-runs".utf8)) == nil)
    // An image that the policy does not know.
    try Scene.build("stranger", Self.program("(i32.store (i32.const 48) (i32.const 2))"), scene.place)
    try scene.expectRefusal("measurement", "stranger", machine)
    try scene.expectLines(6, "function", machine)
  }

  @Test(arguments: ["kvm", "process"]) func anOldFileIsRefusedWhereABrokerCounts(machine: String) throws {
    let scene = try Scene()
    try scene.expectLines(1, "function", machine)
    let old = try scene.place.bytes("data.volume")
    try scene.expectLines(2, "function", machine)
    let last = try scene.place.bytes("data.volume")
    try scene.place.write("data.volume", old)
    try scene.expectRefusal("turned it back", "function", machine)
    try scene.place.write("data.volume", [])
    try scene.expectRefusal("the host has lost it or hides it", "function", machine)
    try scene.place.write("data.volume", [UInt8](repeating: 0, count: last.count))
    try scene.expectRefusal("the host has lost it or hides it", "function", machine)
    try scene.place.write("data.volume", [UInt8](repeating: 7, count: last.count))
    try scene.expectRefusal("no volume under this key", "function", machine)
    // Nothing behind its roots.
    try scene.place.write("data.volume", last.prefix(2 * 4096) + [UInt8](repeating: 0, count: last.count - 2 * 4096))
    try scene.expectRefusal("a block of the volume is not what was written there last", "function", machine)
    var swapped = last
    for place in stride(from: 2 * 4096, to: last.count, by: 4096) { swapped[place] ^= 1 }
    try scene.place.write("data.volume", swapped)
    try scene.expectRefusal("a block of the volume is not what was written there last", "function", machine)
    try scene.place.write("data.volume", last)
    try scene.expectLines(3, "function", machine)
  }

  /// Opening makes a volume's file as long as it has to be, before anything in it is judged: what is refused is as it was all the same.
  @Test(arguments: ["kvm", "process"]) func aRefusedFileIsAsItWas(machine: String) throws {
    let scene = try Scene()
    for bytes in [Array("somebody's letters".utf8), [UInt8](repeating: 0, count: 8192)] {
      try scene.place.write("data.volume", bytes)
      try scene.expectRefusal("found \(bytes.count) bytes, expected", "function", machine)
      #expect(try scene.place.bytes("data.volume") == bytes)
    }
    try FileManager.default.removeItem(atPath: "\(scene.place.path)/data.volume")
    try scene.expectLines(1, "function", machine)
    // The broker has counted, so that an empty one is refused.
    try scene.place.write("data.volume", [])
    try scene.expectRefusal("the host has lost it or hides it", "function", machine)
    #expect(try scene.place.bytes("data.volume") == [])
    try FileManager.default.removeItem(atPath: "\(scene.place.path)/data.volume")
    try scene.expectRefusal("the host has lost it or hides it", "function", machine)
    #expect(!scene.place.names.contains("data.volume"))
  }

  @Test func withoutACounterAnOldFileIsTakenAndThatIsSaid() throws {
    let scene = try Scene(sealed: ", freshness: none")
    try scene.expectLines(1)
    let old = try scene.place.bytes("data.volume")
    try scene.expectLines(2)
    try scene.place.write("data.volume", old)
    let result = try scene.run()
    #expect(result.status == 0 && result.output == Self.line + Self.line, "\(result)")
    #expect(result.errors.contains("not fresh (freshness: none)"), "\(result.errors)")
    #expect(try scene.place.run("inspect", "function.trustlet").output.contains("any version that the host shows"))
  }

  /// What trapped leaves what was committed before; who exits, with whatever status, leaves all.
  @Test func aTrapLeavesTheLastCommit() throws {
    let scene = try Scene([
      "function": Self.program(), "trap": Self.program("(unreachable)"),
      "commit": Self.program("(call $must (call $sync (i32.load (i32.const 20)))) (unreachable)"), "exit": Self.program("(call $exit (i32.const 3))"),
    ])
    try scene.expectLines(1)
    #expect(try scene.run("trap").status == 134)
    try scene.expectLines(2)
    #expect(try scene.run("commit").status == 134)
    try scene.expectLines(4)
    #expect(try scene.run("exit").status == 3)
    try scene.expectLines(6)
  }

  /// Killed at any moment of many commits: what was said to be committed is there, and nothing is half.
  @Test(arguments: ["kvm", "process"]) func aKilledRunLosesNothingThatWasCommitted(machine: String) throws {
    let looping = """
      (i32.store (i32.const 40) (i32.const 500))
      (loop $next
        (i32.store (i32.const 8) (i32.const 96))
        (i32.store (i32.const 12) (i32.const \(Self.line.utf8.count)))
        (call $must (call $write (i32.load (i32.const 20)) (i32.const 8) (i32.const 1) (i32.const 16)))
        (call $must (call $sync (i32.load (i32.const 20))))
        (call $must (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
        (i32.store (i32.const 40) (i32.sub (i32.load (i32.const 40)) (i32.const 1)))
        (br_if $next (i32.load (i32.const 40))))
      """
    let scene = try Scene(["function": Self.program(), "looping": Self.program(looping)])
    var (committed, acknowledged) = (0, 0)
    // On a machine with much else to do a run takes long to get anywhere.
    for round in 0..<40 where round < 8 || acknowledged == 0 {
      let run = try ServedProgram(
        ["run", "\(scene.place.path)/looping.trustlet", "--broker", scene.url, "--volume", "\(scene.place.path)/data.volume", "--machine", machine], in: scene.place)
      usleep(.random(in: 50_000...700_000 * UInt32(1 + round / 8)))
      kill(run.process.processIdentifier, SIGKILL)
      run.process.waitUntilExit()
      let said = run.said.components(separatedBy: Self.line).count - 1
      // The line before the loop came with the first commit.
      if said > 0 { committed += said + 1 }
      acknowledged += said
      let result = try scene.run("function", machine)
      let found = result.output.components(separatedBy: Self.line).count - 1
      #expect(result.status == 0 && result.output == String(repeating: Self.line, count: found) && found > committed, "\(committed): \(result)")
      committed = found
    }
    #expect(acknowledged > 0)
  }

  @Test func theReadmesWalkIsTrue() throws {
    let runs = try ReadmeWalk.runs(ReadmeWalk("Keeping data").lines, in: Workplace())
    #expect(runs.map(\.status) == [0, 0, 125], "\(runs)")
    #expect(runs.map(\.output) == ["bought milk\n", "bought milk\npaid rent\n", ""], "\(runs)")
    #expect(runs.last?.errors.contains("the host has turned it back") == true, "\(runs)")
  }

  @Test func aFileIsForOneRunAtATime() throws {
    let scene = try Scene()
    try scene.expectLines(1)
    let descriptor = open("\(scene.place.path)/data.volume", O_RDWR)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    try scene.expectRefusal("is in use by another run")
    flock(descriptor, LOCK_UN)
    try scene.expectLines(2)
  }

  /// A disk that is full: the program hears of it, or the run fails; the file is what it was.
  @Test func aFullDiskLosesNothing() throws {
    let scene = try Scene()
    try scene.expectLines(1)
    let result = try CofferCommand.run(
      ["run", "function.trustlet", "--broker", scene.url, "--volume", "data.volume"], in: scene.place.path, shell: "ulimit -f 4;")
    #expect(result.status == 125 && result.errors.contains("was not kept"), "\(result)")
    try scene.expectLines(2)
  }

  @Test func filesThatDoNotFitAreRefused() throws {
    let scene = try Scene()
    #expect(try scene.place.run("run", "function.trustlet", "--broker", scene.url).errors.contains("with --volume FILE"))
    try scene.place.module("plain.wasm", "(module (func (export \"_start\")))")
    #expect(try scene.place.run("run", "plain.wasm", "--volume", "data.volume").errors.contains("has none"))
    #expect(try scene.place.run("run", "function.trustlet", "--broker", scene.url, "--volume", ".").status == 125)
    try scene.expectLines(1)
    for (text, message) in [
      ("sealed: {path: /data}", "has no key"), ("sealed: {key: a/b/c}", "does not name it"), ("sealed: {key: data}", "no resource"), ("sealed: {key: a/b/c, size: 2GiB}", "not between"),
      ("sealed: {key: a/b/c, freshness: perhaps}", "freshness"),
    ] {
      try scene.place.write("wrong.yaml", Array(text.utf8))
      let built = try scene.place.run("build", "function.wasm", "-o", "wrong.trustlet", "--manifest", "wrong.yaml")
      #expect(built.status != 0 && built.errors.contains(message), "\(built.errors)")
    }
  }
}

import Foundation
import Glibc
import TestTPM
import Testing

/// The README's walk with two terminals: a broker, a secret under a policy, a function that gets it, and one with a byte changed that does not.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct SecretCommandTests {
  private static let secret = "open sesame, 7f1c9a0d"

  /// Prints its environment, and the file /tmp/key.
  private static let program = """
    (module
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environment (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "key")
      (data (i32.const 72) "GREETING")
      (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 12)))
        (drop (call $environment (i32.const 1024) (i32.const 4096)))
        (i32.store (i32.const 8) (i32.const 4096))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 20)))
        (i32.store (i32.const 8) (i32.const 8192))
        (i32.store (i32.const 12) (i32.const 4096))
        (drop (call $read (i32.load (i32.const 20)) (i32.const 8) (i32.const 1) (i32.const 12)))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
    """

  /// Takes its environment, says that it has it, and never ends.
  private static let keeper = """
    (module
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environment (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "I have it\\n")
      (data (i32.const 80) "\(mark)")
      (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (drop (call $environment (i32.const 1024) (i32.const 4096)))
        (i32.store (i32.const 8) (i32.const 64))
        (i32.store (i32.const 12) (i32.const 10))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
        (loop (br 0))))
    """
  /// In the program's memory, and so in the mappings that hold it.
  private static let mark = "marks the memory of the program 5d0e"

  /// A workplace with the program's image, a broker beside it, and the secrets put under a policy for this image alone.
  private struct Scene {
    let place: Workplace
    let broker: ServedProgram
    let manifest: String

    var url: String { "http://127.0.0.1:\(broker.port)" }

    init(_ program: String = SecretCommandTests.program, platforms: String, _ more: String = "") throws {
      place = try Workplace()
      try place.module("function.wasm", program)
      broker = try ServedProgram(["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/broker"], in: place)
      try broker.wait(for: "token is in")
      let author = try #require(broker.said.split { !$0.isHexDigit }.map(String.init).first { $0.count == 128 })
      manifest = "scratch: {path: /tmp}\nsecrets: {PASSWORD: shop/database/password, /tmp/key: shop/keys/signing}\nbroker: {key: \(author)}\n"
      try place.write("coffer.yaml", Array(manifest.utf8))
      try Self.build(place)
      let measurement = try #require(try place.run("measure", "function.trustlet").output.split(separator: "\n").first)
      try place.write(
        "policy.yaml",
        Array("platforms: {\(platforms)}\nimages: [{measurement: \"\(measurement)\"}]\nmachines: [kvm, process]\nkey-holder: instance\nage: 5m\n\(more)\n".utf8))
      try place.write("password", Array(SecretCommandTests.secret.utf8))
      for name in ["shop/database/password", "shop/keys/signing"] {
        let put = try place.run("broker", "put", name, "password", "--policy", "policy.yaml", "--broker", url, "--broker-data", "broker")
        #expect(put.status == 0, "\(put.errors)")
      }
    }

    func build() throws { try Self.build(place) }

    private static func build(_ place: Workplace) throws {
      let built = try place.run("build", "function.wasm", "-o", "function.trustlet", "--manifest", "coffer.yaml")
      #expect(built.status == 0, "\(built.errors)")
    }

    func run(_ more: String...) throws -> CofferCommand.Result {
      try CofferCommand.run(["run", "function.trustlet", "--broker", url] + more, in: place.path)
    }

    var log: String { (try? place.run("broker", "audit", "--broker", url, "--broker-data", "broker").output) ?? "" }
  }

  private func expectNothing(_ result: CofferCommand.Result, _ scene: Scene, says text: String) {
    #expect(result.status == 125 && result.output.isEmpty, "\(result)")
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(!result.errors.contains(Self.secret) && !scene.log.contains(Self.secret) && !scene.broker.said.contains(Self.secret))
  }

  @Test(arguments: ["kvm", "process"]) func aSecretReachesTheImageOfItsPolicyAndNoOther(machine: String) throws {
    let scene = try Scene(platforms: "none: insecure", machine == "process" ? "debug: allowed" : "")
    let result = try scene.run("--machine", machine)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == "PASSWORD=\(Self.secret)\0\(Self.secret)")
    #expect(!result.errors.contains(Self.secret))

    // One byte of the function.
    try scene.place.module("function.wasm", Self.program.replacing("GREETING", with: "GREETINH"))
    try scene.build()
    expectNothing(try scene.run("--machine", machine), scene, says: "measurement")
    // What the manifest gives the program is part of the image too.
    try scene.place.module("function.wasm", Self.program)
    try scene.place.write("coffer.yaml", Array("environment: {A: b}\n\(scene.manifest)".utf8))
    try scene.build()
    expectNothing(try scene.run("--machine", machine), scene, says: "measurement")
    #expect(try scene.place.run("broker", "audit", "--verify", "--broker", scene.url, "--broker-data", "broker").status == 0)
  }

  /// Every line of the README's walk, as it stands there but for the broker's port.
  @Test func theReadmesWalkIsTrue() throws {
    var lines = try ReadmeWalk("Releasing secrets").lines
    #expect(lines.removeFirst().hasPrefix("coffer broker serve"))
    // What follows is of other brokers.
    lines = Array(lines.prefix(through: try #require(lines.firstIndex(of: "coffer broker audit"))))
    let runs = try ReadmeWalk.runs(lines, in: Workplace())
    #expect(runs.count == 2)
    #expect(runs[0].status == 0 && runs[0].output == "The password is open sesame.\n", "\(runs[0])")
    #expect(runs[1].status == 125 && runs[1].output.isEmpty && runs[1].errors.contains("measurement"), "\(runs[1])")
  }

  /// A process of the trustlet's own is open to others of its user, and its evidence says so.
  @Test func whatCanBeLookedIntoIsRefusedUnlessThePolicyAllowsIt() throws {
    let scene = try Scene(platforms: "none: insecure")
    expectNothing(try scene.run("--machine", "process"), scene, says: "policy.debug")
  }

  @Test func aBrokerThatIsNotThereIsNamed() throws {
    let scene = try Scene(platforms: "none: insecure")
    let result = try scene.place.run("run", "function.trustlet", "--broker", "http://127.0.0.1:1")
    #expect(result.status == 125 && result.errors.contains("nobody listens at http://127.0.0.1:1") && !result.errors.contains("errno"), "\(result)")
    let second = try scene.place.run("broker", "serve", "--listen", "127.0.0.1:\(scene.broker.port)", "--data", "second")
    #expect(second.status == 125 && second.errors.contains("another program listens there"), "\(second)")
  }

  @Test func aPinnedBrokerIsTheOneThatAnswers() throws {
    let scene = try Scene(platforms: "none: insecure")
    let pin = try #require(scene.broker.said.split { !$0.isHexDigit }.map(String.init).first { $0.count == 64 })
    #expect(try scene.run("--broker-pin", pin).status == 0)
    expectNothing(try scene.run("--broker-pin", String(repeating: "0", count: 64)), scene, says: "this is another broker")
  }

  /// A broker that releases gladly, and is not the one of the manifest: its administrator has written other secrets under the same names.
  @Test(arguments: ["kvm", "process"]) func anotherBrokersSecretsAreNotTaken(machine: String) throws {
    let debug = machine == "process" ? "debug: allowed" : ""
    let (scene, other) = (try Scene(platforms: "none: insecure", debug), try Scene(platforms: "none: insecure", debug))
    try FileManager.default.removeItem(atPath: "\(other.place.path)/function.trustlet")
    try FileManager.default.copyItem(atPath: "\(scene.place.path)/function.trustlet", toPath: "\(other.place.path)/function.trustlet")
    let measurement = try #require(try other.place.run("measure", "function.trustlet").output.split(separator: "\n").first)
    try other.place.write("policy.yaml", Array("platforms: {none: insecure}\nimages: [{measurement: \"\(measurement)\"}]\nmachines: [kvm, process]\n\(debug)\n".utf8))
    for name in ["shop/database/password", "shop/keys/signing"] {
      let policy = try other.place.run("broker", "policy", name, "policy.yaml", "--broker", other.url, "--broker-data", "broker")
      #expect(policy.status == 0, "\(policy.errors)")
    }
    let result = try other.run("--machine", machine)
    #expect(other.log.contains("release"))
    expectNothing(result, other, says: "does not carry the signature of the manifest's author")
    #expect(try scene.run("--machine", machine).status == 0)
  }

  /// Another maker's broker signs nothing, so a manifest for it names nobody; then what is not promised is said.
  @Test func withoutAnAuthorTheCommandsSayWhatIsLost() throws {
    let place = try Workplace()
    try place.module("function.wasm", Self.program)
    try place.write("coffer.yaml", Array("secrets: {PASSWORD: shop/database/password}\n".utf8))
    let built = try place.run("build", "function.wasm", "-o", "function.trustlet", "--manifest", "coffer.yaml")
    #expect(built.status == 0 && built.errors.contains("cannot know who wrote its secrets"), "\(built)")
    try place.write("coffer.yaml", Array("secrets: {PASSWORD: shop/database/password}\nbroker: {key: \(String(repeating: "0", count: 128))}\n".utf8))
    let refused = try place.run("build", "function.wasm", "-o", "function.trustlet", "--manifest", "coffer.yaml")
    #expect(refused.status != 0 && refused.errors.contains("no point of P-256"), "\(refused)")
  }

  @Test func withoutABrokerOrItsConsentTheProgramDoesNotBegin() throws {
    let scene = try Scene(platforms: "sev-snp: {minimum-tcb: any, reference-values: any}")
    expectNothing(try scene.run(), scene, says: "platform")
    let without = try scene.place.run("run", "function.trustlet")
    #expect(without.status == 125 && without.errors.contains("--broker"), "\(without.errors)")
    // As the commands that speak to a broker do; it is asked, and refuses.
    expectNothing(try scene.place.run("run", "function.trustlet", environment: ["COFFER_BROKER": scene.url]), scene, says: "platform")
    #expect(try scene.place.run("run", "function.trustlet", environment: ["COFFER_BROKER": "broker.example"]).errors.contains("COFFER_BROKER: expected a URL"))
    let nobody = try scene.place.run("run", "function.trustlet", "--broker", "http://127.0.0.1:1")
    expectNothing(nobody, scene, says: "no answer from the broker")
    #expect(try scene.place.run("run", "function.trustlet", "--broker", "http://broker.example").errors.contains("https"))
  }

  /// In the role of the host, which without confidential hardware can read everything: where the secret is, and where it is not.
  @Test(.enabled(if: geteuid() == 0, "reads other processes' memory, which takes root"), arguments: ["kvm", "process"])
  func aReleasedSecretIsInTheInstanceAlone(machine: String) throws {
    let scene = try Scene(Self.keeper, platforms: "none: insecure", machine == "process" ? "debug: allowed" : "")
    try FileManager.default.removeItem(atPath: "\(scene.place.path)/password")
    let run = try ServedProgram(
      ["run", "\(scene.place.path)/function.trustlet", "--broker", scene.url, "--machine", machine, "--timeout", "120s"], in: scene.place)
    try run.wait(for: "I have it")
    let processes = [run.process.processIdentifier] + Descendant.all(of: run.process.processIdentifier).map(\.process)
    // Such a search finds what is there.
    var held: [(pid_t, HostMemory.Mapping)] = []
    for process in processes { held += try HostMemory.mappings(holding: Array(Self.secret.utf8), of: process).map { (process, $0) } }
    #expect(!held.isEmpty)
    let own = run.process.processIdentifier
    let marked = try HostMemory.mappings(holding: Array(Self.mark.utf8), of: own).filter { $0.isWritable && $0.name.isEmpty }.map(\.range)
    for (process, mapping) in held {
      // On `kvm` the memory of the virtual machine, which is where the program's data are too; on `process` a process of the trustlet's own, below
      // the end of its address space.
      let isOfTheTrustlet = machine == "kvm" ? process == own && marked.contains(mapping.range) : process != own && mapping.range.upperBound <= 1 << 38
      #expect(isOfTheTrustlet, "process \(process) of \(processes): \(mapping)")
    }
    for file in try FileManager.default.subpathsOfDirectory(atPath: scene.place.path) {
      guard let bytes = FileManager.default.contents(atPath: "\(scene.place.path)/\(file)") else { continue }
      #expect(bytes.range(of: Data(Self.secret.utf8)) == nil, "\(file)")
    }
    #expect(!scene.log.contains(Self.secret))
    kill(run.process.processIdentifier, SIGKILL)
    run.process.waitUntilExit()
  }

  /// Who puts a secret sends it to the broker; so another process releases it, which has it encrypted from its disk.
  @Test(.enabled(if: geteuid() == 0, "reads other processes' memory, which takes root")) func aBrokerForgetsWhatItHasReleased() throws {
    let scene = try Scene(platforms: "none: insecure")
    kill(scene.broker.process.processIdentifier, SIGKILL)
    scene.broker.process.waitUntilExit()
    let broker = try ServedProgram(["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(scene.place.path)/broker"], in: scene.place)
    try broker.wait(for: "token is in")
    for _ in 0..<3 {
      let result = try scene.place.run("run", "function.trustlet", "--broker", "http://127.0.0.1:\(broker.port)")
      #expect(result.output == "PASSWORD=\(Self.secret)\0\(Self.secret)", "\(result.errors)")
    }
    func held(_ text: String) throws -> [HostMemory.Mapping] { try HostMemory.mappings(holding: Array(text.utf8), of: broker.process.processIdentifier) }
    // Such a search finds what is there.
    #expect(try !held("shop/database/password").isEmpty)
    #expect(try held(Self.secret).isEmpty)
  }

  @Test(.enabled(if: SoftwareTPM.programs != nil, "\(SoftwareTPM.finding)")) func aTPMVouchesForTheMachine() throws {
    let tpm = try SoftwareTPM()
    // The broker's refusal tells which key it does not know yet.
    let first = try Scene(platforms: "tpm: {reference-values: any}")
    let refused = try first.run("--platform", "tpm:\(tpm.socket)")
    expectNothing(refused, first, says: "endorsement")
    let key = try #require(refused.errors.split { !$0.isHexDigit }.map(String.init).first { $0.count == 64 })
    let scene = try Scene(platforms: "tpm: {reference-values: any}", "trust-anchors: {tpm: [\"\(key)\"]}")
    let result = try scene.run("--platform", "tpm:\(tpm.socket)")
    #expect(result.status == 0 && result.output.contains("PASSWORD=\(Self.secret)"), "\(result.errors)")
    let other = try SoftwareTPM()
    expectNothing(try scene.run("--platform", "tpm:\(other.socket)"), scene, says: "endorsement")
  }
}

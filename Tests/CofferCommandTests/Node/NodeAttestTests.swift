import Foundation
import Glibc
import TestTPM
import Testing

/// Evidence, secrets and attested channels of a node's functions, from the commands that ask for them.
@Suite(.enabled(if: CofferCommand.areMet, CofferCommand.finding))
struct NodeAttestTests {
  private static let nonce = "00112233445566778899aabbccddeeff"
  private static let secret = "open sesame, 51d0c7e2"

  /// Answers what it is sent.
  private static let echo = """
    (module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (i32.store (i32.const 8) (i32.const 1024))
        (i32.store (i32.const 12) (i32.const 4096))
        (drop (call $read (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 12)))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
    """

  /// Answers its environment's first variable.
  private static let teller = """
    (module
      (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "environ_get" (func $environment (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 12)))
        (drop (call $environment (i32.const 1024) (i32.const 4096)))
        (i32.store (i32.const 8) (i32.const 4096))
        (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))
    """

  /// A node with a function, and a policy for that.
  private final class Scene {
    let place: Workplace
    let node: ServedProgram
    let measurement: String

    init(
      _ program: String = NodeAttestTests.echo, manifest: String = "{}", terms: String, _ options: [String], environment: [String: String] = [:], name: String = "function",
      in other: Workplace? = nil
    ) throws {
      place = try other ?? Workplace()
      measurement = try Self.build(place, program, manifest)
      try place.write("policy.yaml", Array(Self.policy(terms, measurement).utf8))
      node = try ServedProgram(["serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/node"] + options, environment: environment, in: place)
      try node.wait(for: "the dashboard is at")
      try deploy(name)
    }

    static func policy(_ terms: String, _ measurement: String, _ more: String = "") -> String {
      "platforms: {\(terms)}\nimages: [{measurement: \"\(measurement)\"}]\nmachines: [kvm]\nage: 5m\n\(more)\n"
    }

    static func build(_ place: Workplace, _ program: String, _ manifest: String) throws -> String {
      try place.module("function.wasm", program)
      try place.write("coffer.yaml", Array((manifest + "\n").utf8))
      let built = try place.run("build", "function.wasm", "-o", "function.trustlet", "--manifest", "coffer.yaml")
      #expect(built.status == 0, "\(built.errors)")
      return String(try #require(try place.run("measure", "function.trustlet").output.split(separator: "\n").first))
    }

    var url: String { "http://127.0.0.1:\(node.port)" }
    var attestedURL: String { Scene.encryptedURL(node) }

    static func encryptedURL(_ program: ServedProgram) -> String {
      let number = program.said.firstRange(of: "https://127.0.0.1:").map { program.said[$0.upperBound...].prefix { $0.isNumber } } ?? ""
      return "https://127.0.0.1:\(number)"
    }

    func deploy(_ name: String) throws {
      let deployed = try command("deploy", name, "function.trustlet")
      #expect(deployed.status == 0, "\(deployed.errors)")
    }

    func command(_ words: String...) throws -> CofferCommand.Result {
      try CofferCommand.run(words + ["--node", url, "--node-data", "node"], in: place.path)
    }

    func attest(_ name: String = "function", nonce: String = NodeAttestTests.nonce, to file: String = "evidence.cbor") throws -> CofferCommand.Result {
      try command("attest", name, "--nonce", nonce, "--evidence", file)
    }

    func verify(_ more: String..., nonce: String = NodeAttestTests.nonce, file: String = "evidence.cbor", policy: String = "policy.yaml") throws -> CofferCommand.Result {
      try CofferCommand.run(["verify", file, "--policy", policy, "--nonce", nonce] + more, in: place.path)
    }

    /// The process of the node's attester.
    func attester() throws -> pid_t {
      let all = Descendant.all(of: node.process.processIdentifier).map(\.process)
      return try #require(all.first { (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8))?.hasPrefix("coffer-attester") == true })
    }
  }

  @Test func evidenceOfAFunctionIsFreshAndItsOwn() throws {
    let scene = try Scene(terms: "sev-snp: {minimum-tcb: any, reference-values: any}", ["--platform", "development-snp"])
    #expect(scene.node.said.contains("DEVELOPMENT PLATFORM") && scene.node.said.contains("nothing here is confidential"))
    let root = try #require(scene.node.said.split { !$0.isHexDigit }.map(String.init).first { $0.count == 64 })
    let result = try scene.attest()
    #expect(result.status == 0, "\(result.errors)")
    let accepted = try scene.verify("--development-root", root)
    #expect(accepted.status == 0, "\(accepted.output)\(accepted.errors)")
    #expect(accepted.output.contains("NOT CONFIDENTIAL"))
    // Nobody's root; replayed; another policy's image.
    #expect(try scene.verify().status == 1)
    let other = "ff\(Self.nonce.dropFirst(2))"
    #expect(try scene.verify("--development-root", root, nonce: other).status == 1)
    try scene.place.write("other.yaml", Array(Scene.policy("sev-snp: {minimum-tcb: any, reference-values: any}", String(repeating: "0", count: 96)).utf8))
    #expect(try scene.verify("--development-root", root, policy: "other.yaml").status == 1)
    // Another function's evidence.
    _ = try Scene.build(scene.place, Self.teller, "{}")
    try scene.deploy("second")
    #expect(try scene.attest("second", to: "second.cbor").status == 0)
    #expect(try scene.verify("--development-root", root, file: "second.cbor").status == 1)
    // Made anew each time, also for the same nonce.
    #expect(try scene.attest(to: "again.cbor").status == 0)
    #expect(try scene.place.bytes("again.cbor") != scene.place.bytes("evidence.cbor"))
    let unknown = try scene.attest("nobody")
    #expect(unknown.status == 125 && unknown.errors.contains("nobody"), "\(unknown)")
    #expect(try scene.command("attest", "function", "--nonce", "0011").errors.contains("8 to 64"))
    #expect(try scene.node.end(SIGTERM) == 0)
  }

  @Test(.enabled(if: SoftwareTPM.programs != nil, "\(SoftwareTPM.finding)"))
  func aTPMVouchesForTheNode() throws {
    let tpm = try SoftwareTPM()
    let scene = try Scene(terms: "tpm: {reference-values: any}", ["--platform", "tpm:\(tpm.socket)"])
    let result = try scene.attest()
    #expect(result.status == 0, "\(result.errors)")
    let refused = try scene.verify()
    #expect(refused.status == 1)
    let key = try #require(refused.output.split { !$0.isHexDigit }.map(String.init).first { $0.count == 64 }, "\(refused.output)")
    let pinned = Scene.policy("tpm: {reference-values: any}", scene.measurement, "trust-anchors: {tpm: [\"\(key)\"]}")
    try scene.place.write("pinned.yaml", Array(pinned.utf8))
    let accepted = try scene.verify(policy: "pinned.yaml")
    #expect(accepted.status == 0, "\(accepted.output)\(accepted.errors)")
  }

  @Test func aNodeWithoutAPlatformSaysSo() throws {
    let scene = try Scene(terms: "none: insecure", [])
    let result = try scene.attest()
    #expect(result.status == 125 && result.errors.contains("--platform"), "\(result)")
    #expect(try scene.place.run("serve", "--broker", "http://127.0.0.1:1").errors.contains("--platform"))
    #expect(try scene.place.run("serve", "--platform", "none", environment: ["COFFER_BROKER": "broker.example"]).errors.contains("COFFER_BROKER: "))
    #expect(try scene.place.run("serve", "--broker-tenant", "acme", environment: ["COFFER_BROKER": "http://127.0.0.1:1"]).errors.contains("--broker"))
  }

  /// Its monitors go with it, since their keys do; a call in their midst is told, and the next finds others.
  @Test func anAttesterThatDiesIsReplaced() throws {
    let scene = try Scene(terms: "none: insecure", ["--platform", "none"])
    #expect(try scene.command("invoke", "function", "--data", "one").output == "one")
    #expect(try scene.attest().status == 0)
    #expect(try scene.verify().status == 0)
    let former = try scene.attester()
    kill(former, SIGKILL)
    // Until then a call may meet a monitor that is about to die, and is told so.
    var answer = try scene.command("invoke", "function", "--data", "two")
    for _ in 0..<200 where answer.status != 0 {
      #expect(answer.status == 1 && (answer.errors.contains("502") || answer.errors.contains("503")), "\(answer)")
      usleep(50_000)
      answer = try scene.command("invoke", "function", "--data", "two")
    }
    #expect(answer.output == "two", "\(answer)")
    #expect(try scene.attester() != former)
    #expect(try scene.attest(to: "later.cbor").status == 0)
    #expect(try scene.verify(file: "later.cbor").status == 0)
    #expect(try scene.node.end(SIGTERM) == 0)
  }

  /// The broker is the command line's, or that of the environment, as of other commands.
  @Test(arguments: [false, true]) func aFunctionGetsTheSecretsOfItsManifest(isInTheEnvironment: Bool) throws {
    let place = try Workplace()
    let broker = try ServedProgram(["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/broker"], in: place)
    try broker.wait(for: "token is in")
    let url = "http://127.0.0.1:\(broker.port)"
    let scene = try Scene(
      Self.teller, manifest: "secrets: {PASSWORD: shop/database/password}\nhost: {environment: false}", terms: "none: insecure",
      isInTheEnvironment ? ["--platform", "none"] : ["--platform", "none", "--broker", url], environment: isInTheEnvironment ? ["COFFER_BROKER": url] : [:], in: place)
    // Not released yet: the caller learns nothing of why, and the function's log does.
    let before = try scene.command("invoke", "function")
    #expect(before.status == 1 && !before.errors.contains("broker"), "\(before)")
    #expect(try scene.command("logs", "function").output.contains("broker refuses"))
    try place.write("release.yaml", Array(Scene.policy("none: insecure", scene.measurement, "key-holder: instance").utf8))
    try place.write("password", Array(Self.secret.utf8))
    let put = try place.run("broker", "put", "shop/database/password", "password", "--policy", "release.yaml", "--broker", url, "--broker-data", "broker")
    #expect(put.status == 0, "\(put.errors)")
    for _ in 0..<3 {
      let answer = try scene.command("invoke", "function")
      let log = try scene.command("logs", "function").output
      #expect(answer.output == "PASSWORD=\(Self.secret)\0", "\(answer) \(log)")
    }
    #expect(!scene.node.said.contains(Self.secret))
    // Another program under the same name is no longer the one of the policy.
    _ = try Scene.build(place, Self.teller.replacing("4096", with: "4097"), "secrets: {PASSWORD: shop/database/password}\nhost: {environment: false}")
    try scene.deploy("function")
    #expect(try scene.command("invoke", "function").status == 1)
  }

  /// A broker with a certificate that no system knows is asked where the node names who issued that, and not otherwise.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "there is no openssl to make a certificate with"), arguments: [true, false])
  func aBrokerIsKnownByItsAuthority(isNamed: Bool) throws {
    let place = try Workplace()
    let openssl = Process()
    openssl.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    let (key, certificate) = ("\(place.path)/key.pem", "\(place.path)/certificate.pem")
    openssl.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=broker",
      "-addext", "subjectAltName=IP:127.0.0.1",
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    try #require(openssl.terminationStatus == 0)
    let broker = try ServedProgram(
      ["broker", "serve", "--listen", "127.0.0.1:0", "--data", "\(place.path)/broker", "--certificate", certificate, "--private-key", key], in: place)
    try broker.wait(for: "token is in")
    let url = Scene.encryptedURL(broker)
    let scene = try Scene(
      Self.teller, manifest: "secrets: {PASSWORD: shop/database/password}\nhost: {environment: false}", terms: "none: insecure",
      ["--platform", "none", "--broker", url] + (isNamed ? ["--broker-authority", certificate] : []), in: place)
    try place.write("release.yaml", Array(Scene.policy("none: insecure", scene.measurement, "key-holder: instance").utf8))
    try place.write("password", Array(Self.secret.utf8))
    let put = try place.run(
      "broker", "put", "shop/database/password", "password", "--policy", "release.yaml", "--broker", url, "--broker-data", "broker", "--authority", certificate)
    #expect(put.status == 0, "\(put.errors)")
    let answer = try scene.command("invoke", "function")
    let log = try scene.command("logs", "function").output
    #expect(answer.output == (isNamed ? "PASSWORD=\(Self.secret)\0" : ""), "\(answer) \(log)")
    if !isNamed { #expect(log.contains("CERTIFICATE_VERIFY_FAILED") || log.contains("certificate"), "\(log)") }
  }

  @Test func nothingIsSentBeforeTheVerdict() throws {
    let scene = try Scene(terms: "none: insecure", ["--platform", "none", "--attested", "127.0.0.1:0"])
    func invoke(_ name: String = "function", _ policy: String = "policy.yaml", to url: String? = nil) throws -> CofferCommand.Result {
      try CofferCommand.run(
        ["invoke", name, "--data", "for you alone", "--attested", "--policy", policy, "--node", url ?? scene.attestedURL], in: scene.place.path)
    }
    for _ in 0..<3 {
      let answer = try invoke()
      #expect(answer.status == 0 && answer.output == "for you alone", "\(answer)")
    }
    try scene.place.write("other.yaml", Array(Scene.policy("none: insecure", String(repeating: "0", count: 96)).utf8))
    try scene.place.write("strict.yaml", Array(Scene.policy("none: insecure", scene.measurement, "key-holder: instance").utf8))
    for (policy, rule) in [("other.yaml", "policy.image"), ("strict.yaml", "policy.key-holder")] {
      let refused = try invoke("function", policy)
      #expect(refused.status == 125 && refused.output.isEmpty && refused.errors.contains("nothing was sent") && refused.errors.contains(rule), "\(refused)")
    }
    // The policy is for one function, and another's evidence is none of it.
    _ = try Scene.build(scene.place, Self.teller, "{}")
    try scene.deploy("second")
    #expect(try invoke("second").errors.contains("policy.image"))
    for (result, words) in [
      (try invoke("nobody"), "it ended the handshake"),
      // Whoever listens there without evidence, and nobody at all.
      (try invoke(to: scene.url.replacing("http:", with: "https:")), "speaks no TLS"), (try invoke(to: "https://127.0.0.1:1"), "nobody listens there"),
    ] {
      #expect(result.status == 125 && result.errors.contains(words) && !result.errors.contains("rror:"), "\(result)")
    }
    #expect(try invoke(to: scene.url).errors.contains("https://"))
    // The node counted the calls that were accepted, and no other ran.
    #expect(try scene.node.end(SIGTERM) == 0)
  }

  /// On a node image the front is of the attester's user, and without capabilities: it sees nothing of its keys.
  @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0, "takes root and setpriv (Debian's util-linux)"))
  func whoHasNoCapabilitiesCannotLookIntoTheAttester() throws {
    func without(_ words: String...) throws -> Process {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
      process.arguments = ["--bounding-set=-all", "--inh-caps=-all"] + words
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      return process
    }
    func isOpen(_ file: String, of process: pid_t) throws -> Bool {
      let opening = try without("dd", "if=/proc/\(process)/\(file)", "of=/dev/null", "count=0")
      opening.waitUntilExit()
      return opening.terminationStatus == 0
    }
    let scene = try Scene(terms: "none: insecure", ["--platform", "none"])
    let other = try without("sleep", "600")
    defer {
      kill(other.processIdentifier, SIGKILL)
      other.waitUntilExit()
    }
    // It has to have given up what it had.
    while (try? String(contentsOfFile: "/proc/\(other.processIdentifier)/comm", encoding: .utf8)) != "sleep\n" { usleep(10_000) }
    for file in ["mem", "maps", "environ", "auxv", "fd/0"] {
      #expect(try !isOpen(file, of: scene.attester()), "\(file)")
      if file == "mem" || file == "maps" { #expect(try isOpen(file, of: other.processIdentifier), "\(file)") }
    }
  }
}

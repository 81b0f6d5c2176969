import ArgumentParser
import Coffer
import Crypto
import DevelopmentPlatform
import Evidence
import Foundation
import Monitor
import Platform
import RunCommand
import TrustletImage
import TrustletRun

struct TrustBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust",
    abstract: "What evidence of an instance costs, by platform, on one core, and a start with a released secret.",
    discussion: """
      "an instance": its token, under a platform's report and a monitor that are vouched for already. "a monitor and an instance": both \
      tokens. "a fresh nonce": the platform's report too, once for one relying party, and once for 64 that ask at the same time, by each. Of \
      the platforms, the TPM is swtpm, in memory, where it is installed: one in hardware takes far longer; and tsm is this machine's. \
      "evidence of a node's function": what coffer attest asks of a node on this machine, by HTTP, each for a nonce of its own. "a start \
      with a secret": a new machine, a key made in it, fresh evidence, a broker on this machine that judges it and releases a secret, its \
      signature checked, the secret opened, the program begun and ended. The broker and this program share the processors.
      """)

  @Option(help: "How often the cases take turns.", transform: ArgumentForm.count)
  var rounds = 40

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var build: BuildOptions

  private struct Case {
    var name: String
    var who: String
    /// Milliseconds that are wanted at most.
    var goal: Double?
    /// How many pieces of evidence one run gives.
    var pieces = 1
    /// Whether the goal is one of nearly all runs rather than of half of them.
    var isOfTail = false
    var run: () throws -> Void
  }

  func run() throws {
    try reporting {
      var report = BenchReport(bench: "trust")
      let emulator = try SoftwareTPMProcess()
      defer { emulator?.end() }
      if emulator == nil { report.missing.append("swtpm") }
      let broker = try BrokerProcess()
      defer { broker.end() }
      let image = try Self.image(build, of: broker)
      try broker.put(policy: "platforms: {none: insecure}\nimages: [{measurement: \"\(image.measurement)\"}]\n")
      // A software TPM has one connection: this node has its own.
      let nodesEmulator = try SoftwareTPMProcess()
      defer { nodesEmulator?.end() }
      var nodes = [("none", try AttestingNode(platform: "none"))]
      defer { nodes.forEach { $0.1.end() } }
      if let nodesEmulator { nodes.append(("swtpm", try AttestingNode(platform: "tpm:\(nodesEmulator.socket)"))) }
      let cases = try nodes.map(Self.ofFunctions) + Self.signatures() + Self.platforms(emulator, &report).flatMap(Self.fresh) + Self.releases(of: image, from: broker)
      var samples = cases.map { _ in [Double]() }
      for round in 0..<rounds {
        Terminal.progress("round \(round + 1) of \(rounds)")
        for (index, one) in cases.enumerated() {
          let time = try ContinuousClock().measure { try one.run() }
          let milliseconds = Double(time.components.seconds) * 1e3 + Double(time.components.attoseconds) / 1e15
          samples[index].append(milliseconds / Double(one.pieces))
        }
      }
      Terminal.progress(nil)
      for (one, times) in zip(cases, samples) {
        let row = BenchReport.Row(name: one.name, who: one.who, unit: "ms", samples: times)
        report.rows.append(row)
        if let goal = one.goal { report.goals.append(BenchReport.Goal(name: one.name, unit: "ms", limit: goal, found: one.isOfTail ? row.p99 : row.median)) }
      }
      try report.show(asJSON: json, table: Self.table(report))
    }
  }

  private static let nonce = [UInt8](0..<32)

  private static var now: UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

  private static func instance() -> InstanceStatement {
    InstanceStatement(
      imageMeasurement: [UInt8](repeating: 0x11, count: 48), manifest: Array(#"{"host":{"arguments":true}}"#.utf8),
      key: InstanceKey(point: Array(P384.KeyAgreement.PrivateKey().publicKey.rawRepresentation), holder: .monitor), machine: "kvm", isClosed: true)
  }

  private static func monitor() throws -> MonitorSigner { try MonitorSigner(programDigest: [UInt8](repeating: 0x33, count: 48)) }

  private static func signatures() throws -> [Case] {
    let node = NodeSigner(platform: NoPlatform())
    let monitor = try monitor()
    guard let bound = try node.bind([nonce]).first else { return [] }
    let endorsement = try node.endorsement(of: monitor, for: bound, at: now)
    let instance = instance()
    let key = P384.Signing.PrivateKey()
    return [
      Case(name: "a signature by P-384", who: "swift-crypto") { _ = try key.signature(for: nonce) },
      Case(name: "an instance", who: "coffer", goal: 1) { _ = try endorsement.evidence(of: instance, at: now) },
      Case(name: "a monitor and an instance", who: "coffer") { _ = try node.evidence(of: instance, by: monitor, under: bound, at: now) },
      Case(name: "a monitor's new key", who: "coffer") { _ = try Self.monitor() },
    ]
  }

  private static func platforms(_ emulator: SoftwareTPMProcess?, _ report: inout BenchReport) throws -> [(String, any Platform)] {
    let root = DevelopmentRoot()
    var platforms: [(String, any Platform)] = [("none", NoPlatform())]
    for kind in DevelopmentMachine.Kind.allCases { platforms.append(("development \(kind.rawValue)", DevelopmentMachine(kind, root: root))) }
    if let emulator { platforms.append(("swtpm", try TPMPlatform(path: emulator.socket))) }
    if let name = try? ReportInterface().name { platforms.append(("tsm \(name)", ReportInterface())) } else { report.missing.append("tsm") }
    return platforms
  }

  private static func fresh(_ name: String, _ platform: any Platform) throws -> [Case] {
    let node = NodeSigner(platform: platform)
    let monitor = try monitor()
    let instance = instance()
    let many = (0..<64).map { [UInt8](repeating: UInt8($0), count: 32) }
    return [1, many.count].map { count in
      Case(name: "a fresh nonce, \(count == 1 ? "alone" : "one of \(count)")", who: name, pieces: count) {
        for bound in try node.bind(Array(many.prefix(count))) {
          _ = try node.evidence(of: instance, by: monitor, under: bound, at: now)
        }
      }
    }
  }

  /// From the request to the front to the evidence's last byte: front, monitor, attester and platform are processes of their own.
  private static func ofFunctions(_ name: String, _ node: AttestingNode) -> Case {
    Case(name: "evidence of a node's function", who: name) { try node.evidence(nonce: (0..<32).map { _ in UInt8.random(in: 0...255) }) }
  }

  /// A program that says its secret.
  private static func image(_ build: BuildOptions, of broker: BrokerProcess) throws -> TrustletImage {
    var manifest = Manifest()
    manifest.broker = Manifest.Broker(key: broker.author)
    manifest.secrets = ["PASSWORD": BrokerProcess.resource]
    guard case .module(let bytes, _) = try Application.load("example:password") else { throw CommandFailure("the example 'password' is no module") }
    return try build.builder().image(of: bytes, manifest: manifest)
  }

  private static func releases(of image: TrustletImage, from broker: BrokerProcess) throws -> [Case] {
    let kind = MachineChoice.best { Terminal.note($0) }
    let signer = try RunSigner(NoPlatform())
    return [
      Case(name: "a start with a secret", who: "coffer, machine \(kind.name)", goal: 20, isOfTail: true) {
        let secrets = BrokerSecrets(of: image, machine: kind.name, from: broker.address, tenant: nil, pin: nil, by: signer)
        var options = RunOptions()
        options.streams = EdgeServiceConfiguration.StandardStreams(input: nil, output: nil, errors: nil)
        options.secrets = secrets
        let trustlet = try TrustletRunner.start(image, options, on: kind)
        let outcome = try TrustletRunner.runCommand(image, trustlet)
        if let failure = secrets.failure { throw CommandFailure(failure) }
        // Its output has no reader here, which it says with 74.
        guard case .exited(74) = outcome else { throw CommandFailure("the program ended otherwise than it should: \(outcome)") }
      }
    ]
  }

  private static func table(_ report: BenchReport) -> String {
    var lines = ["case".padded(30) + "who".padded(24) + "least ms".aligned(12) + "median ms".aligned(13) + "p99 ms".aligned(13)]
    for row in report.rows {
      lines.append(
        row.name.padded(30) + row.who.padded(24)
          + [(row.minimum, 12), (row.median, 13), (row.p99, 13)].map { String(format: "%.3f", $0.0).aligned($0.1) }.joined())
    }
    if !report.missing.isEmpty { lines.append("not here: \(report.missing.joined(separator: ", "))") }
    return (lines + report.goals.map(\.description)).joined(separator: "\n")
  }
}

import Attestation
import Crypto
import DevelopmentPlatform
import Evidence
import Foundation
import Platform
import TestTPM

/// A node on some platform, a monitor of it and what a relying party knows of them.
struct Scene {
  static let manifest = Array(#"{"arguments":[],"host":{"arguments":false,"directories":"none","environment":false},"memory":67108864}"#.utf8)
  static let measurement = [UInt8](repeating: 0x11, count: 48)
  static let nonce = [UInt8](0..<32)

  let platform: CountingPlatform
  let node: NodeSigner
  let monitor: MonitorSigner
  let anchors: TrustAnchors
  /// What a policy asks of the platform.
  let terms: String

  private init(_ platform: any Platform, anchors: TrustAnchors, terms: String) throws {
    self.platform = CountingPlatform(platform)
    node = NodeSigner(platform: self.platform)
    monitor = try MonitorSigner(programDigest: [UInt8](repeating: 0x33, count: 48))
    self.anchors = anchors
    self.terms = terms
  }

  static func development(_ kind: DevelopmentMachine.Kind, root: DevelopmentRoot = DevelopmentRoot()) throws -> Scene {
    let machine = DevelopmentMachine(kind, root: root)
    let platform: PlatformKind = kind == .sevSNP ? .sevSNP : kind == .tdx ? .tdx : .cca
    let digest = hexadecimal(machine.launchDigest)
    let terms =
      switch kind {
      case .sevSNP: "sev-snp: {minimum-tcb: {bootloader: any, tee: any, snp: 1, microcode: any}, reference-values: [{launch-digest: \"\(digest)\"}]}"
      case .tdx: "tdx: {reference-values: [{mrtd: \"\(digest)\", rtmr0: any, rtmr1: any, rtmr2: any, rtmr3: any}]}"
      case .cca: "cca: {reference-values: any}"
      }
    var anchor = TrustAnchors.Anchor(platform, name: "test", fingerprint: root.fingerprint)
    anchor.isDevelopment = true
    return try Scene(machine, anchors: TrustAnchors([anchor]), terms: terms)
  }

  static func tpm(_ tpm: SoftwareTPM) throws -> Scene {
    let platform = try TPMPlatform(path: tpm.socket)
    let key = try TPMPublicArea(decoding: platform.attestationKey).key
    return try Scene(
      platform, anchors: TrustAnchors([.init(.tpm, name: "test", fingerprint: key.fingerprint)]), terms: "tpm: {reference-values: any}")
  }

  static func none() throws -> Scene { try Scene(NoPlatform(), anchors: TrustAnchors([]), terms: "none: insecure") }

  /// A further node on the same platform.
  func sibling() throws -> Scene { try Scene(platform, anchors: anchors, terms: terms) }

  static func instance(holder: InstanceKey.Holder = .monitor, manifest: [UInt8] = manifest, isClosed: Bool = true) -> InstanceStatement {
    let key = InstanceKey(point: Array(P384.KeyAgreement.PrivateKey().publicKey.rawRepresentation), holder: holder)
    return InstanceStatement(imageMeasurement: measurement, manifest: manifest, key: key, machine: "kvm", isClosed: isClosed)
  }

  func evidence(
    _ nonce: [UInt8] = nonce, of instance: InstanceStatement = instance(), at time: Date = .now
  ) throws -> [UInt8] {
    let bound = try node.bind([nonce])
    return try node.evidence(of: instance, by: monitor, under: bound[0], at: UInt64(time.timeIntervalSince1970))
  }

  func policy(_ more: String = "") throws -> Policy {
    try Policy(
      yaml: """
        platforms: {\(terms)}
        images: [{measurement: "\(hexadecimal(Self.measurement))"}]
        manifest: {network: none, host-directories: none, host-arguments: none, host-environment: none}
        machines: [kvm]
        age: 5m
        \(more)
        """)
  }

  func verdict(_ bytes: [UInt8], nonce: [UInt8]? = nonce, policy: Policy? = nil, at time: Date = .now) throws -> Verdict {
    let examination = try EvidenceFormat.trustlet.decode(bytes).examine(in: VerificationContext(time: time, anchors: anchors))
    return try (policy ?? self.policy()).appraise(examination, nonce: nonce, at: time)
  }

  /// The rules that refuse; that it does not decode counts as one.
  func refusals(_ bytes: [UInt8], nonce: [UInt8]? = nonce, at time: Date = .now) -> [String] {
    guard let verdict = try? verdict(bytes, nonce: nonce, at: time) else { return ["malformed"] }
    return verdict.findings.filter { $0.outcome == .refused }.map(\.rule)
  }
}

import Attestation
import Crypto
import DevelopmentEvidence
import Foundation
import Testing

private let now = Date(timeIntervalSince1970: 1_780_000_000)
private let nonce = [UInt8](0..<32)

/// A trustlet above a Keystone device, whose report is the simplest that can be made by hand here.
@Suite struct TrustletEvidenceTests {
  private struct Device {
    var device = Curve25519.Signing.PrivateKey()
    var monitor = Curve25519.Signing.PrivateKey()

    func report(_ data: [UInt8]) throws -> [UInt8] {
      let hashes = [UInt8](repeating: 0xaa, count: 64)
      let enclave = hashes + withUnsafeBytes(of: UInt64(data.count).littleEndian) { Array($0) } + data
      let endorsed = hashes + Array(monitor.publicKey.rawRepresentation)
      return try enclave + [UInt8](repeating: 0, count: 1024 - data.count) + monitor.signature(for: enclave)
        + endorsed + device.signature(for: endorsed) + device.publicKey.rawRepresentation
    }

    var anchors: TrustAnchors {
      get throws {
        let key = try VerificationKey(ed25519: Array(device.publicKey.rawRepresentation))
        return TrustAnchors([.init(.keystone, name: "test", fingerprint: key.fingerprint)])
      }
    }
  }

  private let device = Device()
  private var maker = TrustletEvidenceMaker(nonce: nonce, issuedAt: now)

  private func evidence(_ maker: TrustletEvidenceMaker, binding: [UInt8]? = nil) throws -> [UInt8] {
    try maker.evidence(platform: ("keystone-report", device.report(binding ?? maker.platformBinding())))
  }

  private func examine(_ bytes: [UInt8]) throws -> Examination {
    try EvidenceFormat.trustlet.decode(bytes).examine(in: VerificationContext(time: now, anchors: device.anchors))
  }

  private func refused(_ bytes: [UInt8]) throws -> [String] { try examine(bytes).findings.filter { $0.outcome == .refused }.map(\.rule) }

  private static let policy = """
    platforms:
      keystone: {reference-values: any}
    images:
      - measurement: \(String(repeating: "11", count: 48))
    manifest: {network: none, host-directories: none, host-arguments: none, host-environment: none}
    machines: [kvm]
    age: 5m
    """

  @Test func whatIsMadeIsGenuineAndAccepted() throws {
    let bytes = try evidence(maker)
    #expect(EvidenceFormat.detect(bytes) == .trustlet)
    let examination = try examine(bytes)
    #expect(examination.findings.filter { $0.outcome == .refused } == [])
    #expect(examination.trustlet?.imageMeasurement == maker.imageMeasurement)
    #expect(examination.trustlet?.cloneGeneration == 1)
    let policy = try Policy(yaml: Self.policy)
    #expect(policy.appraise(examination, nonce: nonce, at: now + 60).isAccepted)
    #expect(try EvidenceFormat.trustlet.decode(bytes).fields.contains { $0.name == "platform.enclave.hash" || $0.name.hasPrefix("platform.") })
  }

  @Test func everyLevelIsBoundToTheNext() throws {
    var other = TrustletEvidenceMaker(nonce: nonce, issuedAt: now)
    other.nodeKey = maker.nodeKey
    // Another monitor's token below this trustlet's; another node's below this platform's.
    #expect(try refused(evidence(maker, binding: [UInt8](repeating: 0, count: 64))) == ["coffer.platform-binding"])
    #expect(try refused(evidence(maker, binding: TrustletEvidenceMaker(nonce: nonce, issuedAt: now).platformBinding())) == ["coffer.platform-binding"])
    var stale = maker
    stale.monitorNonce = [UInt8](repeating: 9, count: 32)
    #expect(try refused(evidence(stale)) == ["coffer.nonces"])
    var exchanged = maker
    exchanged.manifestDigest = [UInt8](repeating: 1, count: 48)
    #expect(try refused(evidence(exchanged)) == ["coffer.manifest"])
    let foreign = try EvidenceFormat.trustlet.decode(evidence(maker)).examine(in: VerificationContext(time: now))
    #expect(foreign.findings.filter { $0.outcome == .refused }.map(\.rule) == ["platform.keystone.device-key"])
  }

  @Test func everyBitOfEveryByteCounts() throws {
    let bytes = try evidence(maker)
    let context = VerificationContext(time: now, anchors: try device.anchors)
    let policy = try Policy(yaml: Self.policy)
    let original = try examine(bytes)
    var unsigned = 0
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1 << UInt8(index % 8)
      guard let evidence = try? TrustletEvidence(decoding: changed) else { continue }
      let examination = evidence.examine(in: context)
      guard policy.appraise(examination, nonce: nonce, at: now).isAccepted else { continue }
      // Keystone signs its data, not the padding behind it: that may differ, and change nothing.
      unsigned += 1
      #expect(examination.platform == original.platform && examination.trustlet == original.trustlet, "byte \(index) of \(bytes.count)")
    }
    #expect(unsigned == 1024 - 64)
    for length in bytes.indices { #expect(throws: MalformedEvidence.self) { try TrustletEvidence(decoding: Array(bytes[..<length])) } }
    #expect(throws: MalformedEvidence.self) { try TrustletEvidence(decoding: bytes + [0]) }
  }

  @Test func whoHasTheInstancesKeyIsSaid() throws {
    #expect(try examine(evidence(maker)).trustlet?.keyHolder == .instance)
    var changed = maker
    for holder in [TrustletClaims.KeyHolder.monitor, .front] {
      changed.keyHolder = holder.rawValue
      let examination = try examine(evidence(changed))
      #expect(examination.trustlet?.keyHolder == holder)
      #expect(examination.findings.first { $0.rule == "coffer.instance-key" }?.outcome == .noted)
      let result = AttestationResult(try Policy(yaml: Self.policy).appraise(examination, nonce: nil, at: now), policy: "p", build: "b", issuedAt: now)
      #expect(try result.json().contains(#""key-holder":"\#(holder.rawValue)""#))
    }
    for holder in ["", "nobody", "Instance", String(repeating: "x", count: 100)] {
      changed.keyHolder = holder
      #expect(throws: MalformedEvidence.self, "\(holder)") { try TrustletEvidence(decoding: evidence(changed)) }
    }
  }

  private static let hash = CBORValue.bytes([UInt8](repeating: 5, count: 48))
  private static let paths: [(CBORValue, isWellFormed: Bool)] = [
    (.array([.unsigned(1), .array([hash])]), true), (.array([.unsigned(0), .array(Array(repeating: hash, count: 32))]), true),
    (.array([.unsigned(2), .array([hash])]), false), (.array([.unsigned(0), .array([])]), false),
    (.array([.unsigned(0), .array(Array(repeating: hash, count: 33))]), false), (.array([.unsigned(.max), .array([hash])]), false),
    (.array([.unsigned(0), .array([.bytes([1])])]), false), (.array([.negative(0), .array([hash])]), false),
    (.array([.unsigned(0)]), false), (.array([.unsigned(0), .array([hash]), .null]), false), (.map([]), false), (.null, false),
  ]

  /// A path that leads nowhere, in the place of none; and paths that are none.
  @Test(arguments: paths.indices)
  func aPathOfANonceIsJudged(row: Int) throws {
    let (path, isWellFormed) = Self.paths[row]
    func add(_ type: String, to evidence: [UInt8]) throws -> [UInt8] {
      let record = CBORValue.array([.text(type), .bytes(CBOREncoder.encode(path)), .unsigned(4)])
      let pairs = try CBORDecoder.decode(evidence, .deterministic, of: "test").asMap ?? []
      return CBOREncoder.encode(.map(pairs + [CBORPair(.text("nonce-path"), record)]))
    }
    let type = "application/vnd.coffer.nonce-path"
    let bytes = try add(type, to: evidence(maker))
    if isWellFormed {
      #expect(try refused(bytes) == ["coffer.platform-binding"])
    } else {
      #expect(throws: MalformedEvidence.self) { try TrustletEvidence(decoding: bytes) }
    }
    #expect(throws: MalformedEvidence.self) { try TrustletEvidence(decoding: add("application/cbor", to: evidence(maker))) }
    #expect(throws: MalformedEvidence.self) { try TrustletEvidence(decoding: add(type, to: maker.evidence())) }
  }

  @Test func debuggingIsReportedAndRefused() throws {
    var debugged = maker
    debugged.debugStatus = 0
    let examination = try examine(evidence(debugged))
    #expect(examination.platform.debug == true)
    let verdict = try Policy(yaml: Self.policy).appraise(examination, nonce: nonce, at: now)
    #expect(verdict.findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.debug"])
  }

  @Test func withoutPlatformOnlyTheWordInsecureAccepts() throws {
    let examination = try examine(maker.evidence())
    #expect(examination.isGenuine)
    let terms = "\nimages: [{measurement: \(String(repeating: "11", count: 48))}]"
    let refused = try Policy(yaml: "platforms: {keystone: {reference-values: any}}" + terms).appraise(examination, nonce: nonce, at: now)
    #expect(refused.findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.platform"])
    let accepted = try Policy(yaml: "platforms: {none: insecure}" + terms).appraise(examination, nonce: nonce, at: now)
    #expect(accepted.isAccepted)
    #expect(!accepted.isConfidential)
    // Terms that do not say so accept nothing, and debugging stays refused.
    var policy = try Policy(yaml: terms)
    policy.platforms[.none] = PlatformTerms()
    #expect(!policy.appraise(examination, nonce: nonce, at: now).isAccepted)
    var debugged = maker
    debugged.debugStatus = 0
    let verdict = try Policy(yaml: "platforms: {none: insecure}" + terms).appraise(examine(debugged.evidence()), nonce: nonce, at: now)
    #expect(verdict.findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.debug"])
  }

  @Test func imagesAreAcceptedByTheirSigner() throws {
    var signed = maker
    let signer = DevelopmentKey.p384()
    signed.imageSigners = [.p384(), signer]
    let examination = try examine(evidence(signed))
    #expect(examination.isGenuine)
    #expect(examination.trustlet?.imageSigners.count == 2)
    let policy = "platforms: {keystone: {reference-values: any}}\nimages: [{signer: \(hexadecimal(try signer.fingerprint))}]"
    #expect(try Policy(yaml: policy).appraise(examination, nonce: nonce, at: now).isAccepted)
    let unsigned = try Policy(yaml: policy).appraise(examine(evidence(maker)), nonce: nonce, at: now)
    #expect(unsigned.findings.filter { $0.outcome == .refused }.map(\.rule) == ["policy.image"])
  }

  /// COSE lets ES384 be made on any curve; the keys that sign these tokens are on P-384.
  @Test(arguments: [\TrustletEvidenceMaker.nodeKey, \.monitorKey]) func whatSignsIsOnP384(key: WritableKeyPath<TrustletEvidenceMaker, DevelopmentKey> & Sendable) throws {
    var other = maker
    other[keyPath: key] = .p256()
    let bytes = try evidence(other)
    let error = #expect(throws: MalformedEvidence.self) { try EvidenceFormat.trustlet.decode(bytes) }
    #expect(error.map { "\($0)" }?.contains("P-384") == true)
    // An instance's is also on P-256, for what is encrypted to it.
    var maker = maker
    maker.instanceKey = .p256()
    #expect(try refused(evidence(maker)) == [])
  }
}

import AttestedChannel
import Attestation
import Crypto
import DevelopmentPlatform
import Evidence
import Foundation
import Platform
import Testing

/// Certificates that carry evidence, as a caller judges them.
@Suite struct AttestedChannelTests {
  private let root = DevelopmentRoot()
  private let key = P256.Signing.PrivateKey()
  private let nonce = [UInt8](1...24)
  private let image = [UInt8](repeating: 0x11, count: 48)

  private func evidence(
    nonce: [UInt8]? = nil, key: P256.Signing.PrivateKey? = nil, image: [UInt8]? = nil, at time: Date = .now, root: DevelopmentRoot? = nil
  ) throws -> [UInt8] {
    let node = NodeSigner(platform: DevelopmentMachine(.sevSNP, root: root ?? self.root))
    let monitor = try MonitorSigner(programDigest: [UInt8](repeating: 0x22, count: 48))
    let instance = InstanceStatement(
      imageMeasurement: image ?? self.image, manifest: Array(#"{"host":{"arguments":false,"directories":"none","environment":false}}"#.utf8),
      key: InstanceKey(point: Array((key ?? self.key).publicKey.rawRepresentation), holder: .front), machine: "kvm", isClosed: true)
    let bound = try #require(try node.bind([nonce ?? self.nonce]).first)
    return try node.evidence(of: instance, by: monitor, under: bound, at: UInt64(time.timeIntervalSince1970))
  }

  private func policy(_ more: String = "") throws -> ChannelPolicy {
    let digest = DevelopmentMachine(.sevSNP, root: root).launchDigest.map { String(format: "%02x", $0) }.joined()
    let text = """
      platforms: {sev-snp: {minimum-tcb: {bootloader: any, tee: any, snp: 1, microcode: any}, reference-values: [{launch-digest: "\(digest)"}]}}
      images: [{measurement: "\(image.map { String(format: "%02x", $0) }.joined())"}]
      age: 5m
      \(more)
      """
    var anchor = TrustAnchors.Anchor(.sevSNP, name: "test", fingerprint: root.fingerprint)
    anchor.isDevelopment = true
    return ChannelPolicy(try Policy(yaml: text), anchors: TrustAnchors([anchor]))
  }

  private func failure(_ evidence: [UInt8], key: P256.Signing.PrivateKey? = nil, nonce: [UInt8]? = nil, _ policy: ChannelPolicy? = nil) throws -> ChannelFailure? {
    let certificate = try EvidenceCertificate.make(for: key ?? self.key, evidence: evidence)
    let policy = try policy ?? self.policy()
    do throws(ChannelFailure) {
      _ = try policy.judge(certificate, nonce: nonce ?? self.nonce)
      return nil
    } catch {
      return error
    }
  }

  private func rules(_ failure: ChannelFailure?) -> [String] {
    guard case .refused(let reasons) = failure else { return [] }
    return reasons.map { String($0.prefix { $0 != ":" }) }
  }

  @Test func genuineEvidenceOfTheCertificatesKeyIsAccepted() throws {
    #expect(try failure(evidence()) == nil)
  }

  @Test func aCertificateOfBeforeIsRefused() throws {
    // Replayed: made for another caller's nonce; or for this one, long ago.
    #expect(try rules(failure(evidence(nonce: [UInt8](repeating: 9, count: 24)))) == ["policy.nonce"])
    #expect(try rules(failure(evidence(), nonce: [UInt8](repeating: 9, count: 24))) == ["policy.nonce"])
    #expect(try rules(failure(evidence(at: .now - 3600))) == ["policy.age"])
    // A policy that wants no nonce does not make an old certificate a new one.
    #expect(try rules(failure(evidence(), nonce: [UInt8](repeating: 9, count: 24), policy("nonce: optional"))) == ["policy.nonce"])
  }

  @Test func evidenceOfAnotherKeyIsRefused() throws {
    let thief = P256.Signing.PrivateKey()
    #expect(try failure(evidence(), key: thief) == .anotherKey)
    #expect(try failure(evidence(key: thief)) == .anotherKey)
  }

  @Test func anotherFunctionsEvidenceIsRefused() throws {
    #expect(try rules(failure(evidence(image: [UInt8](repeating: 0x12, count: 48)))) == ["policy.image"])
    #expect(try rules(failure(evidence(root: DevelopmentRoot()))).contains { $0.hasSuffix(".root") })
  }

  /// What the front can do is not hidden behind a word: a caller that wants the instance alone to read is told that this is not so.
  @Test func aPolicyMayRefuseThatTheFrontReads() throws {
    #expect(try rules(failure(evidence(), policy("key-holder: instance"))) == ["policy.key-holder"])
  }

  @Test func damagedEvidenceIsNone() throws {
    let genuine = try evidence()
    // Endorsements come last and nobody signs them here: each certificate counts by its own signature, and in what they are wrapped (a label, a media type, line ends
    // of PEM) is nothing that anybody believes. Of all before them every byte counts, also the 416 around the numbers of an SNP report's signature, which it does not cover.
    let endorsements = try #require(genuine.firstRange(of: Array("endorsements".utf8))).lowerBound
    let digest = DevelopmentMachine(.sevSNP, root: root).launchDigest
    let report = try #require(genuine.firstRange(of: digest)).lowerBound - 0x90
    let reserved = Array(0x2d0..<0x2e8) + Array(0x318..<0x330) + Array(0x330..<0x4a0)
    for index in Array(stride(from: 0, to: endorsements, by: 97)) + reserved.map({ report + $0 }) {
      var damaged = genuine
      damaged[index] ^= 0x40
      #expect(try failure(damaged) != nil, "byte \(index)")
    }
    for count in [0, 1, genuine.count / 2, genuine.count - 1] { #expect(try failure(Array(genuine.prefix(count))) != nil) }
    #expect(throws: ChannelFailure.tooLarge(90_001)) { try EvidenceCertificate.make(for: key, evidence: [UInt8](repeating: 0, count: 90_001)) }
    #expect(throws: ChannelFailure.self) { try EvidenceCertificate.read([0x30, 0x03, 0x02, 0x01, 0x00]) }
  }

  @Test func namesCarryTheNonce() throws {
    let name = ChannelName(function: "hello-2")
    #expect(ChannelName(name.text) == name)
    #expect(name.nonce.count == 24 && name != ChannelName(function: "hello-2"))
    #expect(name.text.split(separator: ".").allSatisfy { $0.utf8.count <= 63 })
    for text in ["", "hello.attested.invalid", name.text + "x", "00" + name.text, String(name.text.dropFirst(2)), name.text.replacing("hello-2", with: "hel_lo"), name.text.replacing("hello-2", with: "")] {
      #expect(ChannelName(text) == nil, "\(text)")
    }
  }
}

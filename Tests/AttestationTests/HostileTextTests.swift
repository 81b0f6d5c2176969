import Attestation
import DevelopmentEvidence
import Foundation
import Testing

/// Text of a prover's own choice, and sizes.
@Suite struct HostileTextTests {
  private static let hostile = "x\u{1B}]0;t\u{7}\u{9B}2J\n\u{2028}\u{202E}\u{200B}\u{E0041}accepted"

  @Test func evidenceDoesNotSteerATerminal() throws {
    var maker = NitroDocumentMaker(timestamp: Date(timeIntervalSince1970: 1_800_000_000))
    maker.digest = Self.hostile
    let error = #expect(throws: MalformedEvidence.self) { try NitroDocument(decoding: maker.make()) }
    let shown = [
      error?.description ?? "", EvidenceField(Self.hostile, Self.hostile, Self.hostile).name, Measurement("pcr0", [], Self.hostile).meaning,
      Finding("x", .noted, .hardware, found: Self.hostile, wanted: Self.hostile, remedy: Self.hostile).remedy ?? "",
    ]
    for text in shown {
      #expect(text.contains("accepted"))
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 || [0x9b, 0x2028, 0x202e, 0x200b, 0xe0041].contains($0.value) }, "\(text)")
    }
    #expect(MalformedEvidence("x", found: String(repeating: "y", count: 1_000_000), wanted: "").description.count < 1000)
  }

  @Test func firmwareCannotWriteLinesOfADraft() throws {
    var maker = CCATokenMaker(challenge: [UInt8](0..<64))
    maker.components[0].version = "1\ndebug: allowed\nplatforms: {none: insecure}\n#"
    var context = VerificationContext(
      time: Date(timeIntervalSince1970: 1_800_000_000),
      anchors: TrustAnchors([.init(.cca, name: "test", fingerprint: try maker.platformKey.fingerprint)]))
    context.endorsements.keys = [try VerificationKey(subjectPublicKeyInfo: maker.platformKey.subjectPublicKeyInfo)]
    let examination = try CCAToken(decoding: maker.make()).examine(in: context)
    #expect(examination.isGenuine)
    let draft = Policy.draft(from: examination)
    let policy = try Policy(yaml: draft)
    #expect(!policy.isDebugAllowed && policy.platforms.count == 1, "\(draft)")
  }

  @Test(arguments: [
    "2026-11-21T12:00:00Zgarbage", "2026-02-30T00:00:00Z", "2026-11-21T12:00:61Z", "2026-11-21T24:00:00Z", "2026-11-21T12:00:00+99:99",
    "2026-11-21x", "2026-11-21 12:00:00Z", "2026-11-21T12:00:00", "2026-11-21T12:00Z", "nan", "", "-001-01-01", "2026-11-21T12:00:00.Z", "２026-11-21",
  ])
  func whatIsNoTimeIsNotMadeOne(text: String) { #expect(time(timestamp: text) == nil) }

  @Test func timesAreReadWithTheirZones() {
    for (text, seconds) in [
      ("2026-11-21T12:00:00Z", 1_795_262_400), ("2026-11-21T14:00:00+02:00", 1_795_262_400), ("2026-11-21t03:30:00-08:30", 1_795_262_400),
      ("2026-11-21", 1_795_219_200), ("2026-11-21T12:00:00.25Z", 1_795_262_400.25), ("1969-12-31T23:59:59Z", -1), ("2024-02-29", 1_709_164_800),
    ] { #expect(time(timestamp: text)?.timeIntervalSince1970 == seconds, "\(text)") }
  }

  @Test func itemsAreBounded() throws {
    let head: [UInt8] = [0x9a, 0, 1, 0, 0]
    #expect(throws: MalformedEvidence.self) { try CBORDecoder.decode(head + [UInt8](repeating: 0, count: 65_536), of: "bomb") }
    #expect(try CBORDecoder.decode([0x99, 0xff, 0xff] + [UInt8](repeating: 0, count: 65_535), of: "list").asArray?.count == 65_535)
  }

  @Test func criticalExtensionsThatAreNotUnderstoodAreRefused() throws {
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let root = CertificateMaker(name: "root", key: .p384())
    let middle = CertificateMaker(name: "middle", key: .p384())
    func rules(_ identifier: CertificateMaker.Extension) throws -> [String] {
      let leaf = try middle.certificate(
        subject: "leaf", subjectPublicKeyInfo: DevelopmentKey.p256().subjectPublicKeyInfo, notBefore: now - 1, notAfter: now + 1, isAuthority: false)
      let issuer = try root.certificate(
        subject: "middle", subjectPublicKeyInfo: middle.key.subjectPublicKeyInfo, notBefore: now - 1, notAfter: now + 1, isAuthority: true,
        extensions: [identifier])
      let chain = try [leaf, issuer, root.rootCertificate(notBefore: now - 1, notAfter: now + 1)].map { try EndorsementCertificate(derEncoded: $0) }
      let anchors = TrustAnchors([.init(.tpm, name: "test", fingerprint: try root.key.fingerprint)])
      return CertificateChain(chain).examine(for: .tpm, rule: "x", in: VerificationContext(time: now, anchors: anchors))
        .filter { $0.outcome == .refused }.map(\.rule)
    }
    // Constraints of names: this issuer may speak of nothing.
    #expect(try rules(.init([2, 5, 29, 30], isCritical: true, [0x30, 0])) == ["x.chain"])
    #expect(try rules(.init([2, 5, 29, 30], isCritical: false, [0x30, 0])) == [])
    #expect(try rules(.init([1, 2, 3, 4], isCritical: true, [5, 0])) == ["x.chain"])
  }
}

import Attestation
import Foundation
import Testing

@Suite(.enabled(if: Vectors.areThere, "../shared/vectors is missing: 1 CCA token not read"))
struct CCAVectorTests {
  private func key() throws -> VerificationKey {
    var endorsements = Endorsements()
    try endorsements.add(file: Vectors.bytes("attestation/cca/cca_platform.pub"))
    return try #require(endorsements.keys.first)
  }

  private func examine(keys: [VerificationKey], pinned: [VerificationKey]) throws -> Examination {
    let token = try CCAToken(decoding: Vectors.bytes("attestation/cca/cca_token.cbor"))
    let anchors = pinned.map { TrustAnchors.Anchor(.cca, name: "the reference platform", fingerprint: $0.fingerprint) }
    var context = VerificationContext(time: Date(timeIntervalSince1970: 1_700_000_000), anchors: TrustAnchors(anchors))
    context.endorsements.keys = keys
    return token.examine(in: context)
  }

  private func refused(_ examination: Examination) -> [String] {
    examination.findings.filter { $0.outcome == .refused }.map(\.rule)
  }

  @Test func theReferenceTokenIsGenuineUnderItsPinnedKeyOnly() throws {
    let key = try key()
    #expect(try refused(examine(keys: [key], pinned: [key])) == [])
    #expect(try refused(examine(keys: [key], pinned: [])) == ["cca.root"])
    #expect(try refused(examine(keys: [], pinned: [key])) == ["cca.platform-signature", "cca.root"])
  }

  @Test func itSaysWhatItIs() throws {
    let key = try key()
    let examination = try examine(keys: [key], pinned: [key])
    #expect(examination.platform.debug == false)
    #expect(examination.platform.boundData == [UInt8](repeating: 0xab, count: 64))
    let essential = examination.platform.measurements.filter(\.isEssential).map(\.name)
    #expect(essential == ["rim", "platform-bl", "platform-m1", "platform-m2", "platform-m3"])
    #expect(examination.platform.hardwareIdentity?.count == 33)
  }
}

import Attestation
import Crypto
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct KeystoneReportTests {
  private func context(_ keys: DevelopmentKey...) throws -> VerificationContext {
    VerificationContext(
      time: .now, anchors: TrustAnchors(try keys.map { .init(.keystone, name: "test", fingerprint: try $0.fingerprint) }))
  }

  private func fate(_ maker: KeystoneReportMaker, _ context: VerificationContext) throws -> EvidenceFate {
    EvidenceFate(KeystoneReport.self, try maker.make(), in: context)
  }

  @Test func aMadeReportIsGenuine() throws {
    var maker = KeystoneReportMaker()
    for count in [0, 1, 64, 1024] {
      maker.data = [UInt8](repeating: 7, count: count)
      let bytes = try maker.make()
      #expect(bytes.count == 1352 && KeystoneReport.resembles(bytes))
      let examination = try KeystoneReport(decoding: bytes).examine(in: context(maker.deviceKey))
      #expect(examination.isGenuine)
      #expect(examination.platform.boundData == maker.data)
      #expect(examination.platform.measurements.map(\.name) == ["monitor", "enclave"])
      #expect(examination.platform.measurements.map(\.digest) == [maker.monitorHash, maker.enclaveHash])
      #expect(examination.platform.measurements.allSatisfy { $0.isEssential })
    }
  }

  @Test func everySignedByteCounts() throws {
    var maker = KeystoneReportMaker()
    maker.data = Array("nonce".utf8)
    let bytes = try maker.make()
    let mutation = EvidenceMutation(KeystoneReport.self, bytes, try context(maker.deviceKey))
    mutation.flip(refusedIn: [0..<77, 1096..<1352])
    mutation.truncate()
    #expect(mutation.fate(bytes + [0]) == .malformed("Keystone report"))
  }

  @Test func paddingIsNobodys() throws {
    var maker = KeystoneReportMaker()
    (maker.data, maker.paddingByte) = ([1, 2, 3], 0xaa)
    let report = try KeystoneReport(decoding: maker.make())
    let examination = try report.examine(in: context(maker.deviceKey))
    #expect(examination.isGenuine && examination.platform.boundData == [1, 2, 3])
    #expect(examination.findings.contains { $0.rule == "keystone.padding" && $0.outcome == .noted })
    #expect(report.fields.contains { $0.name == "enclave.padding" && !$0.isSigned })
    // A length that takes padding in is not what was signed.
    maker.paddingByte = 0
    var bytes = try maker.make()
    bytes[64] = 4
    #expect(EvidenceFate(KeystoneReport.self, bytes, in: try context(maker.deviceKey)).rules == ["keystone.enclave-signature"])
  }

  @Test(arguments: [1025, 1 << 32, UInt64.max])
  func impossibleLengthsAreMalformed(length: UInt64) throws {
    var maker = KeystoneReportMaker()
    maker.statedLength = length
    #expect(try fate(maker, context(maker.deviceKey)) == .malformed("Keystone report, data length"))
  }

  @Test func partsOfTwoReportsDoNotFit() throws {
    let one = KeystoneReportMaker()
    let two = KeystoneReportMaker(deviceKey: one.deviceKey)
    let other = KeystoneReportMaker()
    let (bytes, twos, others) = (try one.make(), try two.make(), try other.make())
    let mutation = EvidenceMutation(KeystoneReport.self, bytes, try context(one.deviceKey, other.deviceKey))
    #expect(mutation.fate(twos) == .genuine)
    #expect(mutation.splice(twos, 0..<1160).rules == ["keystone.enclave-signature"])
    #expect(mutation.splice(twos, 1160..<1320).rules == ["keystone.enclave-signature"])
    #expect(mutation.splice(twos, 1224..<1256).rules == ["keystone.monitor-signature", "keystone.enclave-signature"])
    #expect(mutation.splice(others, 1320..<1352).rules == ["keystone.monitor-signature"])
    #expect(try fate(one, context()).rules == ["keystone.device-key"])
    #expect(try fate(one, context(other.deviceKey)).rules == ["keystone.device-key"])
  }

  /// The public half alone is needed: the finding is about whose key it is.
  @Test func thePublishedTestKeyIsNamed() throws {
    var bytes = try KeystoneReportMaker().make()
    let published = Attestation.bytes(hexadecimal: "0faad4ff01178583baa588966f7c1ff32564dd17d7dc2b46cb50a84a69270b4c")
    let key = try #require(published)
    bytes.replaceSubrange(1320..<1352, with: key)
    let unpinned = try KeystoneReport(decoding: bytes).examine(in: context())
    #expect(unpinned.findings.contains { $0.rule == "keystone.device-key" && $0.outcome == .refused && $0.found.contains("published test key") })
    let anchor = TrustAnchors.Anchor(.keystone, name: "test", fingerprint: try VerificationKey(ed25519: key).fingerprint)
    let pinned = try KeystoneReport(decoding: bytes).examine(in: VerificationContext(time: .now, anchors: TrustAnchors([anchor])))
    #expect(pinned.findings.contains { $0.rule == "keystone.test-key" && $0.outcome == .noted })
    #expect(!pinned.isGenuine)
  }
}

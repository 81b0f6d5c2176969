import Attestation
import DevelopmentEvidence
import Foundation
import StrictYAML
import Testing

@Suite struct SNPChainTests {
  private func report(_ chip: SNPChipMaker) throws -> SNPReport {
    try SNPReport(decoding: SNPReportMaker(chip).makeReport(signedBy: chip.key))
  }

  private func pem(_ certificates: [[UInt8]]) -> [UInt8] {
    let documents = certificates.map { certificate in
      let text = Data(certificate).base64EncodedString(options: .lineLength64Characters)
      return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }
    return Array(documents.joined().utf8)
  }

  @Test func separateFilesHaveNoOrderButOneFileHas() throws {
    let chip = try SNPChips.chip()
    let report = try report(chip)
    let good = try chip.certificates()
    #expect(try report.examine(in: SNPChips.context(good.reversed())).refused == [])
    #expect(try report.examine(in: SNPChips.context([pem(good)])).refused == [])
    for order in [[2, 1, 0], [1, 0, 2], [0, 2, 1]] {
      #expect(try report.examine(in: SNPChips.context([pem(order.map { good[$0] })])).refused == ["sev-snp.certificate-order"])
    }
  }

  @Test func foreignAndMissingIssuersAreRefused() throws {
    let chip = try SNPChips.chip()
    let report = try report(chip)
    let good = try chip.certificates()
    func refused(_ certificates: [[UInt8]], at time: Date = SNPChips.time) throws -> [String] {
      try report.examine(in: SNPChips.context(certificates, at: time)).refused
    }
    #expect(try refused([]) == ["sev-snp.endorsement"])
    // AMD's own issuers have other names, so that a chain is looked for and its signature fails.
    #expect(try refused([good[0]]) == ["sev-snp.chain"])
    #expect(try refused([good[0], good[2]]) == ["sev-snp.chain"])
    #expect(try refused([good[1], good[2]]) == ["sev-snp.endorsement"])
    #expect(try refused(good, at: chip.notBefore - 1) == ["sev-snp.validity"])
    #expect(try refused(good, at: chip.notAfter + 1) == ["sev-snp.validity"])

    // Another maker with the same names: whole, it is not pinned; in part, it did not sign.
    let foreign = try SNPChipMaker(.milan)
    let others = try foreign.certificates()
    #expect(try refused([good[0], others[1], others[2]]) == ["sev-snp.chain", "sev-snp.root"])
    #expect(try refused([good[0], good[1], others[2]]) == ["sev-snp.chain", "sev-snp.root"])
    #expect(try refused([good[0], others[1], good[2]]) == ["sev-snp.chain"])
    #expect(try refused(others) == ["sev-snp.signature", "sev-snp.root"])
    var impostor = foreign
    impostor.key = chip.key
    #expect(try refused(impostor.certificates()) == ["sev-snp.root"])
  }

  @Test func aSignatureOnAnotherReportIsRefused() throws {
    let chip = try SNPChips.chip()
    var maker = SNPReportMaker(chip)
    let one = try maker.makeReport(signedBy: chip.key)
    maker.reportData[0] = 1
    let other = try maker.makeReport(signedBy: chip.key)
    let spliced = Array(one[..<SNPReport.signedSize] + other[SNPReport.signedSize...])
    #expect(try SNPReport(decoding: spliced).examine(in: SNPChips.context(chip.certificates())).refused == ["sev-snp.signature"])
  }

  @Test func aKeyOfTheOtherKindIsRefused() throws {
    // A provider's issuer that certifies a chip's key, and a chip's that certifies a provider's.
    var chip = try SNPChips.chip()
    chip.issuer = CertificateMaker(name: "SEV-VLEK-Milan", key: chip.issuer.key)
    #expect(try report(chip).examine(in: SNPChips.context(chip.certificates())).refused == ["sev-snp.issuer"])
    var provider = try SNPChips.chip(provider: "Test Cloud")
    provider.issuer = CertificateMaker(name: "SEV-Milan", key: provider.issuer.key)
    var maker = SNPReportMaker(provider)
    maker.signingKey = 1
    let signed = try SNPReport(decoding: maker.makeReport(signedBy: provider.key))
    #expect(try signed.examine(in: SNPChips.context(provider.certificates())).refused == ["sev-snp.issuer"])
  }

  @Test func certificatesWithoutAMDsExtensionsAreRefused() throws {
    var chip = try SNPChips.chip()
    let report = try report(chip)
    let plain = try chip.issuer.certificate(
      subject: "SEV-VCEK", subjectPublicKeyInfo: chip.key.subjectPublicKeyInfo, notBefore: chip.notBefore, notAfter: chip.notAfter,
      isAuthority: false)
    let issuers = try chip.certificates().dropFirst()
    #expect(try report.examine(in: SNPChips.context([plain] + issuers)).refused == ["sev-snp.endorsement"])
    chip.chipID = [1, 2, 3]
    #expect(try report.examine(in: SNPChips.context(chip.certificates())).refused == ["sev-snp.endorsement"])
  }

  @Test func theCertificateThatFitsIsTakenOfSeveral() throws {
    let chip = try SNPChips.chip()
    var older = chip
    older.versions.microcode = 1
    let context = try SNPChips.context([older.keyCertificate()] + chip.certificates())
    #expect(try report(chip).examine(in: context).refused == [])
    #expect(try report(chip).examine(in: SNPChips.context(older.certificates())).refused == ["sev-snp.endorsed-tcb"])
  }

  @Test func revokedIssuersAndUselessListsAreRefused() throws {
    let chip = try SNPChips.chip()
    let report = try report(chip)
    func list(_ revoked: [Int], to end: Date = SNPChips.time + 60, by issuer: CertificateMaker? = nil) throws -> [UInt8] {
      try (issuer ?? chip.root).revocationList(revoking: revoked, thisUpdate: SNPChips.time - 60, nextUpdate: end)
    }
    func examine(_ lists: [[UInt8]]) throws -> Examination {
      try report.examine(in: SNPChips.context(chip.certificates(), lists: lists))
    }
    let good = try examine([list([3, 4])])
    #expect(good.refused == [] && !good.noted.contains("sev-snp.revocation"))
    #expect(try examine([list([4, 0x10001])]).refused == ["sev-snp.revocation"])
    #expect(try examine([list([], to: SNPChips.time - 1)]).refused == ["sev-snp.revocation"])
    #expect(try examine([list([], by: CertificateMaker(name: "ARK-Milan", key: .p384()))]).refused == ["sev-snp.revocation"])
    // The issuer may sign lists in this chain, which AMD's do not.
    #expect(try examine([list([]), list([1], by: chip.issuer)]).refused == ["sev-snp.revocation"])
    // Another maker's list says nothing here.
    let elsewhere = try examine([list([1], by: CertificateMaker(name: "Elsewhere", key: .p384()))])
    #expect(elsewhere.refused == [] && elsewhere.noted.contains("sev-snp.revocation"))
  }

  /// AMD's list is not demanded unless the policy says so: a list that is kept back is none.
  @Test func aPolicyMayDemandTheRevocationList() throws {
    let chip = try SNPChips.chip()
    let report = try report(chip)
    func refused(_ demand: String, _ lists: [[UInt8]]) throws -> [String] {
      let policy = try Policy(yaml: "platforms: {sev-snp: {minimum-tcb: any, reference-values: any\(demand)}}\nnonce: optional")
      let verdict = try policy.appraise(report.examine(in: SNPChips.context(chip.certificates(), lists: lists)), nonce: nil, at: SNPChips.time)
      return verdict.findings.filter { $0.outcome == .refused }.map(\.rule)
    }
    let list = try chip.root.revocationList(revoking: [3], thisUpdate: SNPChips.time - 60, nextUpdate: SNPChips.time + 60)
    let old = try chip.root.revocationList(revoking: [], thisUpdate: SNPChips.time - 60, nextUpdate: SNPChips.time - 1)
    let others = try CertificateMaker(name: "Elsewhere", key: .p384()).revocationList(revoking: [], thisUpdate: SNPChips.time - 60, nextUpdate: SNPChips.time + 60)
    let required = ", revocation-list: required"
    #expect(try refused("", []) == [] && refused(", revocation-list: optional", []) == [])
    #expect(try refused(required, [list]) == [])
    #expect(try refused(required, []) == ["policy.revocation-list"])
    #expect(try refused(required, [others]) == ["policy.revocation-list"])
    #expect(try refused(required, [old]) == ["sev-snp.revocation", "policy.revocation-list"])
    #expect(throws: StrictYAMLError.self) { try refused(", revocation-list: demanded", []) }
  }
}

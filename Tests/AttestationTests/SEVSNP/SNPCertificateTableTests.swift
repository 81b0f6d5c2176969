import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct SNPCertificateTableTests {
  private func entries(_ chip: SNPChipMaker) throws -> [(kind: SNPEnvelopes.Kind, bytes: [UInt8])] {
    let certificates = try chip.certificates()
    return [(.root, certificates[2]), (.issuer, certificates[1]), (chip.provider == nil ? .vcek : .vlek, certificates[0])]
  }

  @Test(arguments: [nil, "Test Cloud"])
  func anExtendedReportBringsItsCertificates(provider: String?) throws {
    let chip = try SNPChips.chip(.genoa, provider: provider)
    var maker = SNPReportMaker(chip)
    maker.signingKey = provider == nil ? 0 : 1
    let report = try maker.makeReport(signedBy: chip.key)
    let list = try chip.root.revocationList(revoking: [9], thisUpdate: SNPChips.time - 1, nextUpdate: SNPChips.time + 1)
    let table = try SNPEnvelopes.certificateTable(entries(chip) + [(.revocationList, list)])
    let padding = [UInt8](repeating: 0, count: 100)

    let extended = try SNPReport(decoding: report + table + padding)
    let examination = try extended.examine(in: SNPChips.context([]))
    #expect(examination.isGenuine && examination.noted.contains("sev-snp.unsigned") && !examination.noted.contains("sev-snp.revocation"))
    #expect(extended.fields.count { $0.name.hasPrefix("certificates.") && !$0.isSigned } == 4)

    // The same in a file of its own.
    #expect(try SNPReport(decoding: report).examine(in: SNPChips.context([table])).isGenuine)
    // What comes with a report is trusted by the pinned root alone.
    #expect(extended.examine(in: VerificationContext(time: SNPChips.time)).refused == ["sev-snp.root"])
  }

  @Test func guidsAreReadInBothOrdersAndCertificatesAsPEM() throws {
    let chip = try SNPChips.chip()
    var all = try entries(chip)
    let text = Data(all[2].bytes).base64EncodedString(options: .lineLength64Characters)
    all[2].bytes = Array("-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n".utf8)
    var table = SNPEnvelopes.certificateTable(all)
    for entry in 0..<3 {
      let start = entry * 24
      table.replaceSubrange(start..<start + 8, with: table[start..<start + 4].reversed() + table[start + 4..<start + 6].reversed()
        + table[start + 6..<start + 8].reversed())
    }
    #expect(try SNPCertificateTable(decoding: table).certificates.map(\.kind) == [.ark, .ask, .vcek])
  }

  @Test func tablesThatLieAreMalformed() throws {
    let chip = try SNPChips.chip()
    let good = try entries(chip)
    func isMalformed(_ table: [UInt8]) -> Bool {
      do {
        _ = try SNPCertificateTable(decoding: table)
        return false
      } catch { return true }
    }
    let table = SNPEnvelopes.certificateTable(good)
    #expect(!isMalformed(table))
    // Certificates in each other's places.
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
      var swapped = good
      (swapped[one].bytes, swapped[other].bytes) = (good[other].bytes, good[one].bytes)
      #expect(isMalformed(SNPEnvelopes.certificateTable(swapped)))
    }
    #expect(isMalformed(SNPEnvelopes.certificateTable(good + [good[0]])))
    for length in 0..<table.count where length % 7 == 0 { #expect(isMalformed(Array(table.prefix(length)))) }
    // Offsets and lengths beyond the table, up to the largest.
    for place in [16, 17, 18, 19, 20, 21, 22, 23] {
      var changed = table
      changed[place] = 0xff
      #expect(isMalformed(changed), "byte \(place)")
    }
    // A table without an end, whose entries are all known.
    #expect(isMalformed((0..<40).flatMap { _ in table[..<16] + [UInt8](repeating: 0, count: 8) }))
  }

  @Test func everyByteOfAnExtendedReportCanBeWrong() throws {
    let chip = try SNPChips.chip()
    let report = try SNPReportMaker(chip).makeReport(signedBy: chip.key)
    let table = try SNPEnvelopes.certificateTable(entries(chip))
    let context = try SNPChips.context([])
    // The order of certificates in a table means nothing, nor does what no offset leads to: here there is none of either but 24 zeros.
    for index in stride(from: 0, to: table.count, by: 3) {
      var bytes = report + table
      bytes[report.count + index] ^= 1 << (index % 8)
      guard let changed = try? SNPReport(decoding: bytes) else { continue }
      #expect(!changed.examine(in: context).isGenuine, "byte \(index)")
    }
  }
}

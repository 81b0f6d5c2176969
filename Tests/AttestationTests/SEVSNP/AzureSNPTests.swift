import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct AzureSNPTests {
  private static let json = Array(
    #"{"keys":[{"kid":"HCLAkPub","key_ops":["sign"],"kty":"RSA","e":"AQAB","n":"tYVBpg"},{"kid":"HCLEkPub","n":"AAAA"}],"#.utf8)
    + Array(#""vm-configuration":{"secure-boot":true,"tpm-enabled":true,"current-time":1678652405,"vmUniqueId":"BAEFD3E1"}}"#.utf8)

  private func blob(_ chip: SNPChipMaker, json: [UInt8] = json, data: [UInt8]? = nil) throws -> [UInt8] {
    var maker = SNPReportMaker(chip)
    maker.reportData = data ?? SNPEnvelopes.azureReportData(json)
    return SNPEnvelopes.azureBlob(report: try maker.makeReport(signedBy: chip.key), runtimeData: json)
  }

  @Test func aGoodBlobIsGenuineAndShowsItsRuntimeData() throws {
    let chip = try SNPChips.chip()
    let evidence = try AzureSNPEvidence(decoding: blob(chip))
    let examination = try evidence.examine(in: SNPChips.context(chip.certificates()))
    #expect(examination.isGenuine && examination.format == .azureSEVSNP && examination.platform.platform == .sevSNP)
    #expect(evidence.runtimeData.modulus(ofKey: "HCLAkPub") == "tYVBpg")
    #expect(evidence.runtimeData.modulus(ofKey: "HCLEkPub") == "AAAA")
    #expect(evidence.runtimeData.modulus(ofKey: "AQAB") == nil)
    let fields = Dictionary(evidence.fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    #expect(fields.count == evidence.fields.count)
    #expect(fields["runtime_data.vm-configuration.secure-boot"]?.value == "true")
    #expect(fields["runtime_data.vm-configuration.current-time"]?.value == "1678652405")
    #expect(fields["runtime_data.keys[0].kid"]?.isSigned == true)
    #expect(fields["header.version"]?.isSigned == false)
    #expect(fields["report.version"]?.value == "5")
  }

  /// REPORT_DATA is a hash of Azure's, so a nonce is found in the user data that was hashed, and only where the hash binds it.
  @Test func whatSoftwareHadBoundIsItsUserData() throws {
    let chip = try SNPChips.chip()
    let context = try SNPChips.context(chip.certificates())
    let json = Array(#"{"keys":[],"user-data":"00112233445566778899AABBCCDDEEFF00"}"#.utf8)
    let bound = try AzureSNPEvidence(decoding: blob(chip, json: json)).examine(in: context)
    #expect(bound.isGenuine && bound.platform.boundData == (0..<16).map { UInt8($0 * 0x11) } + [0])
    #expect(try AzureSNPEvidence(decoding: blob(chip)).examine(in: context).platform.boundData.isEmpty)
    let unbound = try AzureSNPEvidence(decoding: blob(chip, json: json, data: [UInt8](repeating: 9, count: 64))).examine(in: context)
    #expect(!unbound.isGenuine && unbound.platform.boundData == [UInt8](repeating: 9, count: 64))
  }

  @Test func everyByteThatTheReportStandsForCounts() throws {
    let chip = try SNPChips.chip()
    let good = try blob(chip)
    let context = try SNPChips.context(chip.certificates())
    let start = 32 + SNPReport.size + 20
    // Of the report only some: its own tests take each byte.
    for index in [32, 100, 700] + Array(start..<start + Self.json.count) {
      var bytes = good
      bytes[index] ^= 1
      guard let evidence = try? AzureSNPEvidence(decoding: bytes) else { continue }
      #expect(!evidence.examine(in: context).isGenuine, "byte \(index)")
      #expect(AzureSNPEvidence.resembles(bytes))
    }
  }

  @Test func runtimeDataOfAnotherReportIsRefused() throws {
    let chip = try SNPChips.chip()
    let context = try SNPChips.context(chip.certificates())
    let other = try AzureSNPEvidence(decoding: blob(chip, data: SNPEnvelopes.azureReportData([1])))
    #expect(other.examine(in: context).refused == ["azure-sev-snp.runtime-data"])
    #expect(other.fields.contains { $0.name == "runtime_data.keys[0].kid" && !$0.isSigned })
    // The hash, but something after it.
    var data = SNPEnvelopes.azureReportData(Self.json)
    data[63] = 1
    #expect(try AzureSNPEvidence(decoding: blob(chip, data: data)).examine(in: context).refused == ["azure-sev-snp.runtime-data"])
  }

  @Test func blobsThatLieAreMalformed() throws {
    let chip = try SNPChips.chip()
    let good = try blob(chip)
    let end = 32 + SNPReport.size + 20 + Self.json.count
    for length in 0..<end { #expect(throws: MalformedEvidence.self) { try AzureSNPEvidence(decoding: Array(good.prefix(length))) } }
    #expect(throws: Never.self) { try AzureSNPEvidence(decoding: Array(good.prefix(end))) }
    let header = 32 + SNPReport.size
    // Signature, a report of TDX, an unknown hash, impossible lengths.
    for (place, value) in [(0, UInt8(0)), (header + 8, 4), (header + 12, 0), (header + 12, 4), (header + 17, 0xff), (header + 19, 0x80)] {
      var bytes = good
      bytes[place] = value
      #expect(throws: MalformedEvidence.self) { try AzureSNPEvidence(decoding: bytes) }
    }
    let deep = String(repeating: #"{"a":"#, count: 40) + "1" + String(repeating: "}", count: 40)
    let wide = "[" + Array(repeating: "1", count: 1000).joined(separator: ",") + "]"
    let lists = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
    for json in [deep, wide, lists, "1", "", "{", #"{"a":1"#, "\u{1}"] {
      #expect(throws: MalformedEvidence.self) { try AzureSNPEvidence(decoding: blob(chip, json: Array(json.utf8))) }
    }
  }

  @Test func bytesAfterTheRuntimeDataAreToleratedAndReported() throws {
    let chip = try SNPChips.chip()
    let good = try blob(chip)
    let context = try SNPChips.context(chip.certificates())
    #expect(try !AzureSNPEvidence(decoding: good).examine(in: context).noted.contains("azure-sev-snp.unsigned"))
    let followed = try AzureSNPEvidence(decoding: good + [1])
    #expect(followed.examine(in: context).isGenuine)
    #expect(followed.examine(in: context).noted.contains("azure-sev-snp.unsigned"))
    #expect(followed.fields.contains { $0.name == "trailing" && !$0.isSigned })
  }
}

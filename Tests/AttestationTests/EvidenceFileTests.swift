import Attestation
import DevelopmentEvidence
import Foundation
import Testing

@Suite struct EvidenceFileTests {
  private static let evidence: [UInt8] = [0x02, 0, 0, 0, 0xfb, 0xff, 0xfe, 0x41, 0x80]

  @Test(arguments: [
    "02000000fbfffe4180", "02000000FBFFFE4180\n", "0x02000000fbfffe4180", "  02000000\r\n  fbfffe41\t80\n", "AgAAAPv//kGA",
    "AgAA\nAPv//kGA\n", "AgAAAPv__kGA",
  ])
  func textStandsForTheBytesOfItsDigits(text: String) {
    #expect(evidenceBytes(file: Array(text.utf8)) == Self.evidence)
  }

  @Test func paddingIsOptional() {
    for text in ["+/8=", "+/8", "-_8"] { #expect(evidenceBytes(file: Array(text.utf8)) == [0xfb, 0xff]) }
  }

  @Test func otherBytesStayAsTheyAre() {
    #expect(evidenceBytes(file: Self.evidence) == Self.evidence)
    for text in ["", " \n", "0x", "a{}", "abcde", "02,00", "-----BEGIN X-----\nAAAA\n"] {
      #expect(evidenceBytes(file: Array(text.utf8)) == Array(text.utf8))
    }
  }

  /// The wrappers of attestation agents and services; what they nest, and what stands beside.
  @Test func evidenceIsFoundInJSON() throws {
    let chip = try SNPChips.chip()
    let report = try SNPReportMaker(chip).makeReport(signedBy: chip.key)
    let base64 = Data(report).base64EncodedString()
    let url = base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    let numbers = "[\(report.map(String.init).joined(separator: ", "))]"
    for text in [
      #"{"attestation_report": "\#(base64)"}"#, #"{"quote":"\#(url)","cc_eventlog":null}"#, #"{"report":\#(numbers),"vcek":"AAAA"}"#,
      #"{"report": "\#(hexadecimal(report))"}"#, "\n" + #"{"platform": "snp", "evidence": {"attestation_report": "\#(base64)"}}"#,
    ] {
      #expect(evidenceBytes(file: Array(text.utf8)) == report)
    }
    for text in [
      #"{"name": "\#(base64)"}"#, #"{"quote": "AAAA"}"#, #"{"quote": "\#(base64)""#, #"{"quote": [256, 1]}"#, #"{"quote": {}}"#,
      #"{"a": {"a": {"a": {"a": {"quote": "\#(base64)"}}}}}"#,
    ] {
      #expect(evidenceBytes(file: Array(text.utf8)) == Array(text.utf8))
    }
  }

  /// Azure's answer of a TDX machine: its blob holds the machine's report, which only the machine can check.
  @Test func aQuoteGoesBeforeABlob() throws {
    let scene = DCAPScene(.tdx4)
    let quote = try scene.quote.make(by: scene.authority)
    let chip = try SNPChips.chip()
    var blob = SNPEnvelopes.azureBlob(report: try SNPReportMaker(chip).makeReport(signedBy: chip.key), runtimeData: Array("{}".utf8))
    blob[32 + SNPReport.size + 8] = 4
    let error = #expect(throws: MalformedEvidence.self) { try AzureSNPEvidence(decoding: blob) }
    #expect(error.map { "\($0)".contains("Intel TDX") } == true)
    let text = #"{"hcl_report": "\#(Data(blob).base64EncodedString())", "td_quote": "\#(Data(quote).base64EncodedString())"}"#
    #expect(evidenceBytes(file: Array(text.utf8)) == quote)
  }
}

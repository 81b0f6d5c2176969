import Attestation
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
}

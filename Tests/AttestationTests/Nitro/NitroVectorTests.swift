import Attestation
import Foundation
import Testing

@Suite(.enabled(if: Vectors.areThere, "../shared/vectors is missing: 1 genuine Nitro document not read"))
struct NitroVectorTests {
  private func document() throws -> NitroDocument { try NitroDocument(decoding: Vectors.bytes("attestation/nitro/valid.cbor")) }

  private func refused(after seconds: TimeInterval) throws -> [String] {
    let document = try document()
    let examination = document.examine(in: VerificationContext(time: document.issuedAt + seconds))
    return examination.findings.filter { $0.outcome == .refused }.map(\.rule)
  }

  @Test func theGenuineDocumentIsGenuineForThreeHours() throws {
    #expect(try refused(after: 0) == [])
    #expect(try refused(after: 3 * 3600 - 1) == [])
    #expect(try refused(after: 3 * 3600 + 1) == ["nitro.validity"])
    #expect(try refused(after: -61) == ["nitro.validity", "nitro.timestamp"])
  }

  @Test func itSaysWhatItIs() throws {
    let document = try document()
    let claims = document.examine(in: VerificationContext(time: document.issuedAt)).platform
    #expect(claims.debug == false)
    #expect(claims.boundData.count == 256)
    #expect(claims.measurements.filter(\.isEssential).map(\.name) == ["pcr0", "pcr1", "pcr2"])
    #expect(hexadecimal(claims.measurements[0].digest.prefix(4)) == "f4d48b81")
    #expect(timestamp(document.issuedAt) == "2022-10-13T08:58:02Z")
    #expect(document.fields.first { $0.name == "module_id" }?.value == "i-020b6af9246d90e92-enc0183d09086c24190")
    #expect(!document.fields.contains { !$0.isSigned })
  }
}

import Attestation
import Foundation
import Testing

@Suite(.enabled(if: Vectors.areThere, "../shared/vectors is missing: 3 genuine quotes not read"))
struct DCAPVectorTests {
  static func context(_ timestamp: String, _ collateral: String?) throws -> VerificationContext {
    var context = VerificationContext(time: try #require(time(timestamp: timestamp)))
    if let collateral { try context.endorsements.add(file: Vectors.bytes("attestation/tdx/\(collateral)")) }
    return context
  }

  @Test(arguments: ["v4.quote", "v4-trailing-bytes.quote", "sgx-v3.quote"])
  func theFormatIsDetected(name: String) throws {
    let bytes = try Vectors.bytes("attestation/tdx/\(name)")
    #expect(EvidenceFormat.detect(bytes) == (name.hasPrefix("sgx") ? .sgx : .tdx))
  }

  /// One bit of every byte that is signed, of the genuine pieces.
  @Test func everySignedByteOfTheGenuineCounts() throws {
    let bytes = try Vectors.bytes("attestation/tdx/v4.quote")
    let context = try Self.context("2025-07-01T00:00:00Z", "v4.collateral.json")
    // Beyond the signed part: signature, key, quoting enclave's report and its signature, authentication data.
    for index in stride(from: 0, to: 632 + 4 + 128 + 6 + 384 + 64 + 2 + 32, by: 3) {
      var changed = bytes
      changed[index] ^= 1 << (index % 8)
      guard let quote = try? TDXQuote(decoding: changed) else { continue }
      #expect(!quote.examine(in: context).isGenuine, "byte \(index)")
    }
  }

  private func refused(_ examination: Examination) -> [String] { examination.findings.filter { $0.outcome == .refused }.map(\.rule) }

  @Test(arguments: ["2025-06-19T11:00:00Z", "2025-07-01T00:00:00Z", "2025-07-19T10:00:00Z"])
  func theTrustDomainIsUpToDate(at time: String) throws {
    let quote = try TDXQuote(decoding: Vectors.bytes("attestation/tdx/v4.quote"))
    let examination = quote.examine(in: try Self.context(time, "v4.collateral.json"))
    #expect(refused(examination) == [])
    #expect(examination.platform.trustedComputingBase == .status("UpToDate", advisories: []))
    #expect(examination.platform.debug == false)
    #expect(examination.platform.boundData == quote.report.reportData)
    #expect(quote.quote.trailingBytes == [UInt8](repeating: 0, count: 70))
  }

  @Test(arguments: ["2025-06-19T11:00:00Z", "2025-07-01T00:00:00Z", "2025-07-19T10:00:00Z"])
  func theEnclaveNeedsConfigurationAndHardening(at time: String) throws {
    let quote = try SGXQuote(decoding: Vectors.bytes("attestation/tdx/sgx-v3.quote"))
    let examination = quote.examine(in: try Self.context(time, "sgx-v3.collateral.json"))
    #expect(refused(examination) == [])
    #expect(
      examination.platform.trustedComputingBase
        == .status("ConfigurationAndSWHardeningNeeded", advisories: ["INTEL-SA-00289", "INTEL-SA-00615"]))
  }

  @Test func trailingBytesAreShownAndOnlyCollateralIsMissing() throws {
    let quote = try TDXQuote(decoding: Vectors.bytes("attestation/tdx/v4-trailing-bytes.quote"))
    let examination = quote.examine(in: try Self.context("2023-07-01T00:00:00Z", nil))
    #expect(refused(examination) == ["tdx.collateral"])
    #expect(quote.quote.trailingBytes.count == 39)
    #expect(examination.findings.contains { $0.rule == "tdx.trailing-bytes" && $0.outcome == .noted })
    #expect(quote.fields.contains { $0.name == "trailing-bytes" && !$0.isSigned })
  }

  @Test func timesOutsideAreRefusedByName() throws {
    let quote = try TDXQuote(decoding: Vectors.bytes("attestation/tdx/v4.quote"))
    func rules(_ time: String) throws -> [String] { refused(quote.examine(in: try Self.context(time, "v4.collateral.json"))) }
    #expect(try rules("2025-06-19T10:00:00Z") == ["tdx.pck.revocation", "tdx.tcb-info.validity", "tdx.qe-identity.validity"])
    #expect(try rules("2025-06-19T10:20:00Z") == ["tdx.qe-identity.validity"])
    #expect(try rules("2025-07-19T10:20:00Z").contains("tdx.tcb-info.validity"))
    #expect(try rules("2035-01-01T00:00:00Z").contains("tdx.pck.validity"))
  }

  @Test func anothersCollateralIsRefusedByName() throws {
    let quote = try TDXQuote(decoding: Vectors.bytes("attestation/tdx/v4.quote"))
    let rules = refused(quote.examine(in: try Self.context("2025-07-01T00:00:00Z", "sgx-v3.collateral.json")))
    #expect(rules.contains("tdx.tcb-info.platform"))
    #expect(rules.contains("tdx.quoting-enclave"))
    #expect(rules.contains("tdx.pck.revocation"))
  }
}

/// A quote of an Intel SGX enclave (DCAP): version 3, or 4 and 5 with an enclave's report.
public struct SGXQuote: AttestationEvidence {
  public static let format = EvidenceFormat.sgx

  public let quote: DCAPQuote
  public let report: EnclaveReport

  public static func resembles(_ bytes: [UInt8]) -> Bool { QuoteHeader.platform(of: bytes) == .sgx }

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    quote = try DCAPQuote(decoding: bytes, of: "SGX quote")
    guard case .enclave(let report) = quote.body else {
      throw MalformedEvidence("SGX quote, TEE type", found: "81 (TDX)", wanted: "0 (SGX)", offset: 4)
    }
    self.report = report
  }

  public func examine(in context: VerificationContext) -> Examination {
    var examination = DCAPExamination(quote, .sgx, in: context)
    examination.run()
    examination.findings.append(
      Finding(
        "sgx.attributes", .noted, .configuration, found: "\(hexadecimal(report.attributes)): \(report.attributeNames)",
        wanted: "what the policy asks for"))
    let platform = PlatformClaims(
      .sgx, product: examination.certified.map { "FMSPC \(hexadecimal($0.fmspc))" }, debug: report.isDebug, boundData: report.reportData,
      measurements: measurements, trustedComputingBase: examination.trustedComputingBase, hardwareIdentity: examination.certified?.ppid)
    return Examination(.sgx, findings: examination.findings, platform: platform)
  }

  private var measurements: [Measurement] {
    [
      Measurement("mrenclave", report.mrEnclave, "the enclave's code and data at its start", isEssential: true),
      Measurement("mrsigner", report.mrSigner, "the key that signed the enclave"),
      Measurement("isvprodid", bigEndian(report.productID), "the signer's number for this product, big-endian"),
      Measurement("isvsvn", bigEndian(report.securityVersion), "the enclave's security version, big-endian"),
      Measurement("attributes", report.attributes, "the enclave's attributes: \(report.attributeNames)"),
      Measurement("miscselect", report.miscSelect, "what the processor saves of exceptions inside"),
      Measurement("configid", report.configID, "configuration stated at the enclave's start"),
      Measurement("configsvn", bigEndian(report.configSVN), "that configuration's security version, big-endian"),
      Measurement("isvextprodid", report.extendedProductID, "the signer's longer number for this product"),
      Measurement("isvfamilyid", report.familyID, "the signer's number for a family of products"),
    ]
  }

  private func bigEndian(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xff)] }
}

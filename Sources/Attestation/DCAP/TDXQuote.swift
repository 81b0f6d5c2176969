/// A quote of an Intel TDX trust domain: version 4, or 5 with the report of TDX 1.0 or 1.5.
public struct TDXQuote: AttestationEvidence {
  public static let format = EvidenceFormat.tdx

  public let quote: DCAPQuote
  public let report: TDReport

  public static func resembles(_ bytes: [UInt8]) -> Bool { QuoteHeader.platform(of: bytes) == .tdx }

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    quote = try DCAPQuote(decoding: bytes, of: "TDX quote")
    guard case .trustDomain(let report) = quote.body else {
      throw MalformedEvidence("TDX quote, TEE type", found: "0 (SGX)", wanted: "81 (TDX)", offset: 4)
    }
    self.report = report
  }

  public func examine(in context: VerificationContext) -> Examination {
    var examination = DCAPExamination(quote, .tdx, in: context)
    examination.run()
    examination.findings.append(
      Finding(
        "tdx.attributes", .noted, .configuration, found: "\(hexadecimal(report.attributes)): \(report.attributeNames)",
        wanted: "what the policy asks for"))
    if report.isMigratable, report.mrServiceTD == nil {
      examination.findings.append(
        .rule(
          "tdx.service-td", .configuration, holds: false,
          found: "a domain that service domains may move to another machine (MIGRATABLE), in a report of TDX 1.0, which does not name them",
          wanted: "a report that names its service domains, or a domain that stays where it is",
          remedy: "ask for a quote of version 5 with a report of TDX 1.5, or start the domain without MIGRATABLE"))
    }
    if let service = report.mrServiceTD, service.contains(where: { $0 != 0 }) {
      examination.findings.append(
        Finding(
          "tdx.service-td", .noted, .configuration,
          found: "service domains bound, MRSERVICETD \(hexadecimal(service)): they may move this one to another machine",
          wanted: "none, or ones that the policy names"))
    }
    return Examination(.tdx, findings: examination.findings, platform: claims(examination))
  }

  private func claims(_ examination: DCAPExamination) -> PlatformClaims {
    var measurements = [Measurement("mrtd", report.mrTD, "the domain's memory and configuration at its start", isEssential: true)]
    for (index, register) in report.rtmr.enumerated() {
      let meaning = "what the domain's software measured into register \(index)"
      measurements.append(Measurement("rtmr\(index)", register, meaning, isEssential: true))
    }
    measurements += [
      Measurement("mrconfigid", report.mrConfigID, "configuration that the domain's owner or host stated at its start"),
      Measurement("mrowner", report.mrOwner, "the domain's owner, as the host stated"),
      Measurement("mrownerconfig", report.mrOwnerConfig, "the owner's configuration, as the host stated"),
      Measurement("mrseam", report.mrSeam, "the TDX module"),
      Measurement("mrsignerseam", report.mrSignerSeam, "the TDX module's signer; zeros are Intel"),
      Measurement("td-attributes", report.attributes, "the domain's attributes: \(report.attributeNames)"),
      Measurement("xfam", report.xfam, "the processor features that the domain may use"),
      Measurement("tee-tcb-svn", report.teeTCBSVN, "security versions of the TDX module and its kin at the domain's start"),
    ]
    if let versions = report.teeTCBSVN2 { measurements.append(Measurement("tee-tcb-svn2", versions, "the same security versions now")) }
    if let service = report.mrServiceTD {
      // Whoever may move the domain elsewhere is part of what a policy trusts.
      let isBound = service.contains { $0 != 0 }
      measurements.append(Measurement("mrservicetd", service, "the service domains bound to this one", isEssential: isBound))
    }
    return PlatformClaims(
      .tdx, product: examination.certified.map { "FMSPC \(hexadecimal($0.fmspc))" }, debug: report.isDebug, boundData: report.reportData,
      measurements: measurements, trustedComputingBase: examination.trustedComputingBase, hardwareIdentity: examination.certified?.ppid)
  }
}

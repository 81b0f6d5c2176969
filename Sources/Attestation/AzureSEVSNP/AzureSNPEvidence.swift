/// The blob that a confidential virtual machine on Azure reads from its TPM (index 0x01400001): a header, an SEV-SNP report, and the
/// runtime data that the report is bound to.
public struct AzureSNPEvidence: Sendable {
  static let headerSize = 32
  static let signature = Array("HCLA".utf8)
  /// The runtime data's word for a report of SEV-SNP.
  static let reportType: UInt32 = 2
  /// Its first byte for a report of Intel TDX.
  static let tdReportType: UInt8 = 4

  public let version: UInt32
  public let reportSize: UInt32
  public let requestType: UInt32
  public let status: UInt32
  public let report: SNPReport
  public let dataSize: UInt32
  public let dataVersion: UInt32
  public let runtimeData: AzureRuntimeData
  /// What follows: the rest of the TPM's index, mostly zeros.
  public let trailing: [UInt8]

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    var reader = ByteReader(bytes, of: "Azure blob")
    let signature = try reader.bytes(4, "signature")
    guard signature == Self.signature else {
      throw MalformedEvidence("Azure blob, signature", found: hexadecimal(signature), wanted: "HCLA", offset: 0)
    }
    version = try reader.littleEndian(UInt32.self, "version")
    reportSize = try reader.littleEndian(UInt32.self, "report size")
    requestType = try reader.littleEndian(UInt32.self, "request type")
    status = try reader.littleEndian(UInt32.self, "status")
    try reader.skip(12, "reserved")
    let reportBytes = try reader.bytes(SNPReport.size, "report")
    let start = reader.offset
    // Said before the report is read as what it is not.
    guard bytes[start...].dropFirst(8).first != Self.tdReportType else {
      throw MalformedEvidence(
        "Azure blob, report type", found: "4, the report of an Intel TDX machine, which no other machine can check",
        wanted: "2, SEV-SNP; of a TDX machine give the quote that Azure makes of the report", offset: start + 8)
    }
    report = try SNPReport(decoding: reportBytes)
    dataSize = try reader.littleEndian(UInt32.self, "runtime data, size")
    dataVersion = try reader.littleEndian(UInt32.self, "runtime data, version")
    let type = try reader.littleEndian(UInt32.self, "runtime data, report type")
    guard type == Self.reportType else {
      throw MalformedEvidence("Azure blob, report type", found: "\(type)", wanted: "2, SEV-SNP", offset: start + 8)
    }
    let hashType = try reader.littleEndian(UInt32.self, "runtime data, hash type")
    guard let hash = AzureRuntimeData.Hash(rawValue: hashType) else {
      throw MalformedEvidence("Azure blob, hash type", found: "\(hashType)", wanted: "1, 2 or 3", offset: start + 12)
    }
    let length = try reader.littleEndian(UInt32.self, "runtime data, length")
    guard length <= AzureRuntimeData.maximumSize else {
      throw MalformedEvidence(
        "Azure blob, runtime data", found: "\(length) bytes", wanted: "at most \(AzureRuntimeData.maximumSize)", offset: start + 16)
    }
    runtimeData = try AzureRuntimeData(json: try reader.bytes(Int(length), "runtime data"), hash: hash)
    trailing = reader.rest()
  }

  /// Whether the report, which is signed, holds the runtime data's hash.
  public var isBound: Bool { runtimeData.isBound(to: report.reportData) }
}

extension AzureSNPEvidence: AttestationEvidence {
  public static var format: EvidenceFormat { .azureSEVSNP }

  /// The header's first word, or a report where Azure puts it.
  public static func resembles(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: signature) { return true }
    return bytes.count > headerSize + SNPReport.size && bytes[1..<4] == signature[1...] && SNPReport.resembles(Array(bytes[headerSize...]))
  }

  public func examine(in context: VerificationContext) -> Examination {
    var examination = report.examine(in: context)
    examination.format = .azureSEVSNP
    examination.findings.append(bindingFinding)
    // REPORT_DATA is a hash of Azure's: what the software in the guest had bound stands in the data that was hashed.
    if isBound { examination.platform.boundData = userData ?? [] }
    if trailing.contains(where: { $0 != 0 }) {
      examination.findings.append(
        Finding(
          "azure-sev-snp.unsigned", .noted, .sourcedData, found: "\(trailing.count) bytes after the runtime data, not all zero",
          wanted: "nothing that is not signed"))
    }
    return examination
  }

  private var userData: [UInt8]? { runtimeData.claims.first { $0.path == "user-data" }.flatMap { bytes(hexadecimal: $0.value) } }

  private var bindingFinding: Finding {
    .rule(
      "azure-sev-snp.runtime-data", .sourcedData, holds: isBound,
      found: "REPORT_DATA \(hexadecimal(report.reportData))",
      wanted: "\(hexadecimal(runtimeData.hash.digest(runtimeData.json))), the \(runtimeData.hash.name) of the runtime data, then zeros",
      remedy: "the runtime data is not what this report was made for: read the blob anew from the machine's TPM")
  }

  public var fields: [EvidenceField] {
    func unsigned(_ name: String, _ value: UInt32, _ meaning: String) -> EvidenceField {
      EvidenceField(name, "\(value)", meaning, isSigned: false)
    }
    var all = [
      unsigned("header.version", version, "version of Azure's header"),
      unsigned("header.report_size", reportSize, "bytes of the header, the report and the runtime data"),
      unsigned("header.request_type", requestType, "what Azure's firmware was asked for; 2 is a report"),
      unsigned("header.status", status, "0 if that went well"),
    ]
    all += report.fields
    all += [
      unsigned("runtime_data.size", dataSize, "bytes of the runtime data with its header"),
      unsigned("runtime_data.version", dataVersion, "version of the runtime data's header"),
      EvidenceField("runtime_data.hash", runtimeData.hash.name, "hash of the JSON that REPORT_DATA begins with", isSigned: false),
    ]
    let isBound = isBound
    all += runtimeData.claims.map { EvidenceField("runtime_data.\($0.path)", $0.value, Self.meaning(of: $0.path), isSigned: isBound) }
    if trailing.contains(where: { $0 != 0 }) {
      all.append(
        EvidenceField(
          "trailing", "\(trailing.count) bytes: \(hexadecimal(trailing.prefix(64)))...",
          "bytes after the runtime data, which nobody signed", isSigned: false))
    }
    return all
  }

  private static func meaning(of path: String) -> String {
    if path.hasPrefix("keys[") {
      return path.hasSuffix(".kid")
        ? "name of a key of the machine's virtual TPM: HCLAkPub signs its quotes, HCLEkPub is its endorsement key"
        : "part of that key, as a JSON Web Key"
    }
    switch path {
    case "vm-configuration.secure-boot": return "whether the machine boots signed software only"
    case "vm-configuration.tpm-enabled": return "whether the machine has a virtual TPM"
    case "vm-configuration.tpm-persisted": return "whether the virtual TPM keeps its state over restarts"
    case "vm-configuration.console-enabled": return "whether the host may use the machine's serial console"
    case "vm-configuration.current-time": return "Azure's clock when the machine started, in seconds since 1970"
    case "vm-configuration.vmUniqueId": return "Azure's name for the machine"
    case "vm-configuration.root-cert-thumbprint": return "certificate that Azure gave the machine"
    case "user-data": return "what software in the guest wrote to the TPM to be bound: a nonce, a hash of a key"
    default: return "part of the machine's configuration as Azure's firmware states it"
    }
  }
}

/// The formats of evidence that are known here.
public enum EvidenceFormat: String, Sendable, CaseIterable, Codable {
  case sevSNP = "sev-snp-report"
  case azureSEVSNP = "azure-sev-snp-report"
  case tdx = "tdx-quote"
  case sgx = "sgx-quote"
  case nitro = "nitro-document"
  case cca = "cca-token"
  case tpm = "tpm-quote"
  case keystone = "keystone-report"
  case trustlet = "coffer-evidence"

  /// What people call it.
  public var title: String {
    switch self {
    case .sevSNP: "AMD SEV-SNP attestation report"
    case .azureSEVSNP: "AMD SEV-SNP attestation report in Azure's blob"
    case .tdx: "Intel TDX quote"
    case .sgx: "Intel SGX quote"
    case .nitro: "AWS Nitro attestation document"
    case .cca: "Arm CCA attestation token"
    case .tpm: "TPM 2.0 quote"
    case .keystone: "Keystone report"
    case .trustlet: "Coffer's evidence of a trustlet"
    }
  }

  /// What makes such evidence; for a trustlet's, only the evidence itself says.
  public var platform: PlatformKind {
    switch self {
    case .sevSNP, .azureSEVSNP: .sevSNP
    case .tdx: .tdx
    case .sgx: .sgx
    case .nitro: .nitro
    case .cca: .cca
    case .tpm: .tpm
    case .keystone: .keystone
    case .trustlet: .none
    }
  }

  /// The type that decodes it.
  var type: any AttestationEvidence.Type {
    switch self {
    case .sevSNP: SNPReport.self
    case .azureSEVSNP: AzureSNPEvidence.self
    case .tdx: TDXQuote.self
    case .sgx: SGXQuote.self
    case .nitro: NitroDocument.self
    case .cca: CCAToken.self
    case .tpm: TPMQuote.self
    case .keystone: KeystoneReport.self
    case .trustlet: TrustletEvidence.self
    }
  }

  public func decode(_ bytes: [UInt8]) throws(MalformedEvidence) -> any AttestationEvidence { try type.init(decoding: bytes) }

  /// The format that the bytes look like; nil when they look like none.
  public static func detect(_ bytes: [UInt8]) -> EvidenceFormat? {
    // Formats with certain marks first. Keystone's report has none but its size, so it is asked for last.
    [.trustlet, .azureSEVSNP, .nitro, .cca, .tpm, .tdx, .sgx, .sevSNP, .keystone].first { $0.type.resembles(bytes) }
  }
}

import Attestation
import KeyBrokerProtocol

/// The protocol's names of machines, and what evidence each gives here.
enum TeeKind: Sendable, Equatable, CaseIterable {
  /// A trustlet, by Coffer's evidence.
  case coffer
  case snp, azureSNP, tdx, sgx, cca, tpm

  init(_ name: String) throws(ProtocolProblem) {
    guard let kind = Self.allCases.first(where: { $0.name == name }) else {
      let known = Self.allCases.map(\.name).joined(separator: ", ")
      throw ProtocolProblem(
        .attestation, name == "sample" ? "'sample' proves nothing and is never accepted; there are \(known)" : "this broker judges no evidence of '\(name)'; there are \(known)")
    }
    self = kind
  }

  var name: String {
    switch self {
    case .coffer: "coffer"
    case .snp: "snp"
    case .azureSNP: "az-snp-vtpm"
    case .tdx: "tdx"
    case .sgx: "sgx"
    case .cca: "cca"
    case .tpm: "tpm"
    }
  }

  private var format: EvidenceFormat {
    switch self {
    case .coffer: .trustlet
    case .snp: .sevSNP
    case .azureSNP: .azureSEVSNP
    case .tdx: .tdx
    case .sgx: .sgx
    case .cca: .cca
    case .tpm: .tpm
    }
  }

  /// Bytes of a trustlet's evidence: it has some 10 KiB, and with the collateral of a machine's maker not a hundred.
  static let trustletEvidenceLimit = 256 << 10

  /// The evidence in a message: text of base64 or hexadecimal digits, or an object in which it stands under a name that services use for it.
  func evidence(in value: JSONValue) throws(ProtocolProblem) -> (evidence: any AttestationEvidence, size: Int) {
    // Evidence of Coffer's has one form: base64url.
    let bytes: [UInt8]
    if self == .coffer, case .string(let text) = value, text.utf8.count > (Self.trustletEvidenceLimit * 4 + 2) / 3 {
      throw ProtocolProblem(
        .attestation, "the evidence has \(text.utf8.count) digits of base64url; expected at most \(Self.trustletEvidenceLimit) bytes of it")
    }
    switch (self, value) {
    case (.coffer, .string(let text)): bytes = Base64.bytes(urlText: text) ?? []
    case (_, .string(let text)): bytes = evidenceBytes(file: Array(text.utf8))
    case (.coffer, _): bytes = []
    default: bytes = evidenceBytes(file: value.canonical)
    }
    let found = EvidenceFormat.detect(bytes)
    guard found == format else {
      throw ProtocolProblem(
        .attestation, "the evidence is \(found?.title ?? "nothing that is known here"); expected \(format.title)\(self == .coffer ? " as base64url without padding" : "")")
    }
    do throws(MalformedEvidence) {
      // Decoded it takes some times its bytes.
      return (try format.decode(bytes), bytes.count * 4 + 16_384)
    } catch {
      throw ProtocolProblem(.attestation, "the evidence cannot be read: \(error)")
    }
  }
}

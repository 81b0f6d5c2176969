import Crypto

/// Judges a quote: its own signatures and the platform's certificate here, Intel's collateral in the extension.
struct DCAPExamination {
  let quote: DCAPQuote
  let platform: PlatformKind
  let context: VerificationContext
  /// What the rules' names begin with.
  let name: String
  var findings: [Finding] = []
  /// What Intel certifies of the platform, once its certificate is read. Worth as much as the findings.
  var certified: PCKPlatform?
  var trustedComputingBase = TrustedComputingBase.unstated

  init(_ quote: DCAPQuote, _ platform: PlatformKind, in context: VerificationContext) {
    (self.quote, self.platform, self.context) = (quote, platform, context)
    name = platform.rawValue
  }

  mutating func run() {
    examineSignatures()
    let chain = examinePCKCertificate()
    examineCollateral(chain)
    guard !quote.trailingBytes.isEmpty else { return }
    findings.append(
      Finding(
        "\(name).trailing-bytes", .noted, .sourcedData, found: "\(quote.trailingBytes.count) bytes after the quote, which nobody signed",
        wanted: "no use of them"))
  }

  mutating func check(
    _ rule: String, _ claim: TrustClaim = .instanceIdentity, holds: Bool, found: String, wanted: String, remedy: String
  ) {
    findings.append(.rule("\(name).\(rule)", claim, holds: holds, found: found, wanted: wanted, remedy: remedy))
  }

  private mutating func examineSignatures() {
    check(
      "quoting-enclave-vendor", holds: quote.header.vendor == QuoteHeader.intel, found: hexadecimal(quote.header.vendor),
      wanted: "\(hexadecimal(QuoteHeader.intel)) (Intel)", remedy: "use a quote of Intel's quoting enclave")
    let key = try? VerificationKey(point: quote.attestationKey)
    let isSigned = key?.isValidSignature(quote.signature, for: quote.signedBytes, scheme: .ecdsa(.sha256)) ?? false
    check(
      "signature", holds: isSigned,
      found: "\(isSigned ? "the" : "no valid") signature of the attestation key over header and body",
      wanted: "ECDSA with P-256 and SHA-256",
      remedy: "the quote was changed or is not genuine: ask the attester for another, and do not trust this one")
    let bound = Array(SHA256.hash(data: quote.attestationKey + quote.authenticationData)) + [UInt8](repeating: 0, count: 32)
    check(
      "attestation-key", holds: quote.quotingEnclave.reportData == bound, found: hexadecimal(quote.quotingEnclave.reportData),
      wanted: "\(hexadecimal(bound)): SHA-256 of the attestation key and the authentication data, and zeros",
      remedy: "the attestation key is not the one that the quoting enclave vouches for: do not trust this quote")
  }

  /// The chain of the platform's certificate, its key first; empty if there is none.
  private mutating func examinePCKCertificate() -> [EndorsementCertificate] {
    guard let certificates = pckCertificates() else { return [] }
    let lists = revocationLists
    findings += CertificateChain(certificates).examine(
      for: platform, rule: "\(name).pck", revocation: lists.isEmpty ? .notChecked : .lists(lists), in: context)
    guard let leaf = certificates.first else { return [] }
    let isSigned = context.isValidEndorsement(
      quote.quotingEnclaveSignature, for: quote.quotingEnclave.bytes, key: leaf.key, scheme: .ecdsa(.sha256))
    check(
      "quoting-enclave-signature", holds: isSigned,
      found: "\(isSigned ? "the" : "no valid") signature of the platform's certified key (PCK) over the quoting enclave's report",
      wanted: "ECDSA with P-256 and SHA-256",
      remedy: "the quoting enclave's report is another platform's or was changed: do not trust this quote")
    examineProfile(certificates, leaf)
    return certificates
  }

  /// The quote's own chain, or the collateral's if the quote only names its certificate.
  private mutating func pckCertificates() -> [EndorsementCertificate]? {
    let collateral = context.endorsements.dcap?.pckCertificates ?? []
    let given = collateral.isEmpty ? pckCertificatesBeside : collateral
    guard quote.certificationType == DCAPQuote.certificateChain || given.isEmpty else { return given }
    guard quote.certificationType == DCAPQuote.certificateChain else {
      check(
        "pck.chain", holds: false,
        found: "certification data of type \(quote.certificationType), which names a certificate and does not hold it",
        wanted: "a chain of certificates (type 5)",
        remedy: "give the platform's PCK certificate and its chain with --collateral, as PEM or as pck_certificate_chain in JSON")
      return nil
    }
    do {
      return try PEMCertificates.decode(quote.certificationData, of: "PCK certificate chain")
    } catch {
      check(
        "pck.chain", holds: false, found: "\(error)", wanted: "a chain of certificates in PEM",
        remedy: "the quote was changed or is not genuine: ask the attester for another")
      return nil
    }
  }

  /// The PCK certificate of the certificates given beside, and its issuers of these.
  private var pckCertificatesBeside: [EndorsementCertificate] {
    let beside = context.endorsements.certificates
    guard let leaf = beside.first(where: { $0.subjectName == Self.pckName }) else { return [] }
    guard let authority = beside.first(where: { $0.subject == leaf.issuer }) else { return [leaf] }
    return [leaf, authority] + beside.filter { $0.isSelfIssued && $0.subject == authority.issuer }.prefix(1)
  }

  /// That the chain is one of a PCK: another key of Intel's must not pass for a platform's, nor a platform's for another.
  private mutating func examineProfile(_ certificates: [EndorsementCertificate], _ leaf: EndorsementCertificate) {
    let rule = "pck.certificate"
    let remedy = "use a quote that holds the platform's PCK certificate as Intel issued it"
    let names = certificates.map(\.subjectName)
    guard certificates.count == 3, names[0] == Self.pckName, Self.pckIssuers.contains(names[1]) else {
      check(
        rule, holds: false, found: names.joined(separator: " < "),
        wanted: "\(Self.pckName) < \(Self.pckIssuers.joined(separator: " or ")) < a root", remedy: remedy)
      return
    }
    guard let value = leaf.value(of: PCKPlatform.identifier) else {
      check(rule, holds: false, found: "no SGX extension", wanted: "the extension \(PCKPlatform.identifier)", remedy: remedy)
      return
    }
    do {
      let certified = try PCKPlatform(extension: value)
      self.certified = certified
      check(
        rule, holds: true,
        found: "FMSPC \(hexadecimal(certified.fmspc)), PCE id \(hexadecimal(certified.pceID)), "
          + "components \(hexadecimal(certified.components)), PCE \(certified.pceSVN)",
        wanted: "a PCK certificate", remedy: remedy)
    } catch {
      check(rule, holds: false, found: "\(error)", wanted: "a readable SGX extension", remedy: remedy)
    }
  }

  private static let pckName = "Intel SGX PCK Certificate"
  private static let pckIssuers = ["Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"]

  var revocationLists: [RevocationList] { (context.endorsements.dcap?.revocationLists ?? []) + context.endorsements.revocationLists }

  /// The TD report, if the quote is a trust domain's.
  var trustDomain: TDReport? {
    if case .trustDomain(let report) = quote.body { report } else { nil }
  }
}

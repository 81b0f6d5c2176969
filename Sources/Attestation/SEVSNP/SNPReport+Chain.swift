extension SNPReport {
  /// The certificates to judge by: what came with the report, after what the relying party gave.
  func certificates(in context: VerificationContext) -> [EndorsementCertificate] {
    guard case .certificates(let table) = trailing else { return context.endorsements.certificates }
    return context.endorsements.certificates + table.certificates.map(\.certificate)
  }

  func revocationLists(in context: VerificationContext) -> [RevocationList] {
    guard case .certificates(let table) = trailing else { return context.endorsements.revocationLists }
    return context.endorsements.revocationLists + table.revocationLists
  }

  /// The certificate of the key that the report says signed it. Of several the one that fits the report's chip and firmware is taken;
  /// nothing depends on the choice but which refusal is named.
  func endorsementKey(among certificates: [EndorsementCertificate]) -> Result<SNPEndorsementKey, MalformedEvidence>? {
    var best: Result<SNPEndorsementKey, MalformedEvidence>?
    for certificate in certificates where certificate.subjectName == "SEV-\(keys.signingKey.name)" {
      do throws(MalformedEvidence) {
        let key = try SNPEndorsementKey(certificate)
        if key.endorses(reportedTCB(key.product?.layout ?? layout)), key.kind == .vlek || isChipIDMasked || key.isOf(chip: chipID) {
          return .success(key)
        }
        if case .success = best { continue }
        best = .success(key)
      } catch {
        best = best ?? .failure(error)
      }
    }
    return best
  }

  /// From the key's certificate up by the issuers' names: given certificates first, then AMD's own.
  func chain(from leaf: EndorsementCertificate, among certificates: [EndorsementCertificate]) -> [EndorsementCertificate] {
    var chain = [leaf]
    // The chip's, its issuer, the root; one more shows that there are too many.
    while let last = chain.last, !last.isSelfIssued, chain.count < 4 {
      let given = certificates.first { $0.subject == last.issuer }
      guard let issuer = given ?? AMDCertificates.certificate(subject: last.issuer) else { break }
      chain.append(issuer)
    }
    return chain
  }

  /// Satisfied where a list was given that is in force and revokes none of the chain.
  static let revocationRule = "sev-snp.revocation"

  /// Judges the chain to a pinned root, and whether a list revokes any of it.
  func examineChain(of key: SNPEndorsementKey, among certificates: [EndorsementCertificate], in context: VerificationContext) -> [Finding] {
    let chain = chain(from: key.certificate, among: certificates)
    guard let last = chain.last, last.isSelfIssued else {
      return [
        .rule(
          "sev-snp.chain", .instanceIdentity, holds: false,
          found: "\(chain.map(\.subjectName).joined(separator: " < ")), and no certificate of \"\(chain.last?.issuerName ?? "")\"",
          wanted: "the issuers' certificates up to AMD's root",
          remedy: "give the issuers' certificates (AMD publishes them as cert_chain) with --collateral")
      ]
    }
    let lists = revocationLists(in: context)
    let isListed = zip(chain, chain.dropFirst()).contains { pair in lists.contains { $0.issuer == pair.0.issuer } }
    var findings = CertificateChain(chain).examine(
      for: .sevSNP, rule: "sev-snp", revocation: isListed ? .listsGiven(lists) : .notChecked, in: context)
    if !isListed {
      let place = "https://kdsintf.amd.com/\(key.kind.name.lowercased())/v1/\(key.product?.rawValue ?? "PRODUCT")/crl"
      findings.append(
        Finding(
          Self.revocationRule, .noted, .instanceIdentity,
          found: "no revocation list of \"\(last.subjectName)\" was given, so none was checked", wanted: "AMD's current list",
          remedy: "give the list, which AMD publishes as \(place), with --collateral"))
    }
    findings.append(issuerFinding(key))
    if let order = orderFinding(chain, context.endorsements) { findings.append(order) }
    return findings
  }

  /// Certificates in one file are a chain as issued; separate files have no order.
  private func orderFinding(_ chain: [EndorsementCertificate], _ endorsements: Endorsements) -> Finding? {
    for file in endorsements.certificateFiles {
      let certificates = endorsements.certificates[file.clamped(to: endorsements.certificates.indices)]
      let places = certificates.compactMap { certificate in chain.firstIndex { $0.bytes == certificate.bytes } }
      if zip(places, places.dropFirst()).allSatisfy({ $0 <= $1 }) { continue }
      return .rule(
        "sev-snp.certificate-order", .instanceIdentity, holds: false,
        found: "a file with " + certificates.map { "\"\($0.subjectName)\"" }.joined(separator: ", then "),
        wanted: chain.map { "\"\($0.subjectName)\"" }.joined(separator: ", then "),
        remedy: "give the certificates as issued, the endorsed key's first and the root last, or each in a file of its own")
    }
    return nil
  }

  /// Chips' keys and providers' keys have issuers of their own, by product.
  private func issuerFinding(_ key: SNPEndorsementKey) -> Finding {
    let wanted = "SEV-\(key.kind == .vlek ? "VLEK-" : "")\(key.product?.rawValue ?? key.productName)"
    return .rule(
      "sev-snp.issuer", .instanceIdentity, holds: key.certificate.issuerName == wanted,
      found: "a \(key.kind.name) for \(key.productName) issued by \"\(key.certificate.issuerName)\"", wanted: "\"\(wanted)\"",
      remedy: "give the certificate as AMD issued it")
  }
}

import SwiftASN1
import X509

/// A key that may have signed a quote, and what there is to judge it by.
struct AttestationKey {
  /// More than anyone has reason to give; each costs a signature's check.
  static let maximumCandidates = 32
  /// tcg-kp-AIKCertificate: the certificate's key signs only what its TPM made (TCG EK Credential Profile, 3.2.16).
  static let usage: ASN1ObjectIdentifier = [2, 23, 133, 8, 3]

  var key: VerificationKey
  var publicArea: TPMPublicArea?
  /// The key's own certificate first; empty for a bare key.
  var chain: [EndorsementCertificate]

  /// Whether the key's certificate says that it is a TPM's attestation key.
  var isCertifiedForAttestation: Bool {
    guard let leaf = chain.first, let usage = try? leaf.extensions.extendedKeyUsage else { return false }
    return usage.contains(.init(oid: Self.usage))
  }
}

extension TPMQuote {
  /// The keys that came with the quote, then those that were given, each with the public area and the certificates that are of the same key.
  func attestationKeys(_ endorsements: Endorsements) -> [AttestationKey] {
    let areas = (publicArea.map { [$0] } ?? []) + endorsements.tpmKeys
    let ends = endorsements.certificates.filter { !$0.authority.isAuthority }
    var found: [AttestationKey] = []
    func add(_ key: VerificationKey, _ chain: [EndorsementCertificate] = []) {
      guard found.count < AttestationKey.maximumCandidates,
        !found.contains(where: { $0.key.subjectPublicKeyInfo == key.subjectPublicKeyInfo })
      else { return }
      let area = areas.first { $0.key.subjectPublicKeyInfo == key.subjectPublicKeyInfo }
      found.append(AttestationKey(key: key, publicArea: area, chain: chain))
    }
    // Certificates before bare keys, so that a key which has both keeps its chain.
    if let first = certificates.first { add(first.key, completed(certificates, endorsements.certificates)) }
    for certificate in ends where found.count < AttestationKey.maximumCandidates {
      add(certificate.key, completed([certificate], endorsements.certificates))
    }
    if let key { add(key) }
    for area in endorsements.tpmKeys { add(area.key) }
    for key in endorsements.keys { add(key) }
    return found
  }

  /// A chain that does not reach its root, followed by issuers' names among the certificates given.
  private func completed(_ chain: [EndorsementCertificate], _ others: [EndorsementCertificate]) -> [EndorsementCertificate] {
    var chain = chain
    while let last = chain.last, !last.isSelfIssued, chain.count < CertificateChain.maximumLength,
      let issuer = others.first(where: { $0.subject == last.issuer })
    {
      chain.append(issuer)
    }
    return chain
  }

  /// Who vouches for the key, and that it signs nothing but what its TPM made.
  func examine(_ candidate: AttestationKey, in context: VerificationContext) -> [Finding] {
    let isPinned = context.anchors.anchor(.tpm, fingerprint: candidate.key.fingerprint) != nil
    var findings: [Finding] = []
    if isPinned || candidate.chain.isEmpty {
      findings.append(
        context.anchors.finding(candidate.key, name: "the attestation key (\(candidate.key.name))", .tpm, "tpm.endorsement.root"))
    } else {
      let lists = context.endorsements.revocationLists.filter { list in candidate.chain.contains { $0.issuer == list.issuer } }
      findings += CertificateChain(candidate.chain).examine(
        for: .tpm, rule: "tpm.endorsement", revocation: lists.isEmpty ? .notChecked : .lists(lists), in: context)
      if lists.isEmpty {
        findings.append(
          Finding(
            "tpm.endorsement.revocation", .noted, .instanceIdentity, found: "no revocation list of the chain's issuers was given",
            wanted: "their lists, if the TPM's maker publishes any"))
      }
    }
    findings.append(keyUse(candidate, isPinned: isPinned))
    if let area = candidate.publicArea { findings.append(qualifiedSigner(area, context.endorsements.tpmKeys)) }
    return findings
  }

  private func keyUse(_ candidate: AttestationKey, isPinned: Bool) -> Finding {
    let wanted = "a restricted signing key that was made in its TPM and cannot leave it"
    let isVouchedForByCertificate = !isPinned && !candidate.chain.isEmpty
    if let area = candidate.publicArea {
      var missing: [String] = []
      for (attribute, name) in [
        (TPMPublicArea.Attributes.fixedTPM, "fixedTPM"), (.fixedParent, "fixedParent"), (.sensitiveDataOrigin, "sensitiveDataOrigin"),
        (.restricted, "restricted"), (.sign, "sign"),
      ] where !area.attributes.contains(attribute) {
        missing.append("not \(name)")
      }
      if area.attributes.contains(.decrypt) { missing.append("decrypt") }
      if area.scheme != .null, area.scheme != signature.algorithm || area.schemeHash != signature.hash {
        missing.append("a key for \(area.scheme.name) with \(area.schemeHash.name), a signature by \(signature.name)")
      }
      // Nobody signs a public area: for a key that is trusted only by its certificate, the certificate must say it too.
      if missing.isEmpty, isVouchedForByCertificate, !candidate.isCertifiedForAttestation { return uncertified(wanted) }
      return .rule(
        "tpm.key-use", .instanceIdentity, holds: missing.isEmpty,
        found: missing.isEmpty
          ? "fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign, by its public area" : missing.joined(separator: ", "),
        wanted: wanted,
        remedy: "quote with an attestation key as tpm2_createak makes it: any other can be made to sign a quote that no TPM made")
    }
    if candidate.isCertifiedForAttestation {
      return .rule(
        "tpm.key-use", .instanceIdentity, holds: true, found: "its certificate says that it is a TPM's attestation key", wanted: wanted,
        remedy: "")
    }
    if !isVouchedForByCertificate {
      return Finding(
        "tpm.key-use", .noted, .instanceIdentity, found: "a bare key, which does not say what its TPM lets it sign",
        wanted: "\(wanted); give it in the form of tpm2_createak -u to have that checked")
    }
    return uncertified(wanted)
  }

  private func uncertified(_ wanted: String) -> Finding {
    .rule(
      "tpm.key-use", .instanceIdentity, holds: false, found: "its certificate does not say that it is a TPM's attestation key",
      wanted: "\(wanted), by the extended key usage 2.23.133.8.3",
      remedy: "use a certificate for an attestation key, or name the key's own SHA-256 in the policy under trust-anchors")
  }

  /// Whether the name that the TPM signed is this key's below a parent that is known: a key of a hierarchy, or of a primary key that was given.
  private func qualifiedSigner(_ area: TPMPublicArea, _ others: [TPMPublicArea]) -> Finding {
    let hierarchies: [(UInt8, String)] = [(0x0b, "endorsement"), (0x01, "owner"), (0x0c, "platform"), (0x07, "null")]
    func qualified(_ parent: [UInt8], _ child: TPMPublicArea) -> [UInt8]? {
      guard let hash = child.nameAlgorithm.hash, let name = child.name else { return nil }
      return name.prefix(2) + hash.digest(parent + name)
    }
    var found: String?
    for (last, hierarchy) in hierarchies where found == nil {
      let handle: [UInt8] = [0x40, 0, 0, last]
      if qualified(handle, area) == attestation.qualifiedSigner { found = "the key itself, a primary of the \(hierarchy) hierarchy" }
      for other in others.prefix(AttestationKey.maximumCandidates) where found == nil {
        guard let parent = qualified(handle, other), qualified(parent, area) == attestation.qualifiedSigner else { continue }
        found = "the key below a given primary key of the \(hierarchy) hierarchy"
      }
    }
    guard let found else {
      return Finding(
        "tpm.qualified-signer", .noted, .instanceIdentity,
        found: "\(hexadecimal(attestation.qualifiedSigner)), below a parent that is not known",
        wanted: "the parent's public area too (tpm2_createek -u), to follow the name that the TPM signed")
    }
    return .rule("tpm.qualified-signer", .instanceIdentity, holds: true, found: found, wanted: "a name that can be followed", remedy: "")
  }
}

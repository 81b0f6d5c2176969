import Foundation

extension NitroDocument {
  public var issuedAt: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

  public var fields: [EvidenceField] {
    var fields = [
      EvidenceField(
        "protected.algorithm", envelope.algorithm?.name ?? "unknown", "how the document is signed; AWS signs with ES384 only")
    ]
    for pair in envelope.unprotectedHeader.asMap ?? [] {
      fields.append(EvidenceField("unprotected", pair.key.kind, "a header that nobody signed; AWS writes none", isSigned: false))
    }
    fields += [
      EvidenceField("module_id", moduleID, "the instance and the enclave that the document is of"),
      EvidenceField("digest", digest, "the hash function of the registers"),
      EvidenceField("timestamp", "\(timestamp(issuedAt)) (\(milliseconds) ms)", "when the hypervisor made the document"),
    ]
    fields += registers.sorted { $0.key < $1.key }.map { index, value in
      EvidenceField("pcrs.\(index)", hexadecimal(value), NitroRegister.meaning(index))
    }
    fields.append(field("certificate", certificate, "the key that signed the document, endorsed for a few hours"))
    fields += bundle.enumerated().map { index, certificate in
      field(
        "cabundle.\(index)", certificate,
        index == 0 ? "the root of the chain, which must be pinned" : "an issuer, endorsed by the one before")
    }
    fields += [
      EvidenceField("public_key", text(publicKey), "a key that the enclave offers, for secrets that only it can read"),
      EvidenceField("user_data", text(userData), "what the enclave's software added"),
      EvidenceField("nonce", text(nonce), "the challenger's number, which shows that the document was made for it"),
    ]
    fields += unknownFields.map { EvidenceField($0, "present", "a field that AWS's rules do not know") }
    if !trailingBytes.isEmpty {
      fields.append(EvidenceField("trailing", "\(trailingBytes.count) bytes", "follows the document and means nothing", isSigned: false))
    }
    return fields
  }

  private func text(_ bytes: [UInt8]?) -> String { bytes.map { $0.isEmpty ? "empty" : hexadecimal($0) } ?? "none" }

  private func field(_ name: String, _ certificate: EndorsementCertificate, _ meaning: String) -> EvidenceField {
    let validity = "valid \(timestamp(certificate.notBefore)) to \(timestamp(certificate.notAfter))"
    return EvidenceField(name, "\"\(certificate.subjectName)\", \(certificate.key.name), \(validity)", meaning)
  }
}

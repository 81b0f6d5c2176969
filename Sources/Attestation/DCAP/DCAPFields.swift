extension DCAPQuote {
  var headerFields: [EvidenceField] {
    [
      EvidenceField("header.version", "\(header.version)", "the layout of this quote"),
      EvidenceField("header.attestation-key-type", "\(header.attestationKeyType) (ECDSA with P-256)", "how the quote is signed"),
      EvidenceField("header.tee-type", header.teeType == QuoteHeader.tdx ? "81 (TDX)" : "0 (SGX)", "what the quote speaks of"),
      EvidenceField("header.qe-svn", "\(header.quotingEnclaveSVN)", "the quoting enclave's security version (version 3)"),
      EvidenceField(
        "header.pce-svn", "\(header.provisioningEnclaveSVN)", "the provisioning certification enclave's security version (version 3)"),
      EvidenceField(
        "header.qe-vendor-id", hexadecimal(header.vendor) + (header.vendor == QuoteHeader.intel ? " (Intel)" : ""),
        "who made the quoting enclave"),
      EvidenceField("header.user-data", hexadecimal(header.userData), "an identifier of this platform, by its quoting enclave"),
    ]
  }

  /// What follows the signed part, with the certificates' names.
  var signatureFields: [EvidenceField] {
    var fields = [
      EvidenceField("signature", hexadecimal(signature), "the attestation key's signature over header and body", isSigned: false),
      EvidenceField("attestation-key", hexadecimal(attestationKey), "the key that signed; the quoting enclave's report vouches for it"),
    ]
    fields += quotingEnclave.fields("qe.", "the quoting enclave's report, signed by the platform's key (PCK): ")
    fields += [
      EvidenceField(
        "qe.signature", hexadecimal(quotingEnclaveSignature), "the PCK's signature over the quoting enclave's report", isSigned: false),
      EvidenceField(
        "qe.authentication-data", hexadecimal(authenticationData), "hashed with the attestation key into the quoting enclave's report"),
    ]
    let meaning = "the chain of the platform's certificate, each signed by the next"
    if certificationType == Self.certificateChain, let chain = try? PEMCertificates.decode(certificationData, of: "chain") {
      for (index, certificate) in chain.enumerated() {
        let validity = "\(timestamp(certificate.notBefore)) to \(timestamp(certificate.notAfter))"
        fields.append(EvidenceField("certificates.\(index)", "\"\(certificate.subjectName)\", \(validity)", meaning, isSigned: false))
      }
      if let value = chain.first?.value(of: PCKPlatform.identifier), let platform = try? PCKPlatform(extension: value) {
        fields += platform.fields
      }
    } else {
      fields.append(
        EvidenceField(
          "certification-data",
          "type \(certificationType), \(certificationData.count) bytes beginning \(hexadecimal(certificationData.prefix(32)))",
          certificationType == Self.certificateChain ? meaning : "what names the platform's certificate", isSigned: false))
    }
    if !trailingBytes.isEmpty {
      fields.append(
        EvidenceField(
          "trailing-bytes", "\(trailingBytes.count) bytes beginning \(hexadecimal(trailingBytes.prefix(64)))",
          "bytes after the quote, which are no part of it", isSigned: false))
    }
    return fields
  }
}

extension PCKPlatform {
  /// Signed by Intel in the certificate, not by the quote.
  fileprivate var fields: [EvidenceField] {
    [
      ("ppid", hexadecimal(ppid), "the platform's own name"),
      ("fmspc", hexadecimal(fmspc), "the kind of platform, by which its TCB info is found"),
      ("pce-id", hexadecimal(pceID), "which provisioning certification enclave certified the key"),
      ("tcb-components", hexadecimal(components), "security versions of the platform's 16 components when the key was certified"),
      ("pce-svn", "\(pceSVN)", "the provisioning certification enclave's security version"),
      ("cpu-svn", hexadecimal(cpuSVN), "the processor's security version"),
    ].map { EvidenceField("certificates.0.\($0.0)", $0.1, "the platform's certificate: \($0.2)", isSigned: false) }
  }
}

extension EnclaveReport {
  func fields(_ prefix: String, _ meaning: String = "") -> [EvidenceField] {
    [
      ("cpu-svn", hexadecimal(cpuSVN), "the processor's security version"),
      ("misc-select", hexadecimal(miscSelect), "what the processor saves of exceptions inside"),
      ("isv-ext-prod-id", hexadecimal(extendedProductID), "the signer's longer number for this product"),
      ("attributes", "\(hexadecimal(attributes)): \(attributeNames)", "how the enclave runs; DEBUG lets the machine's owner look inside"),
      ("mrenclave", hexadecimal(mrEnclave), "the enclave's code and data at its start"),
      ("mrsigner", hexadecimal(mrSigner), "the key that signed the enclave"),
      ("config-id", hexadecimal(configID), "configuration stated at the enclave's start"),
      ("isv-prod-id", "\(productID)", "the signer's number for this product"),
      ("isv-svn", "\(securityVersion)", "the enclave's security version"),
      ("config-svn", "\(configSVN)", "the configuration's security version"),
      ("isv-family-id", hexadecimal(familyID), "the signer's number for a family of products"),
      ("report-data", hexadecimal(reportData), "what the enclave bound to the report, such as a nonce or a key's hash"),
    ].map { EvidenceField(prefix + $0.0, $0.1, meaning + $0.2) }
  }
}

extension SGXQuote {
  public var fields: [EvidenceField] { quote.headerFields + report.fields("report.") + quote.signatureFields }
}

extension TDXQuote {
  public var fields: [EvidenceField] { quote.headerFields + report.fields + quote.signatureFields }
}

extension TDReport {
  fileprivate var fields: [EvidenceField] {
    var fields = [
      EvidenceField(
        "report.tee-tcb-svn", hexadecimal(teeTCBSVN), "security versions: the TDX module's minor and major, the microcode's, and others"),
      EvidenceField("report.mrseam", hexadecimal(mrSeam), "the TDX module"),
      EvidenceField("report.mrsignerseam", hexadecimal(mrSignerSeam), "who signed the TDX module; zeros are Intel"),
      EvidenceField("report.seam-attributes", hexadecimal(seamAttributes), "the TDX module's attributes; zeros for a production module"),
      EvidenceField(
        "report.td-attributes", "\(hexadecimal(attributes)): \(attributeNames)",
        "how the domain runs; any of bits 0 to 7 lets the machine's owner look inside"),
      EvidenceField("report.xfam", hexadecimal(xfam), "the processor features that the domain may use"),
      EvidenceField("report.mrtd", hexadecimal(mrTD), "the domain's memory and configuration at its start, such as its firmware"),
      EvidenceField("report.mrconfigid", hexadecimal(mrConfigID), "configuration that the domain's owner or host stated at its start"),
      EvidenceField("report.mrowner", hexadecimal(mrOwner), "the domain's owner, as the host stated"),
      EvidenceField("report.mrownerconfig", hexadecimal(mrOwnerConfig), "the owner's configuration, as the host stated"),
    ]
    for (index, register) in rtmr.enumerated() {
      let meaning = "what the domain's software measured into register \(index)"
      fields.append(EvidenceField("report.rtmr\(index)", hexadecimal(register), meaning))
    }
    fields.append(
      EvidenceField(
        "report.report-data", hexadecimal(reportData), "what the domain bound to the report, such as a nonce or a key's hash"))
    if let teeTCBSVN2 {
      fields.append(
        EvidenceField("report.tee-tcb-svn2", hexadecimal(teeTCBSVN2), "the same security versions now, not at the start"))
    }
    if let mrServiceTD { fields.append(EvidenceField("report.mrservicetd", hexadecimal(mrServiceTD), "service domains bound to this one")) }
    return fields
  }
}

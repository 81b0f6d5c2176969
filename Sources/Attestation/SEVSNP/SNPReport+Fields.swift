extension SNPReport {
  public var fields: [EvidenceField] {
    identityFields + policyFields + platformFields + launchFields + firmwareFields + signatureFields + trailingFields
  }

  private func field(_ name: String, _ value: String, _ meaning: String) -> EvidenceField {
    EvidenceField("report.\(name)", value, meaning)
  }

  private func field(_ name: String, _ value: [UInt8], _ meaning: String) -> EvidenceField { field(name, hexadecimal(value), meaning) }

  private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

  private func fields(_ bits: [SNPBit], of word: UInt64, _ name: String) -> [EvidenceField] {
    bits.map { field("\(name).\($0.name)", $0.isSet(in: word) ? "yes" : "no", $0.meaning) }
  }

  private var identityFields: [EvidenceField] {
    [
      field("version", "\(version)", "version of the report's layout"),
      field("guest_svn", "\(guestSecurityVersion)", "security version of the guest, as its owner's identity block states it"),
    ]
  }

  private var policyFields: [EvidenceField] {
    let minimum = policy.minimumVersion
    return [
      field("policy", hex(policy.raw), "what the guest's owner allows; the firmware holds the host to it"),
      field("policy.minimum_abi", "\(minimum.major).\(minimum.minor)", "oldest firmware interface on which the guest may run"),
    ] + fields(SNPGuestPolicy.bits, of: policy.raw, "policy") + [
      field("family_id", familyID, "family of the guest, as its identity block names it"),
      field("image_id", imageID, "image of the guest, as its identity block names it"),
      field(
        "vmpl", privilegeLevel == .max ? "host" : "\(privilegeLevel)",
        "privilege level inside the guest of the software that asked for the report; 0 may do most"),
      field("signature_algo", "\(signatureAlgorithm)", "1 is ECDSA on P-384 with SHA-384"),
    ]
  }

  private var platformFields: [EvidenceField] {
    fields(currentTCB(layout), "current_tcb", "firmware that ran when the report was made")
      + [field("platform_info", hex(platform.raw), "how the machine is set up")]
      + fields(SNPPlatformInformation.bits, of: platform.raw, "platform_info") + [
        field("signing_key", keys.signingKey.name, "the key that signed: the chip's (VCEK) or a cloud provider's (VLEK)"),
        field("mask_chip_key", keys.masksChipKey ? "yes" : "no", "whether the host keeps the chip's own key from being used"),
        field("author_key_en", keys.hasAuthorKey ? "yes" : "no", "whether a key vouches for the key that signed the identity block"),
      ]
  }

  private func fields(_ versions: SNPSecurityVersions, _ name: String, _ meaning: String) -> [EvidenceField] {
    [field(name, hex(versions.raw), meaning + ", by its security versions")]
      + versions.layout.components.map { field("\(name).\($0.name)", "\(versions.byte($0.byte))", Self.componentMeanings[$0.name] ?? "") }
  }

  private static let componentMeanings = [
    "fmc": "security version of the first firmware that can be changed",
    "bootloader": "security version of the secure processor's boot loader",
    "tee": "security version of the secure processor's operating system",
    "snp": "security version of the SEV-SNP firmware",
    "microcode": "lowest patch level of the cores' microcode",
  ]

  private var launchFields: [EvidenceField] {
    [
      field("report_data", reportData, "what software in the guest bound to this report: a nonce, a hash of a key"),
      field("measurement", measurement, "launch digest: SHA-384 of the guest's memory and processor state when it was launched"),
      field("host_data", hostData, "what the host bound to the guest at launch"),
      field("id_key_digest", idKeyDigest, "SHA-384 of the key that signed the guest's identity block; zeros if there is none"),
      field("author_key_digest", authorKeyDigest, "SHA-384 of the key that vouches for that key; zeros if there is none"),
      field("report_id", reportID, "name of this guest for as long as it runs"),
      field("report_id_ma", migrationAgentReportID, "name of the guest's migration agent; all ones if there is none"),
    ]
  }

  private var firmwareFields: [EvidenceField] {
    var all = fields(reportedTCB(layout), "reported_tcb", "firmware that the host vouches for, from which the signing key is derived")
    if let processor {
      let name = product?.rawValue ?? "not known here"
      all += [
        field("cpuid_fam_id", hex(UInt64(processor.family)), "family of the processor"),
        field("cpuid_mod_id", hex(UInt64(processor.model)), "model of the processor: \(name)"),
        field("cpuid_step", "\(processor.stepping)", "stepping of the processor"),
      ]
    }
    all.append(field("chip_id", chipID, "name of the chip; zeros if the host hides it"))
    all += fields(committedTCB(layout), "committed_tcb", "firmware below which the host can no longer go back")
    all += [
      field("current_version", currentFirmware.description, "version of the firmware that ran when the report was made"),
      field("committed_version", committedFirmware.description, "version of the firmware below which the host can no longer go back"),
    ]
    all += fields(launchTCB(layout), "launch_tcb", "firmware that launched or took in the guest")
    if let mitigations {
      all += [
        field("launch_mit_vector", hex(mitigations.launch), "mitigations of the firmware that were in force at launch, a bit each"),
        field("current_mit_vector", hex(mitigations.current), "mitigations of the firmware in force when the report was made, a bit each"),
      ]
    }
    if !hasZeroReserved { all.append(field("reserved", "not all zero", "bytes or bits that this version gives no meaning")) }
    return all
  }

  private var signatureFields: [EvidenceField] {
    [
      EvidenceField(
        "signature.r", hexadecimal(signature.r), "first half of the signature over bytes 0 to 671, little-endian", isSigned: false),
      EvidenceField("signature.s", hexadecimal(signature.s), "second half of the signature, little-endian", isSigned: false),
    ]
  }

  private var trailingFields: [EvidenceField] {
    var all: [EvidenceField] = []
    switch trailing {
    case .nothing: break
    case .bytes(let bytes):
      let start = hexadecimal(bytes.prefix(64)) + (bytes.count > 64 ? "..." : "")
      all.append(
        EvidenceField("trailing", "\(bytes.count) bytes: \(start)", "bytes after the report, which nobody signed", isSigned: false))
    case .certificates(let table): all += table.fields
    }
    return all
  }
}

extension SNPCertificateTable {
  var fields: [EvidenceField] {
    entries.map { entry in
      let name = entry.kind?.name ?? hexadecimal(entry.guid)
      let certificate = certificates.first { $0.kind == entry.kind }?.certificate
      let value = certificate.map {
        "\"\($0.subjectName)\" issued by \"\($0.issuerName)\", \(timestamp($0.notBefore)) to \(timestamp($0.notAfter))"
      }
      return EvidenceField(
        "certificates.\(name)", value ?? "\(entry.bytes.count) bytes",
        "certificate that the host gave along; its issuer signs it, not the report", isSigned: false)
    }
  }
}

extension SNPReport: AttestationEvidence {
  public static var format: EvidenceFormat { .sevSNP }

  /// A version that a report can have, or what firmware writes into every report further on.
  public static func resembles(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 4 else { return false }
    if (1...15).contains(bytes[0]) && bytes[1...3].allSatisfy({ $0 == 0 }) && (bytes.count < 0x38 || hasMarks(bytes)) { return true }
    return bytes.count >= size && hasMarks(bytes) && bytes[0x34] == 1 && bytes[0x0a] & 2 == 2
  }

  /// Signature algorithm 1, or the policy's bit that is always one: either survives damage of the other.
  private static func hasMarks(_ bytes: [UInt8]) -> Bool {
    (bytes[0x34] == 1 && bytes[0x35...0x37].allSatisfy { $0 == 0 }) || (bytes[0x0a] & 2 == 2 && bytes[0x0c...0x0f].allSatisfy { $0 == 0 })
  }

  public func examine(in context: VerificationContext) -> Examination {
    let certificates = certificates(in: context)
    var findings = [algorithmFinding, signingKeyFinding]
    var layout = layout
    var product = product
    var hardwareIdentity = isChipIDMasked ? nil : chipID
    switch endorsementKey(among: certificates) {
    case .success(let key)?:
      product = product ?? key.product
      layout = product?.layout ?? layout
      hardwareIdentity = hardwareIdentity ?? key.hardwareID
      findings.append(signatureFinding(key.certificate.key))
      findings += examineChain(of: key, among: certificates, in: context)
      findings += [productFinding(key), chipFinding(key), endorsedVersionsFinding(key, layout)]
    case .failure(let error)?:
      findings.append(
        .rule(
          "sev-snp.endorsement", .instanceIdentity, holds: false, found: error.description, wanted: "a certificate with AMD's extensions",
          remedy: "give the certificate as AMD issued it"))
    case nil:
      // A report that says no key signed it is refused for that; no certificate would mend it.
      if keys.signingKey == .vcek || keys.signingKey == .vlek { findings.append(missingEndorsement(layout)) }
    }
    findings += stateFindings(layout)
    return Examination(
      .sevSNP, findings: findings,
      platform: PlatformClaims(
        .sevSNP, product: product?.rawValue, debug: policy.allowsDebugging, boundData: reportData, measurements: measurements,
        trustedComputingBase: .components(weakestTCB(layout)), hardwareIdentity: hardwareIdentity))
  }

  /// The lowest that any of the report's four says, by component: firmware that measured the launch, firmware that signs, firmware that the
  /// host may go back to, and firmware that runs all have the guest in their hands.
  func weakestTCB(_ layout: SNPSecurityVersions.Layout) -> [String: Int] {
    [currentTCB(layout), committedTCB(layout), launchTCB(layout)].reduce(reportedTCB(layout).components) {
      $0.merging($1.components, uniquingKeysWith: min)
    }
  }

  var measurements: [Measurement] {
    var all = [
      Measurement("launch-digest", measurement, "the guest's memory and processor state at launch", isEssential: true),
      Measurement("host-data", hostData, "what the host bound to the guest at launch; often a hash of its configuration"),
      Measurement("id-key-digest", idKeyDigest, "SHA-384 of the key that signed the guest's identity block; zeros if there is none"),
      Measurement("family-id", familyID, "the family that the guest's identity block names"),
      Measurement("image-id", imageID, "the image that the guest's identity block names"),
      Measurement("vmpl", bigEndian(privilegeLevel), "the privilege level inside the guest of who asked for the report; 0 is the highest"),
      Measurement("guest-policy", bigEndian(policy.raw), "the policy that the host launched the guest with"),
    ]
    if migrationAgentReportID.contains(where: { $0 != 0xff }) {
      // The host chooses the agent, the launch digest does not cover it, and it can read the guest.
      all.append(
        Measurement(
          "migration-agent", migrationAgentReportID, "the report ID of the agent that may move and read the guest", isEssential: true))
    }
    if keys.hasAuthorKey {
      all.append(Measurement("author-key-digest", authorKeyDigest, "SHA-384 of the key that vouches for the identity key"))
    }
    return all
  }

  private func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

  private var algorithmFinding: Finding {
    .rule(
      "sev-snp.signature-algorithm", .instanceIdentity, holds: signatureAlgorithm == 1,
      found: signatureAlgorithm == 1 ? "1, ECDSA P-384 with SHA-384" : "\(signatureAlgorithm)", wanted: "1, ECDSA P-384 with SHA-384",
      remedy: "get a new report; this one is damaged or not genuine")
  }

  private var signingKeyFinding: Finding {
    let isKnown = keys.signingKey == .vcek || keys.signingKey == .vlek
    let mask = keys.masksChipKey ? ", the chip's own key masked" : ""
    return .rule(
      "sev-snp.signing-key", .instanceIdentity, holds: isKnown, found: keys.signingKey.name + mask, wanted: "VCEK or VLEK",
      remedy: keys.signingKey == .none
        ? "nobody signed this report: the host masks its chip's key (MASK_CHIP_KEY); let it provide a VLEK, or run elsewhere"
        : "get a new report; this one is damaged or of a firmware that is not known here")
  }

  private func signatureFinding(_ key: VerificationKey) -> Finding {
    let isValid = signatureAlgorithm == 1 && key.isValidSignature(bigEndianSignature, for: signedBytes, scheme: .ecdsa(.sha384))
    return .rule(
      "sev-snp.signature", .instanceIdentity, holds: isValid,
      found: isValid
        ? "valid by the \(keys.signingKey.name), over bytes 0 to 671"
        : "not a signature of these bytes by the \(keys.signingKey.name) given",
      wanted: "a signature by the certified \(keys.signingKey.name)",
      remedy: "the report was changed, or the certificate is another chip's or of another firmware: get both anew from the same machine")
  }

  private func missingEndorsement(_ layout: SNPSecurityVersions.Layout) -> Finding {
    let names = ["fmc": "fmcSPL", "bootloader": "blSPL", "tee": "teeSPL", "snp": "snpSPL", "microcode": "ucodeSPL"]
    let reported = reportedTCB(layout)
    let query = layout.components.map { "\(names[$0.name] ?? $0.name)=\(reported.byte($0.byte))" }.joined(separator: "&")
    let chip = hexadecimal(layout == .turin ? chipID[..<8] : chipID[...])
    let remedy =
      switch keys.signingKey {
      case .vlek: "give the VLEK's certificate with --collateral; the cloud provider has it, and an extended report brings it along"
      default:
        "give the chip's certificate with --collateral: "
          + "https://kdsintf.amd.com/vcek/v1/\(product?.rawValue ?? (layout == .turin ? "Turin" : "Milan"))/\(chip)?\(query)"
      }
    return .rule(
      "sev-snp.endorsement", .instanceIdentity, holds: false,
      found: "no certificate of a \(keys.signingKey.name) (subject SEV-\(keys.signingKey.name))",
      wanted: "the certificate of the key that signed the report", remedy: remedy)
  }
}

extension TrustletEvidence {
  public var fields: [EvidenceField] {
    var fields = [
      EvidenceField(
        "trustlet.image-measurement", hexadecimal(claims.imageMeasurement), "the program: SHA-384 over all that its machine starts with"),
      EvidenceField("trustlet.manifest-digest", hexadecimal(claims.manifestDigest), "SHA-384 of what the program may do"),
      EvidenceField("trustlet.instance-identity", hexadecimal(claims.instanceIdentity), "this instance's own random name"),
      EvidenceField(
        "trustlet.instance-key", hexadecimal(trustlet.key.fingerprint),
        "\(trustlet.key.name) key of the instance (SHA-256): secrets are encrypted to it"),
      EvidenceField(
        "trustlet.key-holder", claims.keyHolder.rawValue,
        Self.meaning(claims.keyHolder)),
      EvidenceField("trustlet.clone-generation", "\(claims.cloneGeneration)", "how often the template was cloned before this instance"),
      EvidenceField("trustlet.machine", claims.machine, "what isolates it"),
      EvidenceField("trustlet.nonce", hexadecimal(claims.nonce), "the challenger's, so that the evidence is fresh"),
      EvidenceField("trustlet.issued-at", timestamp(trustlet.issuedAt), "by the monitor's clock"),
      EvidenceField(
        "trustlet.debug-status", trustlet.claims[EvidenceToken.Claim.debugStatus]?.asInteger.map { "\($0)" } ?? "none",
        "1 to 4: debugging is off (RFC 9711, 4.2.9)"),
      EvidenceField(
        "manifest.network", claims.manifest.network.isEmpty ? "none" : claims.manifest.network.joined(separator: ", "),
        "what it may connect to"),
      EvidenceField("manifest.host-directories", claims.manifest.hostDirectories, "whether it may be given directories of the host"),
      EvidenceField("manifest.host-arguments", "\(claims.manifest.hostArguments)", "whether the host may choose its arguments"),
      EvidenceField("manifest.host-environment", "\(claims.manifest.hostEnvironment)", "whether the host may choose its environment"),
      EvidenceField(
        "monitor.key", hexadecimal(monitor.key.fingerprint), "\(monitor.key.name) key (SHA-256) that signs the trustlet's token"),
      EvidenceField("monitor.digest", hexadecimal(monitorDigest), "SHA-384 of the monitor's program, as the node states it"),
      EvidenceField("monitor.nonce", hexadecimal(monitor.nonce), "the same nonce, for this level"),
      EvidenceField("monitor.issued-at", timestamp(monitor.issuedAt), "by the node's clock"),
      EvidenceField(
        "node.key", hexadecimal(nodeKey.fingerprint),
        "\(nodeKey.name) key (SHA-256) that the platform's report binds; it signs the monitor's token"),
    ]
    if let noncePath {
      fields.append(
        EvidenceField(
          "nonce-path", "number \(noncePath.index), \(noncePath.siblings.count) hashes",
          "this nonce is one of several under the platform's report, which binds the end of the path"))
    }
    for (index, signature) in signatures.enumerated() {
      fields.append(
        EvidenceField(
          "image-signature[\(index)].key", hexadecimal(signature.key.fingerprint), "who signed the image's measurement", isSigned: false))
    }
    fields.append(
      EvidenceField(
        "endorsements", "\(endorsements.count)", "certificates and collateral that the node adds; judged by their own signatures",
        isSigned: false))
    guard let platform else {
      return fields + [EvidenceField("platform", "none", "nothing protects it from its host", isSigned: false)]
    }
    fields.append(EvidenceField("platform", type(of: platform).format.rawValue, type(of: platform).format.title, isSigned: false))
    return fields + platform.fields.map { EvidenceField("platform.\($0.name)", $0.value, $0.meaning, isSigned: $0.isSigned) }
  }

  private static func meaning(_ holder: TrustletClaims.KeyHolder) -> String {
    switch holder {
    case .instance: "made inside the instance: nobody else has it"
    case .monitor: "made by the monitor, which has it too"
    case .front: "of the node's front, where TLS ends: the front reads what is sent"
    }
  }
}

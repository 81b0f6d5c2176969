extension CCAToken {
  public var fields: [EvidenceField] {
    let form = form == .collection ? "a collection, tag 399" : "a collection of conceptual messages, tag 907"
    var fields = [EvidenceField("form", form, "how the two tokens are held together; only the tokens are signed", isSigned: false)]
    fields += platform.fields + realm.fields
    fields += others.map {
      EvidenceField("collection.\(name($0.key))", text($0.value), "an entry of the collection that nobody signed", isSigned: false)
    }
    if !trailingBytes.isEmpty {
      fields.append(EvidenceField("trailing", "\(trailingBytes.count) bytes", "follows the token and means nothing", isSigned: false))
    }
    return fields
  }
}

/// The header's fields, which every token begins with.
private func header(_ prefix: String, _ envelope: COSESign1) -> [EvidenceField] {
  let algorithm = envelope.algorithm?.name ?? "unknown"
  return [EvidenceField("\(prefix).algorithm", algorithm, "how the token is signed")]
    + (envelope.unprotectedHeader.asMap ?? []).map {
      EvidenceField("\(prefix).unprotected.\(name($0.key))", text($0.value), "a header that nobody signed", isSigned: false)
    }
}

extension CCAPlatformToken {
  fileprivate var fields: [EvidenceField] {
    var fields = header("platform", head.envelope)
    fields += [
      EvidenceField("platform.profile", head.profileName, "what the claims mean"),
      EvidenceField("platform.challenge", hexadecimal(challenge), "the hash of the key that signed the realm's token, which binds the two"),
      EvidenceField("platform.implementation_id", hexadecimal(implementation), "the platform's design, of which its maker knows more"),
      EvidenceField("platform.instance_id", hexadecimal(instance), "this platform's attestation key, by name"),
      EvidenceField("platform.config", hexadecimal(configuration), "the options that the platform's makers chose, in their own terms"),
      EvidenceField(
        "platform.lifecycle", "0x\(String(lifecycle, radix: 16)), \(CCALifecycle(lifecycle)?.name ?? "not defined")",
        "whether the platform is in service or open to its makers"),
    ]
    for (component, name) in zip(components, componentNames) {
      let details = [component.type, component.version.map { "version \($0)" }, component.hashAlgorithm].compactMap { $0 }
      fields += [
        EvidenceField("\(name).measurement", hexadecimal(component.measurement), "firmware: \(details.joined(separator: ", "))"),
        EvidenceField("\(name).signer", hexadecimal(component.signer), "the hash of the key that signed this firmware"),
      ]
    }
    if let verificationService {
      fields.append(
        EvidenceField("platform.verification_service", verificationService, "where a verifier may be found; a hint, never followed"))
    }
    fields.append(EvidenceField("platform.hash_algorithm", hashAlgorithm, "the hash function of the measurements"))
    if let client { fields.append(EvidenceField("platform.client_id", "\(client)", "who asked for the token; 1 is the realm manager")) }
    return fields + head.others.map { EvidenceField("platform.claim.\(name($0.key))", text($0.value), meaning($0.key)) }
  }

  private func meaning(_ key: CBORValue) -> String {
    switch key.asInteger {
    case 2403: "a record of how the platform was made and tested"
    case 2404: "devices that joined the platform while it ran"
    case 2405: "the root keys of the platform's boot"
    case 2406: "the signers of peer platforms"
    default: "a claim that Coffer does not know"
    }
  }
}

extension CCARealmToken {
  fileprivate var fields: [EvidenceField] {
    var fields = header("realm", head.envelope)
    fields += [
      EvidenceField("realm.profile", head.profileName, "what the claims mean"),
      EvidenceField("realm.challenge", hexadecimal(challenge), "what the realm bound to the token: a nonce, or a hash of what it says"),
      EvidenceField("realm.personalization_value", hexadecimal(personalization), "what was given when the realm was made"),
      EvidenceField("realm.rim", hexadecimal(initialMeasurement), "the realm as it started: its memory and settings"),
    ]
    fields += extensibleMeasurements.enumerated().map {
      EvidenceField("realm.rem\($0.offset)", hexadecimal($0.element), "what the realm's own software measured")
    }
    fields += [
      EvidenceField("realm.hash_algorithm", hashAlgorithm, "the hash function of the realm's measurements"),
      EvidenceField("realm.public_key", hexadecimal(keyBytes), "the realm attestation key (\(key.name)), which signed this token"),
      EvidenceField("realm.public_key_hash_algorithm", keyHashAlgorithm, "the hash function of the platform's challenge"),
    ]
    if let encryptionPolicy {
      fields.append(
        EvidenceField("realm.mec_policy", encryptionPolicy, "whether the realm's memory has an encryption key of its own (private)"))
    }
    return fields + head.others.map { EvidenceField("realm.claim.\(name($0.key))", text($0.value), "a claim that Coffer does not know") }
  }
}

private func name(_ key: CBORValue) -> String { key.asText ?? key.asInteger.map(String.init) ?? key.kind }

private func text(_ value: CBORValue) -> String {
  if let bytes = value.asBytes { return hexadecimal(bytes) }
  return value.asText ?? value.asInteger.map(String.init) ?? value.kind
}

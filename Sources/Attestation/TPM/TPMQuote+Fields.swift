extension TPMQuote {
  /// Events shown: many more than a boot has.
  private static let maximumEvents = 1000

  public var fields: [EvidenceField] {
    attestationFields + signatureFields + registerFields + endorsementFields + (eventLog.map(Self.fields) ?? []) + trailingFields
  }

  private var attestationFields: [EvidenceField] {
    let selections = attestation.selections.map(\.description).joined(separator: " ")
    return [
      EvidenceField("attest.magic", "ff544347", "made inside a TPM: a restricted key signs nothing from outside that begins so"),
      EvidenceField("attest.type", "8018", "a quote of PCRs"),
      EvidenceField("attest.qualified-signer", hexadecimal(attestation.qualifiedSigner), "the name of the key that signed, within its TPM"),
      EvidenceField("attest.extra-data", hexadecimal(attestation.extraData), "what the challenger had signed: a nonce, or a hash"),
      EvidenceField("attest.clock", "\(attestation.clock)", "milliseconds that the TPM was powered"),
      EvidenceField(
        "attest.reset-count", "\(attestation.resetCount)", "boots of the machine (obscured for keys of the owner's hierarchy)"),
      EvidenceField("attest.restart-count", "\(attestation.restartCount)", "resumptions from sleep since the last boot"),
      EvidenceField("attest.safe", "\(attestation.isClockSafe)", "whether the clock surely never showed a later time"),
      EvidenceField(
        "attest.firmware-version", String(attestation.firmwareVersion, radix: 16), "the TPM's own firmware, in its maker's numbering"),
      EvidenceField("attest.pcr-selection", selections, "the PCRs that were quoted, by bank"),
      EvidenceField("attest.pcr-digest", hexadecimal(attestation.pcrDigest), "the hash over their values"),
    ]
  }

  private var signatureFields: [EvidenceField] {
    [
      EvidenceField("signature.algorithm", signature.name, "how the attestation key signed", isSigned: false),
      EvidenceField("signature.value", hexadecimal(signature.first + signature.second), "the signature over all of attest", isSigned: false),
    ]
  }

  private var registerFields: [EvidenceField] {
    guard let pcrValues else { return [] }
    let isQuoted = isQuoted(pcrValues)
    return pcrValues.banks.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { bank, registers in
      let selected = Set(attestation.selections.first { $0.bank == bank }?.indices ?? [])
      return registers.sorted { $0.key < $1.key }.map { index, value in
        EvidenceField(
          "pcrs.\(bank.name).\(index)", hexadecimal(value), PCRMeaning.text(index), isSigned: isQuoted && selected.contains(index))
      }
    }
  }

  private var endorsementFields: [EvidenceField] {
    var fields: [EvidenceField] = []
    if let key {
      fields.append(EvidenceField("key", "\(key.name), SHA-256 \(hexadecimal(key.fingerprint))", "the attestation key, as sent", isSigned: false))
    }
    for (index, certificate) in certificates.enumerated() {
      fields.append(
        EvidenceField(
          "certificates.\(index)", printable(Array(certificate.subjectName.utf8)),
          "issued by \(printable(Array(certificate.issuerName.utf8)))", isSigned: false))
    }
    return fields
  }

  private static func fields(_ log: EventLog) -> [EvidenceField] {
    var fields = [
      EvidenceField(
        "event-log.banks", log.banks.map(\.name).joined(separator: ", "), "the hashes that each event was measured with", isSigned: false)
    ]
    for (index, event) in log.events.prefix(maximumEvents).enumerated() {
      let isShown = event.promisesItsData && !event.isDataMeasured ? " (not what was measured)" : ""
      fields.append(
        EvidenceField(
          "event-log.\(index)", "\(event.pcr < 0 ? "no PCR" : "PCR \(event.pcr)") \(event.type.name): \(EventMeaning(event).text)\(isShown)",
          event.type.meaning, isSigned: false))
    }
    if log.events.count > maximumEvents {
      fields.append(
        EvidenceField("event-log.more", "\(log.events.count - maximumEvents)", "events that are not shown here", isSigned: false))
    }
    if log.padding > 0 {
      fields.append(EvidenceField("event-log.padding", "\(log.padding) bytes", "the unused end of the firmware's table", isSigned: false))
    }
    return fields
  }

  private var trailingFields: [EvidenceField] {
    trailing.isEmpty
      ? []
      : [EvidenceField("trailing", "\(trailing.count) bytes, \(hexadecimal(trailing.prefix(32)))", "bytes that nobody signed", isSigned: false)]
  }
}

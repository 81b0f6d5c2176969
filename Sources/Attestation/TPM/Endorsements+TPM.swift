extension Endorsements {
  /// Adds what TPM tools and Linux write: a public area, values of PCRs, an event log. False if the file is none of them.
  mutating func add(ofTPM bytes: [UInt8]) throws(MalformedEvidence) -> Bool {
    if EventLog.resembles(bytes) {
      eventLogs.append(try EventLog(decoding: bytes))
    } else if PCRValues.resemblesText(bytes) {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw MalformedEvidence("PCR values", found: "text that is not UTF-8", wanted: "what tpm2_pcrread prints")
      }
      pcrValues.append(try PCRValues(text: text))
    } else if TPMPublicArea.resembles(bytes) {
      tpmKeys.append(try TPMPublicArea(decoding: bytes))
    } else if PCRValues.resemblesSerialized(bytes) {
      var reader = ByteReader(bytes, of: "PCR values")
      pcrValues.append(try PCRValues(serialized: &reader))
      guard reader.remaining == 0 else {
        throw MalformedEvidence("PCR values, end", found: "\(reader.remaining) bytes more", wanted: "none", offset: reader.offset)
      }
    } else {
      return false
    }
    return true
  }
}

/// A quote by a TPM 2.0: its platform configuration registers, signed by a key that never leaves it.
///
/// Two forms are read. One is what `tpm2_quote -m message -s signature -o pcrs` writes, put together in that order: the attested structure, its
/// signature, and, if given, the registers' values and the event log. The other is a map of CBOR that holds all that a verifier needs
/// (`TPMQuoteMap`).
public struct TPMQuote: AttestationEvidence {
  public static let format = EvidenceFormat.tpm
  /// With the longest event log that is read.
  public static let maximumSize = 8 * 1024 * 1024

  public var attestation: TPMAttestation
  public var signature: TPMSignature
  public var pcrValues: PCRValues?
  public var eventLog: EventLog?
  /// The attestation key's certificate first.
  public var certificates: [EndorsementCertificate]
  /// The attestation key as the TPM describes it, or bare.
  public var publicArea: TPMPublicArea?
  public var key: VerificationKey?
  /// Bytes after the quote that nobody signed and that say nothing.
  public var trailing: [UInt8]

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("TPM quote", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    if TPMQuoteMap.begins(bytes) {
      self = try TPMQuoteMap.decode(bytes)
    } else {
      try self.init(concatenated: bytes)
    }
  }

  init(
    _ attestation: TPMAttestation, _ signature: TPMSignature, pcrValues: PCRValues?, eventLog: EventLog?,
    certificates: [EndorsementCertificate], publicArea: TPMPublicArea?, key: VerificationKey?
  ) {
    (self.attestation, self.signature, self.pcrValues, self.eventLog) = (attestation, signature, pcrValues, eventLog)
    (self.certificates, self.publicArea, self.key, trailing) = (certificates, publicArea, key, [])
  }

  private init(concatenated bytes: [UInt8]) throws(MalformedEvidence) {
    var reader = ByteReader(bytes, of: "TPM quote")
    if Self.magicOffset(bytes) == 2 {
      let inner = try reader.sized(atMost: 4096, "attested structure")
      attestation = try Self.attestation(inner)
    } else {
      attestation = try TPMAttestation(&reader)
    }
    guard reader.remaining > 0 else {
      throw MalformedEvidence(
        "TPM quote", found: "the attested structure alone", wanted: "its signature after it, as 'cat message signature' puts them together")
    }
    signature = try TPMSignature(&reader)
    (pcrValues, eventLog, certificates, publicArea, key) = (nil, nil, [], nil, nil)
    trailing = reader.rest()
    // What follows is what it can be read as, or else nobody's.
    var rest = ByteReader(trailing, of: "PCR values")
    if let values = try? PCRValues(serialized: &rest) {
      pcrValues = values
      trailing = rest.rest()
    }
    if EventLog.resembles(trailing) {
      eventLog = try EventLog(decoding: trailing)
      trailing = []
    }
  }

  /// The structure that all of the bytes are.
  static func attestation(_ bytes: [UInt8]) throws(MalformedEvidence) -> TPMAttestation {
    var reader = ByteReader(bytes, of: "TPM quote")
    let attestation = try TPMAttestation(&reader)
    guard reader.remaining == 0 else {
      throw MalformedEvidence(
        "TPM quote, attested structure", found: "\(reader.remaining) bytes more", wanted: "none", offset: reader.offset)
    }
    return attestation
  }

  public static func resembles(_ bytes: [UInt8]) -> Bool { magicOffset(bytes) != nil || TPMQuoteMap.resembles(bytes) }

  /// Where an attested structure begins: at 0, or at 2 behind its size. Two thirds of the magic and the type are enough for a damaged one.
  private static func magicOffset(_ bytes: [UInt8]) -> Int? {
    let marks: [UInt8] = [0xff, 0x54, 0x43, 0x47, 0x80, 0x18]
    return [0, 2].first { offset in zip(bytes.dropFirst(offset), marks).filter { $0 == $1 }.count >= 4 }
  }
}

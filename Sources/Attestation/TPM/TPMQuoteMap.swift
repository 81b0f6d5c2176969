/// A quote with what belongs to it in one piece: a map in deterministic CBOR with text keys.
///
/// - `attest`: TPMS_ATTEST, bytes
/// - `signature`: TPMT_SIGNATURE, bytes
/// - `pcrs` (optional): {a bank's algorithm number: {index: digest}}
/// - `event-log` (optional): the firmware's log, bytes
/// - `key` (optional): the attestation key: TPM2B_PUBLIC, TPMT_PUBLIC or SubjectPublicKeyInfo, bytes
/// - `certificates` (optional): its certificates in DER, its own first, the root last
///
/// Other keys are refused, so that nothing in it goes unseen.
enum TPMQuoteMap {
  private static let structure = "TPM quote's map"
  private static let keys: Set<String> = ["attest", "signature", "pcrs", "event-log", "key", "certificates"]

  /// Whether the first byte is a map's head.
  static func begins(_ bytes: [UInt8]) -> Bool { bytes.first.map { $0 >> 5 == 5 } ?? false }

  /// Keys in their order by length: `key`, `pcrs` or `attest` comes first. The magic is looked for where a first key is damaged.
  static func resembles(_ bytes: [UInt8]) -> Bool {
    guard begins(bytes), bytes.count > 8 else { return false }
    let firstKeys: [[UInt8]] = ["ckey", "dpcrs", "fattest"].map { Array($0.utf8) }
    let magic: [UInt8] = [0xff, 0x54, 0x43, 0x47, 0x80, 0x18]
    if firstKeys.contains(where: { bytes.dropFirst().starts(with: $0) }) { return true }
    let head = bytes.prefix(8192)
    return head.indices.contains { head[$0] == magic[0] && head[$0...].starts(with: magic) }
  }

  static func decode(_ bytes: [UInt8]) throws(MalformedEvidence) -> TPMQuote {
    let map = try CBORDecoder.decode(bytes, .deterministic, of: structure)
    for pair in map.asMap ?? [] {
      guard let key = pair.key.asText, keys.contains(key) else {
        throw MalformedEvidence(
          "\(structure), key", found: pair.key.asText.map { printable(Array($0.utf8.prefix(40))) } ?? pair.key.kind,
          wanted: keys.sorted().joined(separator: ", "))
      }
    }
    let attestation = try TPMQuote.attestation(try bytesOf("attest", map))
    var reader = ByteReader(try bytesOf("signature", map), of: "TPM quote, signature")
    let signature = try TPMSignature(&reader)
    guard reader.remaining == 0 else {
      throw MalformedEvidence("TPM quote, signature", found: "\(reader.remaining) bytes more", wanted: "none", offset: reader.offset)
    }
    let given = try optionalBytes("key", map)
    let publicArea: TPMPublicArea? = if let given, TPMPublicArea.resembles(given) { try TPMPublicArea(decoding: given) } else { nil }
    let key: VerificationKey? =
      if let given, publicArea == nil { try VerificationKey(subjectPublicKeyInfo: given) } else { publicArea?.key }
    let log = try optionalBytes("event-log", map)
    return TPMQuote(
      attestation, signature, pcrValues: try pcrValues(map["pcrs"]), eventLog: log == nil ? nil : try EventLog(decoding: log ?? []),
      certificates: try certificates(map["certificates"]), publicArea: publicArea, key: key)
  }

  private static func bytesOf(_ key: String, _ map: CBORValue) throws(MalformedEvidence) -> [UInt8] {
    guard let bytes = try optionalBytes(key, map) else {
      throw MalformedEvidence("\(structure), \(key)", found: "nothing", wanted: "bytes")
    }
    return bytes
  }

  private static func optionalBytes(_ key: String, _ map: CBORValue) throws(MalformedEvidence) -> [UInt8]? {
    guard let value = map[key] else { return nil }
    guard let bytes = value.asBytes else { throw MalformedEvidence("\(structure), \(key)", found: value.kind, wanted: "bytes") }
    return bytes
  }

  private static func pcrValues(_ item: CBORValue?) throws(MalformedEvidence) -> PCRValues? {
    guard let item else { return nil }
    guard let banks = item.asMap, !banks.isEmpty else {
      throw MalformedEvidence("\(structure), pcrs", found: item.kind, wanted: "a map of banks")
    }
    var values = PCRValues()
    for bank in banks {
      guard let number = bank.key.asInteger.flatMap(UInt16.init(exactly:)), let registers = bank.value.asMap else {
        throw MalformedEvidence("\(structure), pcrs", found: "\(bank.key.kind): \(bank.value.kind)", wanted: "a bank's number: a map")
      }
      for register in registers {
        guard let index = register.key.asInteger.flatMap(Int.init(exactly:)), let value = register.value.asBytes else {
          throw MalformedEvidence("\(structure), pcrs", found: "\(register.key.kind): \(register.value.kind)", wanted: "an index: bytes")
        }
        try values.set(value, TPMAlgorithm(rawValue: number), index, of: "\(structure), pcrs")
      }
    }
    return values
  }

  private static func certificates(_ item: CBORValue?) throws(MalformedEvidence) -> [EndorsementCertificate] {
    guard let item else { return [] }
    guard let items = item.asArray, items.count <= CertificateChain.maximumLength else {
      throw MalformedEvidence(
        "\(structure), certificates", found: item.kind, wanted: "an array of at most \(CertificateChain.maximumLength)")
    }
    var certificates: [EndorsementCertificate] = []
    for item in items {
      guard let bytes = item.asBytes else { throw MalformedEvidence("\(structure), certificate", found: item.kind, wanted: "bytes") }
      certificates.append(try EndorsementCertificate(derEncoded: bytes))
    }
    return certificates
  }
}

/// An AWS Nitro Enclaves attestation document: what the Nitro hypervisor says about an enclave, as COSE_Sign1 over a CBOR map.
///
/// Decoded by AWS's rules of syntax ("Nitro Enclaves Attestation Process", 3.2.2), which fix every length. AWS writes absent optional
/// fields as null, so null is absence there and an error in a mandatory field.
public struct NitroDocument: AttestationEvidence {
  public static let format = EvidenceFormat.nitro
  /// Four times the largest payload that AWS allows, so that what follows a document may be seen and told of.
  public static let maximumSize = 64 * 1024
  public static let payloadSizes = 1...16_384

  public let envelope: COSESign1
  public let moduleID: String
  /// The name of the registers' hash function, always `SHA384`.
  public let digest: String
  /// UTC, in milliseconds since 1970.
  public let milliseconds: UInt64
  /// The locked registers, by number.
  public let registers: [Int: [UInt8]]
  /// Of the key that signed the document.
  public let certificate: EndorsementCertificate
  /// The issuers, the root first.
  public let bundle: [EndorsementCertificate]
  public let publicKey: [UInt8]?
  public let userData: [UInt8]?
  public let nonce: [UInt8]?
  /// Names of fields that AWS's rules do not know.
  public let unknownFields: [String]
  /// What follows the document; nobody signed it.
  public let trailingBytes: [UInt8]

  /// By the names of its fields, which a damaged document keeps most of.
  public static func resembles(_ bytes: [UInt8]) -> Bool {
    let beginning = bytes.prefix(192)
    let names = ["module_id", "digest", "SHA384", "timestamp", "pcrs"]
    return names.count(where: { beginning.contains(Array($0.utf8)) }) >= 3
  }

  public init(decoding bytes: [UInt8]) throws(MalformedEvidence) {
    guard bytes.count <= Self.maximumSize else {
      throw MalformedEvidence("Nitro document", found: "\(bytes.count) bytes", wanted: "at most \(Self.maximumSize)")
    }
    let (item, rest) = try CBORDecoder.decodePrefix(bytes, of: "Nitro document")
    envelope = try COSESign1(item, of: "Nitro document")
    trailingBytes = rest
    guard let payload = envelope.payload, Self.payloadSizes.contains(payload.count) else {
      throw MalformedEvidence(
        "Nitro document, payload", found: envelope.payload.map { "\($0.count) bytes" } ?? "none", wanted: "1 to 16384 bytes")
    }
    let claims = NitroFields(try CBORDecoder.decode(payload, of: "Nitro document, payload"))
    moduleID = try claims.text("module_id")
    guard !moduleID.isEmpty else { throw MalformedEvidence("Nitro document, module_id", found: "empty text", wanted: "a name") }
    digest = try claims.text("digest")
    guard digest == "SHA384" else { throw MalformedEvidence("Nitro document, digest", found: "\"\(digest)\"", wanted: "\"SHA384\"") }
    milliseconds = try claims.positive("timestamp")
    registers = try claims.registers("pcrs")
    certificate = try EndorsementCertificate(derEncoded: claims.bytes("certificate", 1...1024))
    bundle = try claims.certificates("cabundle")
    publicKey = try claims.optionalBytes("public_key", 1...1024)
    userData = try claims.optionalBytes("user_data", 0...512)
    nonce = try claims.optionalBytes("nonce", 0...512)
    unknownFields = try claims.unknown(besides: [
      "module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle", "public_key", "user_data", "nonce",
    ])
  }
}

/// The payload's map, read by AWS's bounds.
private struct NitroFields {
  let map: CBORValue

  init(_ map: CBORValue) { self.map = map }

  private func malformed(_ name: String, _ value: CBORValue?, _ wanted: String) -> MalformedEvidence {
    MalformedEvidence("Nitro document, \(name)", found: value?.kind ?? "nothing", wanted: wanted)
  }

  func text(_ name: String) throws(MalformedEvidence) -> String {
    guard let text = map[name]?.asText else { throw malformed(name, map[name], "text") }
    return text
  }

  func positive(_ name: String) throws(MalformedEvidence) -> UInt64 {
    guard case .unsigned(let value)? = map[name], value > 0 else { throw malformed(name, map[name], "an integer above 0") }
    return value
  }

  func bytes(_ name: String, _ lengths: ClosedRange<Int>) throws(MalformedEvidence) -> [UInt8] {
    guard let bytes = map[name]?.asBytes, lengths.contains(bytes.count) else {
      throw malformed(name, map[name], "\(lengths.lowerBound) to \(lengths.upperBound) bytes")
    }
    return bytes
  }

  func optionalBytes(_ name: String, _ lengths: ClosedRange<Int>) throws(MalformedEvidence) -> [UInt8]? {
    switch map[name] {
    case nil, .null?: nil
    default: try bytes(name, lengths)
    }
  }

  func registers(_ name: String) throws(MalformedEvidence) -> [Int: [UInt8]] {
    guard let pairs = map[name]?.asMap, (1...32).contains(pairs.count) else { throw malformed(name, map[name], "a map of 1 to 32") }
    var registers: [Int: [UInt8]] = [:]
    for pair in pairs {
      guard case .unsigned(let index) = pair.key, index < 32 else { throw malformed("\(name), index", pair.key, "an integer from 0 to 31") }
      guard let value = pair.value.asBytes, [32, 48, 64].contains(value.count) else {
        throw malformed("\(name), \(index)", pair.value, "32, 48 or 64 bytes")
      }
      registers[Int(index)] = value
    }
    return registers
  }

  func certificates(_ name: String) throws(MalformedEvidence) -> [EndorsementCertificate] {
    guard let items = map[name]?.asArray, !items.isEmpty else { throw malformed(name, map[name], "an array of certificates") }
    // Before any is parsed: no chain may be longer, the signing certificate included.
    guard items.count < CertificateChain.maximumLength else {
      throw malformed(name, map[name], "at most \(CertificateChain.maximumLength - 1) certificates")
    }
    var certificates: [EndorsementCertificate] = []
    for item in items {
      guard let bytes = item.asBytes, (1...1024).contains(bytes.count) else {
        throw malformed("\(name), certificate", item, "1 to 1024 bytes")
      }
      certificates.append(try EndorsementCertificate(derEncoded: bytes))
    }
    return certificates
  }

  func unknown(besides known: Set<String>) throws(MalformedEvidence) -> [String] {
    guard let pairs = map.asMap else { throw malformed("payload", map, "a map") }
    return pairs.compactMap { pair in
      guard let name = pair.key.asText else { return pair.key.kind }
      return known.contains(name) ? nil : "\"\(name)\""
    }
  }
}

extension Sequence<UInt8> {
  /// Whether these bytes are in it, one after the other.
  fileprivate func contains(_ bytes: [UInt8]) -> Bool {
    let all = Array(self)
    guard let first = bytes.first, all.count >= bytes.count else { return bytes.isEmpty }
    return (0...all.count - bytes.count).contains { all[$0] == first && all[$0..<$0 + bytes.count].elementsEqual(bytes) }
  }
}

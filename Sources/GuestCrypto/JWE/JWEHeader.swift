/// What the protected header says (RFC 7518, section 4.6.1), checked.
struct JWEHeader {
  let ephemeralKey: P256.PublicKey
  /// What the sender and the receiver are called; nothing, as a rule.
  private(set) var partyU: [UInt8] = []
  private(set) var partyV: [UInt8] = []

  init(_ text: UnsafeRawBufferPointer) throws(JWEError) {
    var (algorithm, encryption): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
    var (apu, apv): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
    var key: P256.PublicKey?
    var reader = JSONReader(text, part: .header)
    try reader.readObject { (reader, name) throws(JWEError) in
      switch name {
      case "alg": try reader.read(.algorithm, into: &algorithm)
      case "enc": try reader.read(.encryption, into: &encryption)
      case "apu": try reader.read(.partyU, into: &apu)
      case "apv": try reader.read(.partyV, into: &apv)
      case "epk":
        guard key == nil else { throw reader.flaw(.duplicate) }
        guard reader.isAtObject else { throw .missing(.ephemeralKey) }
        key = try JWEHeader.readKey(&reader, of: text)
      // Both change what the rest means (RFC 7515, section 4.1.11; RFC 7516, section 4.1.3).
      case "crit": throw .unsupported(.critical)
      case "zip": throw .unsupported(.compression)
      default: try reader.skipValue()
      }
    }
    try reader.readEnd()
    guard let algorithm else { throw .missing(.algorithm) }
    guard JWE.algorithm ~= algorithm else { throw .unsupported(.algorithm) }
    guard let encryption else { throw .missing(.encryption) }
    guard "A256GCM" ~= encryption else { throw .unsupported(.encryption) }
    guard let key else { throw .missing(.ephemeralKey) }
    ephemeralKey = key
    if let apu { partyU = try JWEParts.decode(apu, within: text, .header) }
    if let apv { partyV = try JWEParts.decode(apv, within: text, .header) }
  }

  /// A public key as JSON (RFC 7518, section 6.2.1).
  private static func readKey(_ reader: inout JSONReader, of text: UnsafeRawBufferPointer) throws(JWEError) -> P256.PublicKey {
    var (type, curve): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
    var (x, y): (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)
    try reader.readObject { (reader, name) throws(JWEError) in
      switch name {
      case "kty": try reader.read(.keyType, into: &type)
      case "crv": try reader.read(.curve, into: &curve)
      case "x": try reader.read(.x, into: &x)
      case "y": try reader.read(.y, into: &y)
      default: try reader.skipValue()
      }
    }
    guard let type else { throw .missing(.keyType) }
    guard "EC" ~= type else { throw .unsupported(.keyType) }
    guard let curve else { throw .missing(.curve) }
    guard "P-256" ~= curve else { throw .unsupported(.curve) }
    let (xBytes, yBytes) = (try coordinate(x, .x, of: text), try coordinate(y, .y, of: text))
    do {
      return try (([4] as [UInt8]) + xBytes + yBytes).withRawBytes { (bytes) throws(CryptographyError) in try P256.PublicKey(encoded: bytes) }
    } catch {
      throw .notAPoint
    }
  }

  /// 32 bytes. Section 6.2.1.2 wants them all; some brokers leave zeros at the beginning out.
  private static func coordinate(
    _ encoded: UnsafeRawBufferPointer?, _ member: JWEError.Member, of text: UnsafeRawBufferPointer
  ) throws(JWEError) -> [UInt8] {
    guard let encoded else { throw .missing(member) }
    let bytes = try JWEParts.decode(encoded, within: text, .header)
    guard bytes.count <= P256.coordinateSize, !bytes.isEmpty else {
      throw .wrongSize(member, found: bytes.count, expected: P256.coordinateSize)
    }
    return [UInt8](repeating: 0, count: P256.coordinateSize - bytes.count) + bytes
  }
}

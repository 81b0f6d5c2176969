/// The certificates of a PEM text (RFC 7468), as quotes and Intel's collateral hold them.
///
/// Stricter than swift-asn1's reader, which passes over text that it does not know: between certificates is white space only. Bytes of
/// zero may follow the last, since Intel's own library ends a chain with one.
package enum PEMCertificates {
  private static let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
  private static let end = Array("-----END CERTIFICATE-----".utf8)
  private static let dash = UInt8(ascii: "-")

  /// No other blanks: these texts are made by machines, and in a quote one flipped bit would turn a line's end into another blank.
  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0a || byte == 0x0d }

  package static func decode(_ bytes: [UInt8], of structure: String) throws(MalformedEvidence) -> [EndorsementCertificate] {
    var certificates: [EndorsementCertificate] = []
    for encoded in try encoded(bytes, of: structure) { certificates.append(try EndorsementCertificate(derEncoded: encoded)) }
    return certificates
  }

  private static func encoded(_ bytes: [UInt8], of structure: String) throws(MalformedEvidence) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var rest = bytes[...]
    while rest.last == 0 { rest.removeLast() }
    while let first = rest.firstIndex(where: { !isLineEnd($0) }) {
      rest = rest[first...]
      guard rest.starts(with: begin) else {
        throw MalformedEvidence(structure, found: hexadecimal(rest.prefix(16)), wanted: "-----BEGIN CERTIFICATE-----", offset: first)
      }
      guard found.count < CertificateChain.maximumLength else {
        throw MalformedEvidence(structure, found: "more certificates", wanted: "at most \(CertificateChain.maximumLength)", offset: first)
      }
      rest = rest.dropFirst(begin.count)
      let text = rest.prefix { $0 != dash }
      rest = rest[text.endIndex...]
      guard rest.starts(with: end), let certificate = base64(text) else {
        throw MalformedEvidence(structure, found: "other text", wanted: "base64 and -----END CERTIFICATE-----", offset: text.startIndex)
      }
      rest = rest.dropFirst(end.count)
      found.append(certificate)
    }
    return found
  }

  /// The bytes of base64 (RFC 4648, section 4) with line ends in it; nil for anything else.
  static func base64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var group: UInt32 = 0
    var digits = 0
    var padding = 0
    for character in text where !isLineEnd(character) {
      let digit: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): digit = 62
      case UInt8(ascii: "/"): digit = 63
      case UInt8(ascii: "="):
        padding += 1
        continue
      default: return nil
      }
      guard padding == 0 else { return nil }
      group = group << 6 | UInt32(digit)
      digits += 1
      guard digits == 4 else { continue }
      result += [UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group)]
      (group, digits) = (0, 0)
    }
    // Bits beyond the last byte must be zero, so that one text stands for each value.
    switch (digits, padding) {
    case (0, 0): break
    case (2, 2) where group & 0xf == 0: result.append(UInt8(truncatingIfNeeded: group >> 4))
    case (3, 1) where group & 0x3 == 0:
      result += [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)]
    default: return nil
    }
    return result
  }
}

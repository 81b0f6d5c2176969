import Foundation

/// The bytes of evidence in a file, which may hold them as they are, or as text of hexadecimal or base64 digits, in lines of any length,
/// or so in JSON under a name that services use for it (``evidenceNames``).
public func evidenceBytes(file bytes: [UInt8]) -> [UInt8] {
  let plain = bytesOfDigits(bytes)
  return evidence(inJSON: plain) ?? plain
}

/// The bytes that text of hexadecimal or base64 digits stands for; other bytes as they are.
///
/// Text is recognised by all of it being digits, which no format of evidence is; hexadecimal goes before base64, of whose digits its are
/// a part.
func bytesOfDigits(_ bytes: [UInt8]) -> [UInt8] {
  // Cheap for binary files: the first byte that is in no such text decides.
  guard bytes.allSatisfy({ $0.isWhitespace || isBase64Digit($0) }) else { return bytes }
  let digits = bytes.filter { !$0.isWhitespace }
  let text = String(decoding: digits, as: UTF8.self)
  let unprefixed = text.hasPrefix("0x") || text.hasPrefix("0X") ? text.dropFirst(2) : text[...]
  // PEM's lines begin with dashes, which are digits of base64url.
  if unprefixed.isEmpty || text.hasPrefix("-----") { return bytes }
  if let decoded = Attestation.bytes(hexadecimal: unprefixed) { return decoded }
  let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }.filter { $0 != "=" }
  let padded = String(standard) + String(repeating: "=", count: (4 - standard.count % 4) % 4)
  return Data(base64Encoded: padded).map(Array.init) ?? bytes
}

/// Of base64 or base64url (RFC 4648), padding included.
private func isBase64Digit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
  case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="): true
  default: false
  }
}

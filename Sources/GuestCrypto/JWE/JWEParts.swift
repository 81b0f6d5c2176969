/// The parts of an encrypted message as they are written, in base64url.
struct JWEParts {
  var protectedHeader: UnsafeRawBufferPointer?
  var encryptedKey: UnsafeRawBufferPointer?
  var nonce: UnsafeRawBufferPointer?
  var ciphertext: UnsafeRawBufferPointer?
  var tag: UnsafeRawBufferPointer?
  var additionalData: UnsafeRawBufferPointer?
  var signature: UnsafeRawBufferPointer?
  var counter: UnsafeRawBufferPointer?

  /// RFC 7516, section 7.1: header, key, nonce, ciphertext and tag, with full stops between them.
  init(compact text: UnsafeRawBufferPointer) throws(JWEError) {
    var bounds: [Int] = [-1]
    for (index, byte) in text.enumerated() where byte == UInt8(ascii: ".") {
      bounds.append(index)
      guard bounds.count <= 5 else { throw .malformed(.parts, at: index, in: .message) }
    }
    guard bounds.count == 5 else { throw .malformed(.parts, at: text.count, in: .message) }
    bounds.append(text.count)
    let parts = (0..<5).map { UnsafeRawBufferPointer(rebasing: text[bounds[$0] + 1..<bounds[$0 + 1]]) }
    (protectedHeader, encryptedKey, nonce, ciphertext, tag) = (parts[0], parts[1], parts[2], parts[3], parts[4])
  }

  /// Section 7.2.2. Members that are null are absent: that is how some brokers write `aad`.
  init(json text: UnsafeRawBufferPointer) throws(JWEError) {
    var reader = JSONReader(text, part: .message)
    try reader.readObject { (reader, name) throws(JWEError) in
      switch name {
      case "protected": try reader.read(.protectedHeader, into: &protectedHeader)
      case "encrypted_key": try reader.read(.encryptedKey, into: &encryptedKey)
      case "iv": try reader.read(.nonce, into: &nonce)
      case "ciphertext": try reader.read(.ciphertext, into: &ciphertext)
      case "tag": try reader.read(.tag, into: &tag)
      case "aad": try reader.read(.additionalData, into: &additionalData)
      case "coffer-counter": try reader.read(.counter, into: &counter)
      case "coffer-signature": try reader.read(.signature, into: &signature)
      // What stands in headers that nobody has authenticated is not looked at.
      default: try reader.skipValue()
      }
    }
    try reader.readEnd()
  }

  static func decode(
    _ encoded: UnsafeRawBufferPointer?, _ member: JWEError.Member, size: Int?, within text: UnsafeRawBufferPointer
  ) throws(JWEError) -> [UInt8] {
    guard let encoded else { throw .missing(member) }
    let bytes = try decode(encoded, within: text)
    if let size, bytes.count != size { throw .wrongSize(member, found: bytes.count, expected: size) }
    return bytes
  }

  static func decode(
    _ encoded: UnsafeRawBufferPointer, within text: UnsafeRawBufferPointer, _ part: JWEError.Part = .message
  ) throws(JWEError) -> [UInt8] {
    if let bytes = Base64URL.decode(encoded) { return bytes }
    var offset = 0
    if let start = encoded.baseAddress, let first = text.baseAddress { offset = start - first }
    throw .malformed(.base64, at: offset, in: part)
  }
}

extension JSONReader {
  /// - Throws: ``JWEError/Flaw/duplicate`` where the member was read before.
  mutating func read(_ member: JWEError.Member, into value: inout UnsafeRawBufferPointer?) throws(JWEError) {
    guard value == nil else { throw flaw(.duplicate) }
    value = try readText(of: member)
  }
}

/// For patterns: whether the text is these bytes.
func ~= (word: StaticString, text: UnsafeRawBufferPointer) -> Bool {
  text.elementsEqual(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
}

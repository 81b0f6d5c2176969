/// A message encrypted for one key (JSON Web Encryption, RFC 7516), in the compact or the flattened JSON form, as a key broker of the Confidential
/// Containers answers a request for a resource.
///
/// Of all algorithms one combination is read: a key agreed on with a sender's fresh key on P-256, wrapping a key of AES-256-GCM.
public struct JWE {
  /// Of a message as text, in bytes, unless the caller says otherwise.
  public static let defaultLimit = 1 << 20

  let header: JWEHeader
  /// The text that is authenticated with the message (section 5.1, step 14).
  let authenticated: [UInt8]
  let encryptedKey: [UInt8]
  let nonce: [UInt8]
  let ciphertext: [UInt8]
  let tag: [UInt8]
  /// Its author's, if it has one (``isSigned(by:for:tenant:resource:)``); otherwise nothing.
  let signature: [UInt8]
  /// What the resource's counter had when the message was written: 24 bytes, or nothing. The author's word only where ``isSigned(by:for:tenant:resource:)``.
  public let counter: [UInt8]
  static let counterSize = 24

  /// Bytes of the message when it is opened.
  public var count: Int { ciphertext.count }

  /// Reads a message from bytes that anyone may have written; nothing is decrypted yet.
  /// - Parameter limit: a longer text is not read.
  public init(_ text: [UInt8], limit: Int = defaultLimit) throws(JWEError) {
    self = try text.withRawBytes { (text) throws(JWEError) in try JWE(text, limit: limit) }
  }

  public init(_ text: UnsafeRawBufferPointer, limit: Int = defaultLimit) throws(JWEError) {
    guard text.count <= limit else { throw .tooLong(text.count, limit: limit) }
    // The compact form has no brace, since that is no character of base64.
    let parts = text.contains(UInt8(ascii: "{")) ? try JWEParts(json: text) : try JWEParts(compact: text)
    guard let encodedHeader = parts.protectedHeader else { throw .missing(.protectedHeader) }
    let headerText = try JWEParts.decode(encodedHeader, within: text)
    header = try headerText.withRawBytes { (text) throws(JWEError) in try JWEHeader(text) }
    encryptedKey = try JWEParts.decode(parts.encryptedKey, .encryptedKey, size: 40, within: text)
    nonce = try JWEParts.decode(parts.nonce, .nonce, size: AES256.nonceSize, within: text)
    ciphertext = try JWEParts.decode(parts.ciphertext, .ciphertext, size: nil, within: text)
    tag = try JWEParts.decode(parts.tag, .tag, size: AES256.tagSize, within: text)
    if let encoded = parts.signature {
      signature = try JWEParts.decode(encoded, .signature, size: P256.PublicKey.signatureSize, within: text)
    } else {
      signature = []
    }
    if let encoded = parts.counter {
      counter = try JWEParts.decode(encoded, .counter, size: JWE.counterSize, within: text)
    } else {
      counter = []
    }
    if let additional = parts.additionalData {
      _ = try JWEParts.decode(additional, within: text)
      authenticated = Array(encodedHeader) + [UInt8(ascii: ".")] + Array(additional)
    } else {
      authenticated = Array(encodedHeader)
    }
  }

  /// - Throws: ``JWEError/notAuthentic``, whichever step showed it.
  public func open(with key: borrowing P256.PrivateKey) throws(JWEError) -> SecretBytes {
    do {
      let secret = key.sharedSecret(with: header.ephemeralKey)
      let wrappingKey = JWE.wrappingKey(secret, partyU: header.partyU, partyV: header.partyV)
      let contentKey = try AES256(wrappingKey).unwrap(encryptedKey)
      return try decrypt(with: AES256(contentKey))
    } catch {
      throw .notAuthentic
    }
  }

  private func decrypt(with key: borrowing AES256) throws(CryptographyError) -> SecretBytes {
    let nonce = try nonce.withRawBytes { (bytes) throws(CryptographyError) in try AES256.Nonce(bytes) }
    let tag = try tag.withRawBytes { (bytes) throws(CryptographyError) in try AES256.Tag(bytes) }
    return try SecretBytes(count: ciphertext.count) { (output) throws(CryptographyError) in
      try ciphertext.withRawBytes { (text) throws(CryptographyError) in
        try authenticated.withRawBytes { (associated) throws(CryptographyError) in
          try key.open(text, into: output, nonce: nonce, associated: associated, tag: tag)
        }
      }
    }
  }

  static let algorithm: StaticString = "ECDH-ES+A256KW"

  /// The key derivation of RFC 7518, section 4.6.2 (SP 800-56A, section 5.8.1): one block of SHA-256 is the 256 bits that are needed.
  static func wrappingKey(_ secret: borrowing SecretBytes, partyU: [UInt8], partyV: [UInt8]) -> SecretBytes {
    var hash = SHA256()
    hash.update([0, 0, 0, 1])
    secret.withBytes { hash.update($0) }
    hash.update(counted: algorithm)
    hash.update(counted: partyU)
    hash.update(counted: partyV)
    hash.update([0, 0, 1, 0])
    return SecretBytes(count: AES256.keySize) { hash.finish(into: $0) }
  }
}

extension AES256 {
  fileprivate init(_ key: borrowing SecretBytes) throws(CryptographyError) {
    self = try key.withBytes { (bytes) throws(CryptographyError) in try AES256(key: bytes) }
  }
}

extension SHA2 {
  /// A length of four bytes, and the bytes.
  mutating func update(counted bytes: [UInt8]) { bytes.withRawBytes { update(counted: $0) } }

  mutating func update(counted text: StaticString) {
    update(counted: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func update(counted bytes: UnsafeRawBufferPointer) {
    let count = UInt32(truncatingIfNeeded: bytes.count).bigEndian
    withUnsafeBytes(of: count) { update($0) }
    update(bytes)
  }
}

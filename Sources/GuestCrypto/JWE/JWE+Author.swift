/// Who wrote a message, for whom and under which name. Encryption to a public key leaves that open: anybody can encrypt, and who carries messages can
/// exchange two of them, or put one of yesterday in the place of today's.
extension JWE {
  /// Whether the holder of `author` signed this message for this recipient under this name. Nothing is decrypted for it.
  ///
  /// Signed is SHA-256 over these, each as a UInt32 of its bytes, big-endian, and the bytes: "coffer-secret-1", the recipient's x and y, the tenant, the
  /// resource, the text that is authenticated with the message, its encrypted key, nonce, ciphertext, tag and counter. The signature, r and s, is the
  /// message's member `coffer-signature`: a member that other readers do not know, and so skip (RFC 7516, section 7.2).
  /// - Parameters:
  ///   - tenant: whose resource it is at the author's.
  ///   - resource: its name, as REPOSITORY/TYPE/TAG.
  public func isSigned(by author: P256.PublicKey, for recipient: P256.PublicKey, tenant: [UInt8], resource: [UInt8]) -> Bool {
    var hash = SHA256()
    hash.update(counted: "coffer-secret-1")
    hash.update(counted: recipient.x + recipient.y)
    for part in [tenant, resource, authenticated, encryptedKey, nonce, ciphertext, tag, counter] { hash.update(counted: part) }
    return author.isValidSignature(signature, ofDigest: hash.finish())
  }
}

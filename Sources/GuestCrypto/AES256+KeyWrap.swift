import CGuestCrypto

/// Key wrap (RFC 3394, SP 800-38F): a key under another, with an integrity check and no nonce.
extension AES256 {
  /// In bytes; no key that anyone wraps is longer.
  public static let wrappedKeyLimit = 520

  /// The first eight bytes of what is wrapped (section 2.2.3.1).
  private static let integrityByte: UInt8 = 0xa6

  /// - Parameter secret: 16 to 512 bytes, a multiple of 8.
  /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)``
  public borrowing func wrap(_ secret: borrowing SecretBytes) throws(CryptographyError) -> [UInt8] {
    let size = secret.count
    guard size >= 16, size % 8 == 0, size <= AES256.wrappedKeyLimit - 8 else {
      throw .wrongSize("a key to wrap", found: size, expected: size < 16 ? 16 : size / 8 * 8)
    }
    var result = [UInt8](repeating: AES256.integrityByte, count: size + 8)
    result.withMutableRawBytes { result in
      secret.withBytes { UnsafeMutableRawBufferPointer(rebasing: result[8...]).copyMemory(from: $0) }
      transform(result, isWrapping: true)
    }
    return result
  }

  /// - Throws: ``CryptographyError/notAuthentic`` if the integrity check fails, ``CryptographyError/wrongSize(_:found:expected:)``.
  public borrowing func unwrap(_ wrapped: [UInt8]) throws(CryptographyError) -> SecretBytes {
    let size = wrapped.count
    guard size >= 24, size % 8 == 0, size <= AES256.wrappedKeyLimit else {
      throw .wrongSize("a wrapped key", found: size, expected: size < 24 ? 24 : size / 8 * 8)
    }
    var work = SecretBytes(copying: wrapped)
    work.withMutableBytes { transform($0, isWrapping: false) }
    let difference = work.withBytes { work in work[..<8].reduce(0) { $0 | $1 ^ AES256.integrityByte } }
    guard coffer_public(UInt32(difference)) == 0 else { throw .notAuthentic }
    return work.withBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[8...])) }
  }

  /// Six times over all registers behind the first (section 2.2), forwards or backwards.
  private borrowing func transform(_ registers: UnsafeMutableRawBufferPointer, isWrapping: Bool) {
    let count = registers.count / 8 - 1
    var block = SecretBytes(count: 16)
    block.withMutableBytes { block in
      for number in 0..<6 * count {
        let step = isWrapping ? number : 6 * count - 1 - number
        let (offset, counter) = (8 * (step % count + 1), UInt64(step + 1).bigEndian)
        let check = registers.loadUnaligned(as: UInt64.self)
        block.storeBytes(of: isWrapping ? check : check ^ counter, as: UInt64.self)
        block.storeBytes(of: registers.loadUnaligned(fromByteOffset: offset, as: UInt64.self), toByteOffset: 8, as: UInt64.self)
        isWrapping ? encrypt(block) : decrypt(block)
        let result = block.loadUnaligned(as: UInt64.self)
        registers.storeBytes(of: isWrapping ? result ^ counter : result, as: UInt64.self)
        registers.storeBytes(of: block.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: offset, as: UInt64.self)
      }
    }
  }
}

/// Keys from secrets: HKDF (RFC 5869).
public enum HKDF<Variant: SHA2Variant> {
  /// Of keys made in one go, in bytes.
  public static var limit: Int { 255 * Variant.digestSize }

  /// An even key from a secret that has enough randomness but not in every bit.
  public static func extract(salt: UnsafeRawBufferPointer, secret: UnsafeRawBufferPointer) -> SecretBytes {
    let hmac = HMAC<Variant>(key: salt)
    return SecretBytes(count: Variant.digestSize) { hmac.authenticate(secret, into: $0) }
  }

  /// - Parameter key: of at least the digest's size, even.
  /// - Parameter information: what the result is for, so that no two purposes have the same keys.
  /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)`` for more than ``limit`` bytes.
  public static func expand(_ key: borrowing HMAC<Variant>, information: UnsafeRawBufferPointer, count: Int) throws(CryptographyError) -> SecretBytes {
    guard count >= 0, count <= limit else { throw .wrongSize("a key of HKDF", found: count, expected: limit) }
    return SecretBytes(count: count) { result in
      var block = SecretBytes(count: Variant.digestSize + information.count)
      let (offset, size) = (Variant.digestSize, Variant.digestSize)
      block.withMutableBytes { block in
        UnsafeMutableRawBufferPointer(rebasing: block[offset...]).copyMemory(from: information)
        for (number, start) in stride(from: 0, to: count, by: size).enumerated() {
          // The first block has no block before it.
          let input = UnsafeRawBufferPointer(rebasing: block[(number == 0 ? offset : 0)...])
          let code = UnsafeMutableRawBufferPointer(rebasing: block[..<size])
          key.authenticate(input, last: UInt8(truncatingIfNeeded: number + 1), into: code)
          let end = min(count, start + size)
          UnsafeMutableRawBufferPointer(rebasing: result[start..<end]).copyMemory(from: UnsafeRawBufferPointer(rebasing: code[..<(end - start)]))
        }
      }
    }
  }

  public static func derive(
    from secret: UnsafeRawBufferPointer, salt: UnsafeRawBufferPointer, information: UnsafeRawBufferPointer, count: Int
  ) throws(CryptographyError) -> SecretBytes {
    let key = extract(salt: salt, secret: secret).withBytes { HMAC<Variant>(key: $0) }
    return try expand(key, information: information, count: count)
  }
}

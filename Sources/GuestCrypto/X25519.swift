import CGuestCrypto

/// Diffie-Hellman on Curve25519 (RFC 7748).
public enum X25519 {
  public static let keySize = 32

  public struct PublicKey: Sendable, Equatable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)``. Every 32 bytes are a key;
    /// one of small order shows in ``PrivateKey/sharedSecret(with:)``.
    public init(_ bytes: [UInt8]) throws(CryptographyError) {
      guard bytes.count == keySize else { throw .wrongSize("a public key of X25519", found: bytes.count, expected: keySize) }
      self.bytes = bytes
    }
  }

  /// Zeroed when it ends. Any 32 bytes are one.
  public struct PrivateKey: ~Copyable, Sendable {
    private let number: SecretBytes

    /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)``
    public init(_ bytes: consuming SecretBytes) throws(CryptographyError) {
      guard bytes.count == keySize else { throw .wrongSize("a private key of X25519", found: bytes.count, expected: keySize) }
      number = bytes
    }

    /// - Parameter random: fills its buffer with random bytes, or throws.
    public init<Failure: Error>(drawing random: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
      number = try SecretBytes(count: keySize, fill: random)
    }

    public borrowing func publicKey() throws(CryptographyError) -> PublicKey {
      defer { coffer_wipe_stack() }
      var bytes = [UInt8](repeating: 0, count: keySize)
      let product = X25519.product(number, Wide(0, 0, 0, 9))
      bytes.withMutableRawBytes { product.store(littleEndian: $0) }
      return try PublicKey(bytes)
    }

    /// 32 bytes, for a key derivation and nothing else.
    /// - Throws: ``CryptographyError/worthlessPublicKey``
    public borrowing func sharedSecret(with peer: PublicKey) throws(CryptographyError) -> SecretBytes {
      defer { coffer_wipe_stack() }
      // The highest bit is not looked at (section 5).
      var u = peer.bytes.withRawBytes { Wide(littleEndian: $0) }
      u.w3 &= 0x7fff_ffff_ffff_ffff
      let product = X25519.product(number, u)
      guard coffer_public(UInt32(truncatingIfNeeded: product.isZeroMask)) == 0 else { throw .worthlessPublicKey }
      return SecretBytes(count: keySize) { product.store(littleEndian: $0) }
    }
  }

  /// The ladder of section 5: for every bit the same steps, on exchanged coordinates or not.
  @inline(never) private static func product(_ number: borrowing SecretBytes, _ u: Wide) -> Wide {
    var scalar = number.withBytes { Wide(littleEndian: $0) }
    scalar.w0 &= ~7
    scalar.w3 = scalar.w3 & 0x7fff_ffff_ffff_ffff | 0x4000_0000_0000_0000
    let x1 = Element(value: u)
    var (x2, z2, x3, z3) = (Element.one, Element.zero, x1, Element.one)
    var swapped: UInt64 = 0
    for index in stride(from: 254, through: 0, by: -1) {
      let bit = scalar.word(at: index) & 1
      let mask = 0 &- (swapped ^ bit)
      swapped = bit
      Element.exchange(mask, &x2, &x3)
      Element.exchange(mask, &z2, &z3)
      let (a, b, c, d) = (x2 + z2, x2 - z2, x3 + z3, x3 - z3)
      let (aa, bb, da, cb) = (a * a, b * b, d * a, c * b)
      let e = aa - bb
      let (sum, difference) = (da + cb, da - cb)
      x3 = sum * sum
      z3 = x1 * (difference * difference)
      x2 = aa * bb
      z2 = e * (aa + Element(value: Wide(0, 0, 0, 121_665)) * e)
    }
    Element.exchange(0 &- swapped, &x2, &x3)
    Element.exchange(0 &- swapped, &z2, &z3)
    return (x2 * z2.inverse).integer
  }

  /// Modulo 2^255 - 19, as any number below 2^256.
  private struct Element: BitwiseCopyable {
    var value: Wide

    static var zero: Element { Element(value: Wide()) }
    static var one: Element { Element(value: Wide(0, 0, 0, 1)) }

    static func + (a: Element, b: Element) -> Element {
      let (sum, carry) = Wide.sum(a.value, b.value)
      return folded(sum, carry)
    }

    static func - (a: Element, b: Element) -> Element {
      let (first, borrow) = Wide.difference(a.value, b.value)
      // 2^256 is 38. Borrowed once more, the value is so large that it is not borrowed a third time.
      let (second, again) = Wide.difference(first, Wide(0, 0, 0, 38 &* borrow))
      return Element(value: Wide.difference(second, Wide(0, 0, 0, 38 &* again)).0)
    }

    static func * (a: Element, b: Element) -> Element {
      let (high, low) = Wide.product(a.value, b.value)
      var (carry, result): (UInt64, Wide) = (0, low)
      result.w0 = Wide.multiplied(high.w0, 38, adding: low.w0, &carry)
      result.w1 = Wide.multiplied(high.w1, 38, adding: low.w1, &carry)
      result.w2 = Wide.multiplied(high.w2, 38, adding: low.w2, &carry)
      result.w3 = Wide.multiplied(high.w3, 38, adding: low.w3, &carry)
      return folded(result, carry)
    }

    /// - Parameter carry: what stands above 2^256, below 2^7.
    @inline(__always) private static func folded(_ value: Wide, _ carry: UInt64) -> Element {
      let (first, again) = Wide.sum(value, Wide(0, 0, 0, 38 &* carry))
      // What carried once more is small now.
      return Element(value: Wide.sum(first, Wide(0, 0, 0, 38 &* again)).0)
    }

    /// The power by the prime minus two, whose bits are all ones but the second and the fourth.
    var inverse: Element {
      var result = Element.one
      for index in stride(from: 254, through: 0, by: -1) {
        result = result * result
        if index != 2, index != 4 { result = result * self }
      }
      return result
    }

    /// Below the prime.
    var integer: Wide {
      let prime = Wide(0x7fff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffff, 0xffff_ffff_ffff_ffed)
      var result = value
      // Twice the prime, and 38 more, is all that fits.
      for _ in 0..<2 {
        let (less, borrow) = Wide.difference(result, prime)
        result = Wide.select(borrow &- 1, less, result)
      }
      return result
    }

    static func exchange(_ mask: UInt64, _ a: inout Element, _ b: inout Element) {
      (a.value, b.value) = (Wide.select(mask, b.value, a.value), Wide.select(mask, a.value, b.value))
    }
  }
}

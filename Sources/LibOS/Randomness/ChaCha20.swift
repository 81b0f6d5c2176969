/// The block function of RFC 8439, section 2.3, with a nonce of zeros and the 64-bit counter of the original cipher: the
/// generator never uses a key for two streams.
package enum ChaCha20 {
  package struct Key {
    fileprivate(set) var words = InlineArray<8, UInt32>(repeating: 0)

    package init() {}

    /// Exclusive-ors 64 bits in, `index` from 0 to 3.
    mutating func mix(_ value: UInt64, at index: Int) {
      words[2 * index] ^= UInt32(truncatingIfNeeded: value)
      words[2 * index + 1] ^= UInt32(truncatingIfNeeded: value >> 32)
    }
  }

  package struct Block {
    package fileprivate(set) var words: InlineArray<16, UInt32>

    var firstHalf: Key {
      var key = Key()
      for index in 0..<8 { key.words[index] = words[index] }
      return key
    }
  }

  package static func block(key: Key, counter: UInt64) -> Block {
    // Sixteen variables rather than an array: they stay in registers, without bounds checks.
    let k = key.words
    let (low, high) = (UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32))
    var (x0, x1, x2, x3) = constants
    var (x4, x5, x6, x7) = (k[0], k[1], k[2], k[3])
    var (x8, x9, x10, x11) = (k[4], k[5], k[6], k[7])
    var (x12, x13, x14, x15) = (low, high, UInt32(0), UInt32(0))
    for _ in 0..<10 {
      quarterRound(&x0, &x4, &x8, &x12)
      quarterRound(&x1, &x5, &x9, &x13)
      quarterRound(&x2, &x6, &x10, &x14)
      quarterRound(&x3, &x7, &x11, &x15)
      quarterRound(&x0, &x5, &x10, &x15)
      quarterRound(&x1, &x6, &x11, &x12)
      quarterRound(&x2, &x7, &x8, &x13)
      quarterRound(&x3, &x4, &x9, &x14)
    }
    return Block(words: [
      x0 &+ constants.0, x1 &+ constants.1, x2 &+ constants.2, x3 &+ constants.3, x4 &+ k[0], x5 &+ k[1], x6 &+ k[2],
      x7 &+ k[3], x8 &+ k[4], x9 &+ k[5], x10 &+ k[6], x11 &+ k[7], x12 &+ low, x13 &+ high, x14, x15,
    ])
  }

  /// "expand 32-byte k".
  private static var constants: (UInt32, UInt32, UInt32, UInt32) { (0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574) }

  @inline(__always)
  private static func quarterRound(_ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32) {
    a = a &+ b
    d = rotate(d ^ a, 16)
    c = c &+ d
    b = rotate(b ^ c, 12)
    a = a &+ b
    d = rotate(d ^ a, 8)
    c = c &+ d
    b = rotate(b ^ c, 7)
  }

  @inline(__always)
  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value &<< count | value &>> (32 &- count)
  }
}

/// The block function of RFC 8439, section 2.3, with a nonce of zeros and the 64-bit counter of the original cipher: the
/// generator never uses a key for two streams.
enum ChaCha20 {
  struct Key {
    fileprivate(set) var words = InlineArray<8, UInt32>(repeating: 0)

    /// Exclusive-ors 64 bits in, `index` from 0 to 3.
    mutating func mix(_ value: UInt64, at index: Int) {
      words[2 * index] ^= UInt32(truncatingIfNeeded: value)
      words[2 * index + 1] ^= UInt32(truncatingIfNeeded: value >> 32)
    }
  }

  struct Block {
    fileprivate(set) var words: InlineArray<16, UInt32>

    var firstHalf: Key {
      var key = Key()
      for index in 0..<8 { key.words[index] = words[index] }
      return key
    }
  }

  static func block(key: Key, counter: UInt64) -> Block {
    var state = InlineArray<16, UInt32>(repeating: 0)
    state[0] = 0x6170_7865
    state[1] = 0x3320_646e
    state[2] = 0x7962_2d32
    state[3] = 0x6b20_6574
    for index in 0..<8 { state[4 + index] = key.words[index] }
    state[12] = UInt32(truncatingIfNeeded: counter)
    state[13] = UInt32(truncatingIfNeeded: counter >> 32)
    var working = state
    for _ in 0..<10 {
      quarterRound(&working, 0, 4, 8, 12)
      quarterRound(&working, 1, 5, 9, 13)
      quarterRound(&working, 2, 6, 10, 14)
      quarterRound(&working, 3, 7, 11, 15)
      quarterRound(&working, 0, 5, 10, 15)
      quarterRound(&working, 1, 6, 11, 12)
      quarterRound(&working, 2, 7, 8, 13)
      quarterRound(&working, 3, 4, 9, 14)
    }
    for index in 0..<16 { working[index] = working[index] &+ state[index] }
    return Block(words: working)
  }

  @inline(__always)
  private static func quarterRound(_ x: inout InlineArray<16, UInt32>, _ a: Int, _ b: Int, _ c: Int, _ d: Int) {
    x[a] = x[a] &+ x[b]
    x[d] = rotate(x[d] ^ x[a], 16)
    x[c] = x[c] &+ x[d]
    x[b] = rotate(x[b] ^ x[c], 12)
    x[a] = x[a] &+ x[b]
    x[d] = rotate(x[d] ^ x[a], 8)
    x[c] = x[c] &+ x[d]
    x[b] = rotate(x[b] ^ x[c], 7)
  }

  @inline(__always)
  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }
}

/// Randomness from the processor alone, through ChaCha20 with fast key erasure: each request uses its key once and leaves a
/// new one, so that the state tells nothing of what was given out before.
public final class RandomGenerator {
  private let entropy: () -> UInt64?
  private var key = ChaCha20.Key()
  private var isSeeded = false
  private var remaining: UInt64 = 0

  /// Fresh entropy is mixed in after so many bytes.
  package static let reseedInterval: UInt64 = 1 << 20

  /// - Parameter entropy: the processor's, or nil if it gives none.
  package init(entropy: @escaping () -> UInt64?) {
    self.entropy = entropy
  }

  /// Mixes fresh entropy into the key, as a clone of a template must before its first use.
  /// - Throws: ``SystemError/noEntropy``, after which nothing may be drawn.
  public func reseed() throws(SystemError) {
    isSeeded = false
    for index in 0..<4 {
      guard let word = entropy() else { throw .noEntropy }
      key.mix(word, at: index)
    }
    // What went in leaves only through the cipher.
    key = ChaCha20.block(key: key, counter: UInt64.max).firstHalf
    remaining = RandomGenerator.reseedInterval
    isSeeded = true
  }

  /// Nothing is drawn any more before fresh entropy has come: from here on this may be one of several clones.
  func forget() { isSeeded = false }

  public func fill(_ region: MemoryRegion) throws(SystemError) {
    var offset: UInt64 = 0
    while offset < region.count {
      if !isSeeded || remaining == 0 { try reseed() }
      let rest = region.count - offset
      let length = rest < remaining ? rest : remaining
      try draw(into: try region.slice(offset, length))
      remaining -= length
      offset += length
    }
  }

  private func draw(into region: MemoryRegion) throws(SystemError) {
    let used = key
    let first = ChaCha20.block(key: used, counter: 0)
    key = first.firstHalf
    try region.store(first, from: 8, at: 0)
    var counter: UInt64 = 1
    var offset: UInt64 = 32
    while offset < region.count {
      try region.store(ChaCha20.block(key: used, counter: counter), from: 0, at: offset)
      counter += 1
      offset += 64
    }
  }
}

extension MemoryRegion {
  /// Stores a block's words from `word` on, as far as they fit.
  fileprivate func store(_ block: ChaCha20.Block, from word: Int, at start: UInt64) throws(SystemError) {
    var offset = start
    for index in word..<16 {
      let value = block.words[index]
      if count - offset >= 4 {
        try store32(value, offset)
        offset += 4
        if offset == count { return }
      } else {
        for byte in 0..<count - offset {
          try store8(UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)), offset + byte)
        }
        return
      }
    }
  }
}

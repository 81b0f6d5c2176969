/// A set of block numbers below a limit, a bit each.
struct BlockSet {
  private var words: [UInt64]
  let limit: UInt32

  init(limit: UInt32) {
    self.limit = limit
    words = Array(repeating: 0, count: Int(limit) / 64 + 1)
  }

  /// Nothing beyond the limit is ever in it.
  func contains(_ number: UInt32) -> Bool { number < limit && words[Int(number / 64)] >> UInt64(number % 64) & 1 == 1 }

  mutating func insert(_ number: UInt32) { if number < limit { words[Int(number / 64)] |= 1 << UInt64(number % 64) } }

  mutating func remove(_ number: UInt32) { if number < limit { words[Int(number / 64)] &= ~(1 << UInt64(number % 64)) } }

  mutating func removeAll() { for index in words.indices { words[index] = 0 } }

  /// The lowest from `start` on that is in the set.
  func first(from start: UInt32) -> UInt32? { next(from: start) { $0 } }

  /// The lowest from `start` on that is not, and below the limit.
  func firstMissing(from start: UInt32) -> UInt32? { next(from: start) { ~$0 } }

  private func next(from start: UInt32, _ bits: (UInt64) -> UInt64) -> UInt32? {
    guard start < limit else { return nil }
    var index = Int(start / 64)
    var word = bits(words[index]) & UInt64.max << UInt64(start % 64)
    while word == 0 {
      index += 1
      guard index < words.count else { return nil }
      word = bits(words[index])
    }
    let found = UInt32(index * 64 + word.trailingZeroBitCount)
    return found < limit ? found : nil
  }
}

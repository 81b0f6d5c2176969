/// A piece of memory with values in it. Long strings and lists of bytes stay where their owner has them until they are copied to where somebody
/// takes them: once.
public struct ValueMemory: Sendable {
  private enum Content: Sendable {
    case bytes([UInt8])
    case text(String)

    /// - Parameter body: Is called at once: what is kept here is contiguous.
    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
      switch self {
      case .bytes(let bytes): bytes.withUnsafeBytes(body)
      case .text(let text): _ = text.utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
      }
    }
  }

  private struct Long: Sendable {
    var place: Int
    var end: Int
    /// Bytes of all that stand before it.
    var longBefore: Int
    var content: Content
  }

  /// From how many bytes on it is worth an entry.
  private static let long = 4096

  /// All that is not long.
  private var short: [UInt8] = []
  /// By their places.
  private var longs: [Long] = []
  public private(set) var count = 0

  public init() {}

  mutating func append(zeros: Int) {
    short += repeatElement(0, count: zeros)
    count += zeros
  }

  mutating func append(_ bytes: [UInt8]) {
    guard bytes.count < Self.long else { return keep(.bytes(bytes), bytes.count) }
    short += bytes
    count += bytes.count
  }

  mutating func append(_ text: String) {
    var text = text
    text.makeContiguousUTF8()
    let length = text.utf8.count
    guard length < Self.long else { return keep(.text(text), length) }
    short += text.utf8
    count += length
  }

  private mutating func keep(_ content: Content, _ length: Int) {
    longs.append(Long(place: count, end: count + length, longBefore: count - short.count, content: content))
    count += length
  }

  /// Overwrites what ``append(zeros:)`` has made, with the number's lower bytes.
  mutating func put(_ value: UInt64, _ size: Int, at place: Int) {
    let index = index(of: place)
    for byte in 0..<size { short[index + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
  }

  mutating func replace(at place: Int, with bytes: [UInt8]) {
    let index = index(of: place)
    short.replaceSubrange(index..<index + bytes.count, with: bytes)
  }

  /// Where a place is among the short ones.
  private func index(of place: Int) -> Int {
    let following = firstLong { $0.place > place }
    return following > 0 ? place - longs[following - 1].longBefore - (longs[following - 1].end - longs[following - 1].place) : place
  }

  /// The first for which this is so, as it is for all behind it.
  private func firstLong(_ isBehind: (Long) -> Bool) -> Int {
    var (low, high) = (0, longs.count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(longs[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  public func bytes(_ range: Range<Int>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      copy(range, to: UnsafeMutableRawBufferPointer(buffer))
      count = range.count
    }
  }

  /// - Precondition: The range lies within the memory, and the buffer has as many bytes.
  public func copy(_ range: Range<Int>, to buffer: UnsafeMutableRawBufferPointer) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count && buffer.count >= range.count)
    var place = range.lowerBound
    var next = firstLong { $0.end > place }
    while place < range.upperBound {
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[(place - range.lowerBound)..<range.count])
      if next < longs.count, longs[next].place <= place {
        let long = longs[next]
        let part = place - long.place..<min(long.end, range.upperBound) - long.place
        long.content.withBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[part])) }
        place += part.count
        next += 1
      } else {
        let end = min(next < longs.count ? longs[next].place : count, range.upperBound)
        let start = index(of: place)
        short.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + end - place])) }
        place = end
      }
    }
  }
}

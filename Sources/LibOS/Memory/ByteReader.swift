/// Reads little-endian fields from the front of bytes that someone else wrote. Whatever does not fit is nil, and nothing is
/// allocated for a length that the bytes do not have.
package struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    end = bytes.count
  }

  package var isAtEnd: Bool { position == end }

  private mutating func advance(_ length: Int) -> Int? {
    guard length <= end - position else { return nil }
    defer { position += length }
    return position
  }

  package mutating func uint32() -> UInt32? {
    guard let start = advance(4) else { return nil }
    var value: UInt32 = 0
    for index in 0..<4 { value |= UInt32(bytes[start + index]) << UInt32(8 * index) }
    return value
  }

  package mutating func uint64() -> UInt64? {
    guard let low = uint32(), let high = uint32() else { return nil }
    return UInt64(high) << 32 | UInt64(low)
  }

  package mutating func take(_ length: UInt32) -> [UInt8]? {
    guard length <= UInt32(Int32.max), let start = advance(Int(length)) else { return nil }
    return [UInt8](bytes[start..<start + Int(length)])
  }

  /// A UInt32 length and as many bytes.
  package mutating func string() -> [UInt8]? {
    guard let length = uint32() else { return nil }
    return take(length)
  }

  /// A UInt32 count and as many strings.
  package mutating func strings() -> [[UInt8]]? {
    guard let count = uint32() else { return nil }
    var result: [[UInt8]] = []
    for _ in 0..<count {
      guard let string = string() else { return nil }
      result.append(string)
    }
    return result
  }
}

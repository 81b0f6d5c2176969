/// Bytes of the binary format (specification 5.2).
struct BinaryWriter: Sendable {
  private(set) var bytes: [UInt8] = []

  mutating func byte(_ byte: UInt8) { bytes.append(byte) }

  mutating func raw(_ other: some Collection<UInt8>) { bytes.append(contentsOf: other) }

  mutating func unsigned(_ value: some UnsignedInteger & FixedWidthInteger) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func count(_ value: Int) { unsigned(UInt64(value)) }

  mutating func signed(_ value: Int64) {
    var rest = value
    while true {
      let low = UInt8(truncatingIfNeeded: rest) & 0x7F
      rest >>= 7
      if rest == 0 && low & 0x40 == 0 || rest == -1 && low & 0x40 != 0 {
        bytes.append(low)
        return
      }
      bytes.append(low | 0x80)
    }
  }

  /// The lowest byte first.
  mutating func littleEndian(_ value: UInt64, bytes count: Int) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  /// The length, then the bytes: a name, or anything else with a size in front.
  mutating func sized(_ contents: some Collection<UInt8>) {
    count(contents.count)
    raw(contents)
  }

  /// Gives up what was written from `start` on.
  mutating func cut(from start: Int) -> [UInt8] {
    let tail = Array(bytes[start...])
    bytes.removeSubrange(start...)
    return tail
  }

  mutating func takeAll() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }
}

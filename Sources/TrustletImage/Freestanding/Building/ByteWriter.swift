/// Appends little-endian fields to bytes.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func uint8(_ value: UInt8) { bytes.append(value) }

  mutating func uint32(_ value: UInt32) { append(value.littleEndian) }

  mutating func uint64(_ value: UInt64) { append(value.littleEndian) }

  mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

  /// A UInt32 with the number of bytes, then the bytes. The caller has checked the number.
  mutating func counted(_ more: some Collection<UInt8>) {
    uint32(UInt32(truncatingIfNeeded: more.count))
    append(more)
  }

  mutating func unsignedLEB(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func pad(toMultipleOf alignment: Int) {
    let excess = bytes.count % alignment
    if excess > 0 { bytes.append(contentsOf: repeatElement(0, count: alignment - excess)) }
  }

  private mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }
}

/// Reads the values of the binary format (specification 5.2) from a part of a module.
///
/// Every read is checked against `end`; `position` never leaves `0...end`, and `end` never leaves the array.
package struct ByteReader {
  package let bytes: [UInt8]
  package let end: Int
  package private(set) var position: Int
  /// Whether `exnref` is a value type (`DecodingLimits`).
  package var allowsExceptions = false

  /// The range is cut to what is there.
  package init(bytes: [UInt8], range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    self.bytes = bytes
    self.end = range.upperBound
    self.position = range.lowerBound
  }

  package init(bytes: [UInt8]) { self.init(bytes: bytes, range: 0..<bytes.count) }

  package var isAtEnd: Bool { position >= end }
  package var remaining: Int { end - position }

  @inline(never)
  package func unexpectedEnd() -> WasmError { .malformed("unexpected end of section or function", at: end) }

  // MARK: Bytes

  package func peek() -> UInt8? { position < end ? bytes[position] : nil }

  @inline(__always)
  package mutating func byte() throws(WasmError) -> UInt8 {
    guard position < end else { throw unexpectedEnd() }
    let byte = bytes[position]
    position += 1
    return byte
  }

  package mutating func skip(_ count: Int) throws(WasmError) -> Range<Int> {
    guard count >= 0, count <= remaining else { throw unexpectedEnd() }
    let start = position
    position += count
    return start..<position
  }

  package mutating func zeroByte() throws(WasmError) {
    let start = position
    let found = try byte()
    guard found == 0 else { throw .malformed("zero byte expected, found \(hexadecimal(found))", at: start) }
  }

  package mutating func littleEndian32() throws(WasmError) -> UInt32 {
    var value: UInt32 = 0
    for shift in stride(from: UInt32(0), to: 32, by: 8) { value |= UInt32(try byte()) << shift }
    return value
  }

  mutating func littleEndian64() throws(WasmError) -> UInt64 {
    UInt64(try littleEndian32()) | UInt64(try littleEndian32()) << 32
  }

  // MARK: Integers (LEB128)

  @inline(__always)
  package mutating func unsigned32() throws(WasmError) -> UInt32 {
    if position < end {
      let first = bytes[position]
      if first < 0x80 {
        position += 1
        return UInt32(first)
      }
    }
    return try longUnsigned32()
  }

  @inline(__always)
  mutating func signed32() throws(WasmError) -> Int32 {
    if position < end {
      let first = bytes[position]
      if first < 0x80 {
        position += 1
        return Int32(Int8(bitPattern: first << 1) >> 1)
      }
    }
    return try longSigned32()
  }

  // Out of line, so that the common short forms above stay small where they are inlined.

  @inline(never)
  private mutating func longUnsigned32() throws(WasmError) -> UInt32 {
    UInt32(truncatingIfNeeded: try unsigned(bits: 32))
  }

  @inline(never)
  private mutating func longSigned32() throws(WasmError) -> Int32 {
    Int32(truncatingIfNeeded: try signed(bits: 32))
  }

  package mutating func signed33() throws(WasmError) -> Int64 { try signed(bits: 33) }

  mutating func signed64() throws(WasmError) -> Int64 { try signed(bits: 64) }

  /// A flag, which the format encodes as an integer of one bit.
  mutating func flag() throws(WasmError) -> Bool { try unsigned(bits: 1) == 1 }

  /// Up to `ceil(bits / 7)` bytes; in the last of them only the bits that the type has left may be set.
  @inline(__always)
  private mutating func unsigned(bits: Int) throws(WasmError) -> UInt64 {
    let start = position
    var value: UInt64 = 0
    var shift = 0
    while true {
      let byte = try byte()
      let left = bits - shift
      if left < 7, (byte & 0x7F) >> UInt8(left) != 0 { throw .malformed("integer too large", at: start) }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
      if left <= 7 { throw .malformed("integer representation too long", at: start) }
      shift += 7
    }
  }

  /// As above, where the unused bits of the last byte must repeat the sign.
  @inline(__always)
  private mutating func signed(bits: Int) throws(WasmError) -> Int64 {
    let start = position
    var value: UInt64 = 0
    var shift = 0
    while true {
      let byte = try byte()
      let left = bits - shift
      if left < 7 {
        let unused = Int8(bitPattern: byte << 1) >> Int8(left)
        if unused != 0 && unused != -1 { throw .malformed("integer too large", at: start) }
      }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      shift += 7
      if byte < 0x80 {
        guard shift < 64, byte & 0x40 != 0 else { return Int64(bitPattern: value) }
        return Int64(bitPattern: value | ~0 << UInt64(shift))
      }
      if left <= 7 { throw .malformed("integer representation too long", at: start) }
    }
  }

  // MARK: Lengths and names

  /// A number of bytes, or of things of at least a byte each, which must all fit into what is left.
  package mutating func length() throws(WasmError) -> Int {
    let start = position
    let count = Int(try unsigned32())
    // Counted from before the length itself, as the reference interpreter does, so that its phrases come out.
    guard count <= end - start else {
      throw .malformed("length out of bounds: \(count) declared, \(remaining) bytes left", at: start)
    }
    return count
  }

  package mutating func name() throws(WasmError) -> String {
    let range = try skip(try length())
    guard let name = String(validating: bytes[range], as: UTF8.self) else {
      throw .malformed("malformed UTF-8 encoding", at: range.lowerBound)
    }
    return name
  }
}

package func hexadecimal(_ value: some BinaryInteger) -> String {
  let digits = String(value, radix: 16)
  return "0x" + (digits.count < 2 ? "0" : "") + digits
}

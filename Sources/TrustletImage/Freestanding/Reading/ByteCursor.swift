/// Reads little-endian fields one after another from bytes that nobody has checked.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  /// What the bytes are, for the message when they end too soon.
  let part: String
  let code: ImageError.Code
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer, part: String, code: ImageError.Code) {
    self.bytes = bytes
    self.part = part
    self.code = code
  }

  var remaining: Int { bytes.count - offset }
  var isAtEnd: Bool { offset == bytes.count }

  func failure(_ message: String) -> ImageError { ImageError(code, "\(part): \(message)") }

  mutating func take(_ count: Int) throws(ImageError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw failure("ends at byte \(bytes.count), within a field of \(count) bytes at \(offset)")
    }
    let taken = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    offset += count
    return taken
  }

  /// Takes as many bytes as a UInt32 before them says.
  mutating func takeCounted(limit: Int) throws(ImageError) -> UnsafeRawBufferPointer {
    let count = try uint32()
    guard count <= limit else { throw failure("a part of \(count) bytes, where at most \(limit) are allowed") }
    return try take(Int(count))
  }

  mutating func uint8() throws(ImageError) -> UInt8 { try take(1)[0] }

  mutating func uint16() throws(ImageError) -> UInt16 {
    UInt16(littleEndian: try take(2).loadUnaligned(as: UInt16.self))
  }

  mutating func uint32() throws(ImageError) -> UInt32 {
    UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
  }

  mutating func uint64() throws(ImageError) -> UInt64 {
    UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
  }

  /// An unsigned LEB128 number. With `shortest`, a longer encoding than needed is refused, so that a value has one encoding.
  @inline(__always)
  mutating func unsignedLEB(shortest: Bool = true) throws(ImageError) -> UInt64 {
    // Nearly all of a large table's numbers are of one byte.
    if offset < bytes.count, bytes[offset] < 0x80 {
      offset += 1
      return UInt64(bytes[offset - 1])
    }
    return try longUnsignedLEB(shortest: shortest)
  }

  private mutating func longUnsignedLEB(shortest: Bool) throws(ImageError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < bytes.count else { throw failure("ends within a number") }
      let byte = bytes[offset]
      offset += 1
      let payload = UInt64(byte & 0x7F)
      guard shift < 63 || (shift == 63 && payload <= 1) else { throw failure("a number of more than 64 bits") }
      value |= payload << shift
      if byte & 0x80 == 0 {
        if shortest, byte == 0, shift > 0 { throw failure("a number longer than it need be") }
        return value
      }
      shift += 7
    }
  }

  /// A signed LEB128 number of at most 64 bits, as DWARF has them.
  mutating func signedLEB() throws(ImageError) -> Int64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      guard offset < bytes.count else { throw failure("ends within a number") }
      let byte = bytes[offset]
      offset += 1
      let payload = UInt64(byte & 0x7F)
      guard shift < 63 || (shift == 63 && (payload == 0 || payload == 0x7F)) else {
        throw failure("a number of more than 64 bits")
      }
      value |= payload << shift
      shift += 7
      if byte & 0x80 == 0 {
        if shift < 64, byte & 0x40 != 0 { value |= UInt64.max << shift }
        return Int64(bitPattern: value)
      }
    }
  }

  /// Bytes up to a NUL, which is taken too.
  mutating func takeTerminated() throws(ImageError) -> UnsafeRawBufferPointer {
    guard let end = bytes[offset...].firstIndex(of: 0) else { throw failure("ends within a string") }
    let taken = UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    offset = end + 1
    return taken
  }
}

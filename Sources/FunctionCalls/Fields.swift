extension [UInt8] {
  mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// A length of 4 bytes, then the text.
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { utf8 in
      append(littleEndian: UInt32(truncatingIfNeeded: utf8.count))
      append(contentsOf: utf8)
    }
  }

  /// A length of 4 bytes, then the bytes.
  mutating func append(bytes: [UInt8]) {
    append(littleEndian: UInt32(truncatingIfNeeded: bytes.count))
    append(contentsOf: bytes)
  }

  mutating func append(texts: [String]) {
    append(littleEndian: UInt32(truncatingIfNeeded: texts.count))
    for text in texts { append(text: text) }
  }
}

/// Takes a payload apart, field by field, never beyond its end.
struct FieldReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  var remaining: ArraySlice<UInt8> { bytes[position...] }

  private mutating func take(_ count: Int) throws(FrameError) -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - position else { throw .tooShort(found: bytes.endIndex - position, expected: count) }
    defer { position += count }
    return bytes[position..<position + count]
  }

  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(FrameError) -> Value {
    let part = try take(MemoryLayout<Value>.size)
    return part.reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }

  mutating func text() throws(FrameError) -> String {
    let count: UInt32 = try integer()
    // Compared as it came: on no machine does it become an index before.
    guard UInt64(count) <= UInt64(bytes.count) else { throw .tooShort(found: bytes.count, expected: Int(count)) }
    guard let text = String(validating: try take(Int(count)), as: UTF8.self) else { throw .notUTF8 }
    return text
  }

  /// Bytes with their length before them.
  mutating func bytes(_ sizes: ClosedRange<Int>) throws(FrameError) -> [UInt8] {
    let count: UInt32 = try integer()
    guard UInt64(count) <= UInt64(sizes.upperBound) else { throw .tooLong(found: UInt64(count), limit: UInt64(sizes.upperBound)) }
    guard Int(count) >= sizes.lowerBound else { throw .tooShort(found: Int(count), expected: sizes.lowerBound) }
    return Array(try take(Int(count)))
  }

  mutating func flag(_ field: String) throws(FrameError) -> Bool {
    let value: UInt8 = try integer()
    guard value < 2 else { throw .unknownValue(UInt64(value), field: field) }
    return value == 1
  }

  mutating func texts(limit: Int = 65_536) throws(FrameError) -> [String] {
    let count: UInt32 = try integer()
    guard count <= UInt32(limit) else { throw .tooLong(found: UInt64(count), limit: UInt64(limit)) }
    var texts: [String] = []
    for _ in 0..<count { texts.append(try text()) }
    return texts
  }

  mutating func value<Value: RawRepresentable>(_ type: Value.Type, field: String) throws(FrameError) -> Value
  where Value.RawValue: FixedWidthInteger {
    let raw: Value.RawValue = try integer()
    guard let value = Value(rawValue: raw) else { throw .unknownValue(UInt64(truncatingIfNeeded: raw), field: field) }
    return value
  }

  func end() throws(FrameError) {
    guard position == bytes.endIndex else { throw .trailingBytes(bytes.endIndex - position) }
  }
}

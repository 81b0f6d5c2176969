/// A file that nobody vouches for: every place in it is checked before it is read.
struct BoundedBytes {
  let bytes: [UInt8]
  /// What the file is called in errors, and what it should be.
  let name: String
  let kind: String

  func damaged(_ what: String, found: String, expected: String) -> NodeImageError {
    NodeImageError("\(name), \(what)", found: found, expected: expected, "this is not \(kind), or it is damaged: name another file")
  }

  func range(_ offset: Int, _ count: Int, _ what: String) throws(NodeImageError) -> Range<Int> {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw damaged(what, found: "\(count) bytes at \(offset)", expected: "a place within its \(bytes.count) bytes")
    }
    return offset..<(offset + count)
  }

  func slice(_ offset: Int, _ count: Int, _ what: String) throws(NodeImageError) -> ArraySlice<UInt8> { bytes[try range(offset, count, what)] }

  /// A little-endian number.
  func integer<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, _ offset: Int, _ what: String) throws(NodeImageError) -> Value {
    try slice(offset, MemoryLayout<Value>.size, what).reversed().reduce(0) { $0 << 8 | Value($1) }
  }

  /// A number that is a place or a size in this file or in memory.
  func place<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, _ offset: Int, _ what: String) throws(NodeImageError) -> Int {
    let value = try integer(type, offset, what)
    guard let place = Int(exactly: value), place <= 1 << 52 else { throw damaged(what, found: "\(value)", expected: "at most 2^52") }
    return place
  }

  /// Text that ends with a zero.
  func text(_ offset: Int, before end: Int, limit: Int, _ what: String) throws(NodeImageError) -> String {
    guard offset >= 0, end <= bytes.count, offset < end else {
      throw damaged(what, found: "a text at \(offset)", expected: "a place before \(min(end, bytes.count))")
    }
    let rest = bytes[offset..<min(end, offset + limit)]
    guard let stop = rest.firstIndex(of: 0), let text = String(validating: rest[..<stop], as: UTF8.self) else {
      throw damaged(what, found: "no text that ends", expected: "at most \(limit) bytes of UTF-8 and a zero")
    }
    return text
  }
}

extension [UInt8] {
  init<Value: FixedWidthInteger>(littleEndian value: Value) {
    self = Swift.withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// Writes a little-endian number where it belongs.
  /// - Precondition: it fits, as in structures whose size is written here.
  mutating func put<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    replaceSubrange(offset..<(offset + MemoryLayout<Value>.size), with: [UInt8](littleEndian: value))
  }
}

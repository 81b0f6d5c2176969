/// Reads a structure of fixed layout from hostile bytes, front to back; every read is checked against what is left.
public struct ByteReader: Sendable {
  /// The structure's name, for errors.
  public let structure: String
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  public init(_ bytes: some Sequence<UInt8>, of structure: String) {
    self.init(ArraySlice(bytes), of: structure)
  }

  public init(_ bytes: ArraySlice<UInt8>, of structure: String) {
    self.bytes = bytes
    self.structure = structure
    position = bytes.startIndex
  }

  public var remaining: Int { bytes.endIndex - position }
  /// Bytes read so far.
  public var offset: Int { position - bytes.startIndex }

  /// The next `count` bytes. `field` names them in the error for evidence that ends before.
  public mutating func bytes(_ count: Int, _ field: String) throws(MalformedEvidence) -> [UInt8] {
    Array(try slice(count, field))
  }

  /// As ``bytes(_:_:)``, without a copy.
  public mutating func slice(_ count: Int, _ field: String) throws(MalformedEvidence) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw MalformedEvidence("\(structure), \(field)", found: "\(remaining) bytes left", wanted: "\(count) bytes", offset: offset)
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// Passes over what nobody looks at.
  public mutating func skip(_ count: Int, _ field: String) throws(MalformedEvidence) { _ = try slice(count, field) }

  /// What is left, which ends the structure.
  public mutating func rest() -> [UInt8] {
    defer { position = bytes.endIndex }
    return Array(bytes[position...])
  }

  /// The next number, its first byte the least.
  public mutating func littleEndian<Integer: FixedWidthInteger & UnsignedInteger>(
    _ type: Integer.Type = Integer.self, _ field: String
  ) throws(MalformedEvidence) -> Integer {
    try slice(Integer.bitWidth / 8, field).reversed().reduce(0) { $0 << 8 | Integer($1) }
  }

  /// The next number, its first byte the greatest.
  public mutating func bigEndian<Integer: FixedWidthInteger & UnsignedInteger>(
    _ type: Integer.Type = Integer.self, _ field: String
  ) throws(MalformedEvidence) -> Integer {
    try slice(Integer.bitWidth / 8, field).reduce(0) { $0 << 8 | Integer($1) }
  }
}

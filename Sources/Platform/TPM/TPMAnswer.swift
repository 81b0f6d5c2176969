/// A TPM's answer, read field by field and never beyond its end. Who stands between the TPM and us may have written it.
package struct TPMAnswer {
  /// TPM_RC of the head: 0 for success.
  let code: UInt32
  private let bytes: [UInt8]
  private var position = TPMCommand.headSize

  package init(_ bytes: [UInt8]) throws(PlatformError) {
    guard let size = Self.size(of: bytes), size == bytes.count else {
      throw Self.malformed("an answer of \(bytes.count) bytes whose head says \(Self.size(of: bytes).map(String.init) ?? "nothing")")
    }
    self.bytes = bytes
    code = Self.number(bytes[6..<10])
  }

  /// What the head says of the length; nil until the head is there.
  static func size(of bytes: [UInt8]) -> Int? {
    guard bytes.count >= TPMCommand.headSize else { return nil }
    return Int(clamping: number(bytes[2..<6]))
  }

  var remaining: Int { bytes.count - position }

  mutating func take(_ count: Int, _ field: String) throws(PlatformError) -> [UInt8] {
    guard count >= 0, count <= remaining else {
      throw Self.malformed("\(field): \(count) bytes, of which the answer has \(remaining)")
    }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func byte(_ field: String) throws(PlatformError) -> UInt8 { try take(1, field)[0] }

  mutating func short(_ field: String) throws(PlatformError) -> UInt16 { UInt16(truncatingIfNeeded: Self.number(try take(2, field)[...])) }

  mutating func word(_ field: String) throws(PlatformError) -> UInt32 { Self.number(try take(4, field)[...]) }

  /// TPM2B: a size of two bytes, then the bytes.
  mutating func sized(_ field: String, atMost limit: Int) throws(PlatformError) -> [UInt8] {
    let size = Int(try short("\(field), size"))
    guard size <= limit else { throw Self.malformed("\(field): \(size) bytes, at most \(limit) are expected") }
    return try take(size, field)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  static func malformed(_ found: String) -> PlatformError {
    PlatformError(.malformedAnswer, "the TPM answered \(found)", "the device is no TPM 2.0, or something between changes what it says")
  }
}

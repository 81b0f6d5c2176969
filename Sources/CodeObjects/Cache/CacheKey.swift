import Crypto

/// What an entry of the cache was made from, as a SHA-256.
public struct CacheKey: Sendable, Hashable {
  let bytes: [UInt8]

  /// Each part is hashed behind its length, so that a boundary between two cannot shift.
  public init(_ parts: [[UInt8]]) {
    var hash = SHA256()
    for part in parts {
      withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
      part.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    bytes = Array(hash.finalize())
  }

  package var hexadecimal: String { hexadecimalDigits(of: bytes) }
}

func hexadecimalDigits(of bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 2)
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

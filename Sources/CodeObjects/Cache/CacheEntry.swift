import Crypto

/// The form of a cached file: magic, key, length, SHA-256 of the payload, payload.
///
/// The digest is for accidents (a full disk, a crash, a flipped bit), not against someone who can write to the cache:
/// that is its owner alone, which ``ObjectCache`` checks.
package enum CacheEntry {
  private static let magic = Array("COFFERO1".utf8)
  static let overhead = 8 + 32 + 8 + 32

  package static func encode(_ payload: [UInt8], key: CacheKey) -> [UInt8] {
    var entry = magic + key.bytes
    entry.reserveCapacity(overhead + payload.count)
    withUnsafeBytes(of: UInt64(payload.count).littleEndian) { entry.append(contentsOf: $0) }
    entry.append(contentsOf: SHA256.hash(data: payload))
    entry.append(contentsOf: payload)
    return entry
  }

  /// Nil for an entry that is not whole, not unaltered, or another key's.
  package static func decode(_ entry: [UInt8], key: CacheKey) -> [UInt8]? {
    guard entry.count >= overhead, entry.starts(with: magic), entry[8..<40].elementsEqual(key.bytes) else { return nil }
    let length = entry[40..<48].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length == UInt64(entry.count - overhead) else { return nil }
    let payload = Array(entry[overhead...])
    guard SHA256.hash(data: payload).elementsEqual(entry[48..<80]) else { return nil }
    return payload
  }
}

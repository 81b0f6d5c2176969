#if canImport(GuestCrypto)
  import GuestCrypto
#endif

/// The key of each session, from the volume's: HKDF-Expand with the session as information. The last sixteen are kept ready.
struct SessionKeys: ~Copyable {
  private static let limit = 16
  /// "coffer sealed volume 1" in ASCII, and 16 bytes for the session.
  private static let label: StaticString = "coffer sealed volume 1"

  private final class Ready {
    let session: VolumeSession
    let key: AES256

    init(_ session: VolumeSession, _ key: consuming AES256) {
      self.session = session
      self.key = key
    }
  }

  private let volumeKey: HMAC<SHA256Variant>
  private var ready: [Ready] = []
  private var last = 0
  private var next = 0

  /// - Throws: ``VolumeError/malformed(found:expected:)``
  init(_ key: borrowing SecretBytes) throws(VolumeError) {
    guard key.count == AES256.keySize else { throw .malformed(found: key.count, expected: AES256.keySize) }
    volumeKey = key.withBytes { HMAC<SHA256Variant>(key: $0) }
  }

  mutating func withKey<Result>(of session: VolumeSession, _ body: (borrowing AES256) throws(CryptographyError) -> Result) throws(CryptographyError) -> Result {
    if last < ready.count, ready[last].session == session { return try body(ready[last].key) }
    for index in ready.indices where ready[index].session == session {
      last = index
      return try body(ready[index].key)
    }
    let made = Ready(session, try derive(session))
    if ready.count < SessionKeys.limit {
      last = ready.count
      ready.append(made)
    } else {
      last = next
      ready[next] = made
      next = (next + 1) % SessionKeys.limit
    }
    return try body(made.key)
  }

  private func derive(_ session: VolumeSession) throws(CryptographyError) -> AES256 {
    let label = UnsafeRawBufferPointer(start: SessionKeys.label.utf8Start, count: SessionKeys.label.utf8CodeUnitCount)
    let information = SecretBytes(count: label.count + VolumeSession.size) { buffer in
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<label.count]).copyMemory(from: label)
      buffer.storeBytes(of: session.first, toByteOffset: label.count, as: UInt64.self)
      buffer.storeBytes(of: session.last, toByteOffset: label.count + 8, as: UInt64.self)
    }
    let secret = try information.withBytes { (information) throws(CryptographyError) in
      try HKDF<SHA256Variant>.expand(volumeKey, information: information, count: AES256.keySize)
    }
    return try secret.withBytes { (key) throws(CryptographyError) in try AES256(key: key) }
  }
}

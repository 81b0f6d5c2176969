/// By which an instance and the author of its secrets speak of a resource's counter, over somebody who carries it and is not believed.
///
/// Both have it without sending it: from the agreement of the instance's key with the author's. So an exchange is ordered by the instance alone, and that it was
/// made is said by the author alone. One author's key agrees and signs (ECDSA): what it agrees to goes through HKDF first, and neither tells of the other
/// (Degabriele and others, "On the Joint Security of Encryption and Signature in EMV", 2011).
public struct CounterKey: ~Copyable {
  public static let size = 32
  private let key: HMAC<SHA256Variant>

  /// - Parameter bytes: as ``bytes(agreed:tenant:resource:)`` gives them.
  public init(_ bytes: UnsafeRawBufferPointer) { key = HMAC(key: bytes) }

  /// HKDF-SHA256 without salt over the agreed secret; its information is, each as a UInt32 of its bytes, big-endian, and the bytes: "coffer-counter-1", the
  /// tenant, the resource.
  public static func bytes(agreed secret: borrowing SecretBytes, tenant: [UInt8], resource: [UInt8]) throws(CryptographyError) -> SecretBytes {
    var information = counted(Array("coffer-counter-1".utf8))
    information += counted(tenant)
    information += counted(resource)
    return try secret.withBytes { (secret) throws(CryptographyError) in
      try information.withRawBytes { (information) throws(CryptographyError) in
        try HKDF<SHA256Variant>.derive(from: secret, salt: UnsafeRawBufferPointer(start: nil, count: 0), information: information, count: size)
      }
    }
  }

  /// With which an instance has the counter changed: HMAC-SHA256 over a byte 1, the new value, and the one that is to be there, if any.
  public func order(_ value: [UInt8], inPlaceOf expected: [UInt8]) -> [UInt8] { code(1, value, expected) }

  /// Whether the author has said that it was changed: the same over a byte 2.
  public func isReceipt(_ receipt: [UInt8], for value: [UInt8], inPlaceOf expected: [UInt8]) -> Bool {
    SecretBytes(copying: receipt).isEqual(to: SecretBytes(copying: code(2, value, expected)))
  }

  private func code(_ kind: UInt8, _ value: [UInt8], _ expected: [UInt8]) -> [UInt8] {
    var text = [kind]
    text += value
    text += expected
    var code = [UInt8](repeating: 0, count: CounterKey.size)
    code.withMutableRawBytes { code in text.withRawBytes { key.authenticate($0, into: code) } }
    return code
  }

  private static func counted(_ part: [UInt8]) -> [UInt8] {
    let count = UInt32(truncatingIfNeeded: part.count)
    return [UInt8(truncatingIfNeeded: count >> 24), UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] + part
  }
}

/// What comes to an instance for its sealed directory, as it is handed from the part that takes secrets to the one that opens the volume: a byte 0 and the
/// volume's key; or a byte 1, or 2 where the counter has a value, the counter's key, that value, and the volume's key.
public struct VolumeRelease: ~Copyable {
  public let volumeKey: SecretBytes
  /// Empty where the manifest names no author, and so nobody's word of a counter counts.
  public let counterKey: SecretBytes
  /// What the counter had, by the author's signature: 24 bytes, or none.
  public let counter: [UInt8]

  /// - Parameter bytes: erased.
  public init?(taking bytes: inout [UInt8]) {
    guard let kind = bytes.first else { return nil }
    let (keyEnd, counterEnd) = (kind == 0 ? 1 : 1 + CounterKey.size, kind == 0 ? 1 : 1 + CounterKey.size + (kind == 2 ? JWE.counterSize : 0))
    guard kind <= 2, bytes.count >= counterEnd else { return nil }
    counterKey = bytes.withRawBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[1..<keyEnd])) }
    counter = Array(bytes[keyEnd..<counterEnd])
    volumeKey = bytes.withRawBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[counterEnd...])) }
    SecretBytes.wipe(&bytes)
  }

  /// What stands before the volume's key.
  public static func prefix(_ counterKey: borrowing SecretBytes, _ counter: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    // An array that grows leaves copies behind.
    bytes.reserveCapacity(1 + CounterKey.size + counter.count)
    bytes.append(counter.isEmpty ? 1 : 2)
    counterKey.withBytes { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: counter)
    return bytes
  }
}

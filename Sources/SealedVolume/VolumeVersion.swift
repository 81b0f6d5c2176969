/// Sixteen random bytes that nobody drew before: every writer of a volume has its own, and with it its own key.
public struct VolumeSession: Sendable, Equatable {
  public static let size = 16

  let first: UInt64
  let last: UInt64

  /// - Throws: ``VolumeError/malformed(found:expected:)``, or ``VolumeError/usedSession`` for zeros, which no working generator draws.
  public init(_ bytes: UnsafeRawBufferPointer) throws(VolumeError) {
    guard bytes.count == VolumeSession.size else { throw .malformed(found: bytes.count, expected: VolumeSession.size) }
    self.init(
      first: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self), last: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    guard first | last != 0 else { throw .usedSession }
  }

  init(first: UInt64, last: UInt64) { (self.first, self.last) = (first, last) }
}

/// What a sealed thing was sealed as: nothing else has the same version, so it serves as the nonce; and a root's version stands for the volume's whole
/// contents.
///
/// Whoever keeps the last committed version where the host cannot turn it back, as a broker does by compare-and-swap, is safe from old volumes.
public struct VolumeVersion: Sendable, Equatable {
  public static let encodedSize = 24

  let session: VolumeSession
  /// Grows with everything that is sealed in a volume, over all sessions; from 1 to 2^63 - 1.
  public let counter: UInt64

  /// The session, and the counter in little-endian.
  public var encoded: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: VolumeVersion.encodedSize) { buffer, count in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      bytes.storeBytes(of: session.first, as: UInt64.self)
      bytes.storeBytes(of: session.last, toByteOffset: 8, as: UInt64.self)
      bytes.storeBytes(of: counter.littleEndian, toByteOffset: 16, as: UInt64.self)
      count = VolumeVersion.encodedSize
    }
  }

  /// - Throws: ``VolumeError/malformed(found:expected:)``. A version that no volume has is none's, and found out as such.
  public init(encoded bytes: [UInt8]) throws(VolumeError) {
    guard bytes.count == VolumeVersion.encodedSize else { throw .malformed(found: bytes.count, expected: VolumeVersion.encodedSize) }
    let words = bytes.span.withUnsafeBytes { bytes in
      (0..<3).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
    }
    session = VolumeSession(first: words[0], last: words[1])
    counter = UInt64(littleEndian: words[2])
  }

  init(session: VolumeSession, counter: UInt64) { (self.session, self.counter) = (session, counter) }
}

import CGuestCrypto

/// Diffie-Hellman on P-256 (SP 800-56A, section 5.7.1.2); and signatures, which are checked and not made.
public enum P256 {
  public static let privateKeySize = 32
  public static let coordinateSize = 32

  static var order: Wide { Wide(0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551) }

  /// Whether 32 bytes, big-endian, are a number from 1 to the order less one. The time tells nothing but the answer.
  public static func isPrivateKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count == privateKeySize else { return false }
    let number = Wide(bigEndian: bytes)
    let isKey = ~number.isZeroMask & Wide.difference(number, order).1
    return coffer_public(UInt32(truncatingIfNeeded: isKey)) != 0
  }

  /// A point of the curve, never the neutral element: whoever has one need not check it again.
  public struct PublicKey: Sendable, Equatable {
    let xInteger: Wide
    let yInteger: Wide

    /// - Parameters: both 32 bytes, big-endian.
    /// - Throws: ``CryptographyError/notAPoint``, ``CryptographyError/wrongSize(_:found:expected:)``
    public init(x: UnsafeRawBufferPointer, y: UnsafeRawBufferPointer) throws(CryptographyError) {
      guard x.count == coordinateSize else { throw .wrongSize("x of a point of P-256", found: x.count, expected: coordinateSize) }
      guard y.count == coordinateSize else { throw .wrongSize("y of a point of P-256", found: y.count, expected: coordinateSize) }
      try self.init(x: Wide(bigEndian: x), y: Wide(bigEndian: y))
    }

    /// - Parameter encoded: 4, x and y (SEC 1, section 2.3.4): 65 bytes. Compressed points are not read.
    /// - Throws: ``CryptographyError/notAPoint``, ``CryptographyError/wrongSize(_:found:expected:)``
    public init(encoded: UnsafeRawBufferPointer) throws(CryptographyError) {
      let size = 1 + 2 * coordinateSize
      guard encoded.count == size else { throw .wrongSize("a point of P-256", found: encoded.count, expected: size) }
      guard encoded[0] == 4 else { throw .notAPoint }
      try self.init(
        x: UnsafeRawBufferPointer(rebasing: encoded[1..<1 + coordinateSize]), y: UnsafeRawBufferPointer(rebasing: encoded[(1 + coordinateSize)...]))
    }

    fileprivate init(x: Wide, y: Wide) throws(CryptographyError) {
      guard P256Element.isReduced(x), P256Element.isReduced(y) else { throw .notAPoint }
      guard P256Point.isOnCurve(x: P256Element(x), y: P256Element(y)) else { throw .notAPoint }
      (xInteger, yInteger) = (x, y)
    }

    /// For a point that was computed from one of the curve.
    fileprivate init(computedX x: Wide, y: Wide) { (xInteger, yInteger) = (x, y) }

    /// 32 bytes, big-endian.
    public var x: [UInt8] { P256.bytes(xInteger) }
    public var y: [UInt8] { P256.bytes(yInteger) }
    /// 65 bytes: 4, x and y.
    public var encoded: [UInt8] { [4] + x + y }

    var point: P256Point { P256Point(x: P256Element(xInteger), y: P256Element(yInteger), z: .one) }

    public static func == (left: PublicKey, right: PublicKey) -> Bool { left.encoded == right.encoded }
  }

  /// Zeroed when it ends.
  public struct PrivateKey: ~Copyable, Sendable {
    private let number: SecretBytes

    /// - Parameter bytes: 32, big-endian, from 1 to the order less one.
    /// - Throws: ``CryptographyError/notAPrivateKey``
    public init(_ bytes: consuming SecretBytes) throws(CryptographyError) {
      guard bytes.withBytes({ P256.isPrivateKey($0) }) else { throw .notAPrivateKey }
      number = bytes
    }

    /// Draws until a number is a key: what is thrown away, once in 2^32 times, leaves every key equally likely.
    /// - Parameter random: fills its buffer with random bytes, or throws.
    /// - Throws: what `random` throws.
    public init<Failure: Error>(drawing random: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
      var drawn = try SecretBytes(count: privateKeySize, fill: random)
      while !drawn.withBytes({ P256.isPrivateKey($0) }) {
        try drawn.withMutableBytes { (buffer) throws(Failure) in try random(buffer) }
      }
      number = drawn
    }

    public borrowing func publicKey() -> PublicKey {
      defer { coffer_wipe_stack() }
      return P256.product(number, .generator)
    }

    /// The x coordinate of the common point: 32 bytes, for a key derivation and nothing else.
    public borrowing func sharedSecret(with peer: PublicKey) -> SecretBytes {
      defer { coffer_wipe_stack() }
      return P256.sharedX(number, peer.point)
    }
  }

  // Not inlined: what these leave on the stack lies below their callers, who clear it.
  @inline(never) private static func product(_ number: borrowing SecretBytes, _ point: P256Point) -> PublicKey {
    let result = number.withBytes { point.multiplied(by: Wide(bigEndian: $0)) }
    let inverse = result.z.inverse
    return PublicKey(computedX: (result.x * inverse).integer, y: (result.y * inverse).integer)
  }

  @inline(never) private static func sharedX(_ number: borrowing SecretBytes, _ point: P256Point) -> SecretBytes {
    let result = number.withBytes { point.multiplied(by: Wide(bigEndian: $0)) }
    // Never the neutral element: the order is prime, the point is not neutral, and the number is from 1 to the order less one.
    let x = (result.x * result.z.inverse).integer
    return SecretBytes(count: coordinateSize) { x.store(bigEndian: $0) }
  }

  private static func bytes(_ integer: Wide) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: coordinateSize) { buffer, count in
      integer.store(bigEndian: UnsafeMutableRawBufferPointer(buffer))
      count = coordinateSize
    }
  }
}

extension TrustletImage {
  /// An image's launch digest: SHA-384 over its launch record and its regions' contents
  /// (Documentation/design/image-format.md).
  public struct Measurement: Sendable, Hashable, CustomStringConvertible {
    public static let byteCount = 48

    public let bytes: [UInt8]

    /// Nil unless there are 48 bytes.
    public init?(bytes: some Collection<UInt8>) {
      guard bytes.count == Self.byteCount else { return nil }
      self.bytes = Array(bytes)
    }

    /// Nil unless these are 96 hexadecimal digits.
    public init?(hex: String) {
      let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
      guard digits.count == 2 * Self.byteCount, hex.utf8.count == digits.count else { return nil }
      self.init(bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    /// 96 lower-case hexadecimal digits.
    public var description: String {
      let digits = Array("0123456789abcdef")
      return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
  }
}

/// Short for ``TrustletImage/Measurement``, which is to be written where Foundation's type of this name is visible too.
public typealias Measurement = TrustletImage.Measurement

/// What hashes an image with SHA-384. Builders bring another than readers, so that no image leaves a build on which the two disagree.
public protocol ImageHasher: ~Copyable {
  init()
  mutating func update(_ bytes: UnsafeRawBufferPointer)
  /// 48 bytes.
  mutating func finish() -> [UInt8]
}

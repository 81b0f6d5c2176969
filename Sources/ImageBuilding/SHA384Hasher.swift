import Crypto
import TrustletImage

/// SHA-384 for building images, by swift-crypto.
public struct SHA384Hasher: ImageHasher {
  private var state = SHA384()

  public init() {}

  public mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

  public mutating func finish() -> [UInt8] { Array(state.finalize()) }
}

extension ImageBuilder {
  /// The image, having passed all that reading it would check; which hashes it once more, by another implementation.
  public func build() throws(ImageError) -> TrustletImage {
    try TrustletImage.read(bytes: try encode(hasher: SHA384Hasher.self))
  }
}

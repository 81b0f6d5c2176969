import Crypto

/// SHA-384 as the reader and the builder use it.
struct SHA384Hasher: ImageHasher {
  private var state = SHA384()

  mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

  func finish() -> [UInt8] { Array(state.finalize()) }
}

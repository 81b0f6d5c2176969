import CGuestCrypto

/// A key of AES-256 made ready, for GCM (SP 800-38D) and key wrap (RFC 3394). The expanded key is zeroed with the value.
public struct AES256: ~Copyable, @unchecked Sendable {
  // Sendable, since nobody writes behind the pointer after the initialiser; it is the value's own until it ends.
  private let key: UnsafeMutablePointer<coffer_aes_key>

  /// What computes. All give the same results, and none in a time that depends on a key or a text.
  public enum Backend: UInt32, CaseIterable, Sendable {
    /// Bit slices: every processor.
    case portable = 0
    /// AES-NI and PCLMULQDQ.
    case x86 = 1
    /// VAES and VPCLMULQDQ, on 256 bits.
    case x86Wide = 2

    /// The fastest that this processor has.
    public static var best: Backend { Backend(rawValue: coffer_aes_best_backend().rawValue) ?? .portable }

    public var isAvailable: Bool { coffer_aes_has_backend(coffer_aes_backend(rawValue: rawValue)) != 0 }
  }

  public static let keySize = 32
  public static let nonceSize = 12
  public static let tagSize = 16
  /// Of one text, in bytes: 2^36 - 32.
  public static let textLimit = 68_719_476_704

  /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)`` or ``CryptographyError/noSuchBackend``.
  public init(key bytes: UnsafeRawBufferPointer, backend: Backend = .best) throws(CryptographyError) {
    guard bytes.count == AES256.keySize, let base = bytes.baseAddress else {
      throw .wrongSize("the key of AES-256", found: bytes.count, expected: AES256.keySize)
    }
    guard backend.isAvailable else { throw .noSuchBackend }
    key = .allocate(capacity: 1)
    coffer_aes_prepare(key, base.assumingMemoryBound(to: UInt8.self), coffer_aes_backend(rawValue: backend.rawValue))
  }

  deinit {
    coffer_wipe(key, MemoryLayout<coffer_aes_key>.size)
    key.deallocate()
  }

  /// Ninety-six bits that one key may see once only.
  public struct Nonce: Sendable, Equatable {
    let first: UInt32
    let last: UInt64

    /// Both are written big-endian, one after the other.
    public init(prefix: UInt32, counter: UInt64) {
      first = prefix.bigEndian
      last = counter.bigEndian
    }

    /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)``
    public init(_ bytes: UnsafeRawBufferPointer) throws(CryptographyError) {
      guard bytes.count == AES256.nonceSize else {
        throw .wrongSize("the nonce of AES-GCM", found: bytes.count, expected: AES256.nonceSize)
      }
      first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
      last = bytes.loadUnaligned(fromByteOffset: 4, as: UInt64.self)
    }
  }

  public struct Tag: Sendable, Equatable {
    var first: UInt64 = 0
    var last: UInt64 = 0

    fileprivate init() {}

    /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)``
    public init(_ bytes: UnsafeRawBufferPointer) throws(CryptographyError) {
      guard bytes.count == AES256.tagSize else {
        throw .wrongSize("the tag of AES-GCM", found: bytes.count, expected: AES256.tagSize)
      }
      first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
      last = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    }

    /// Writes the 16 bytes; nothing where there is no room for them.
    public func store(to bytes: UnsafeMutableRawBufferPointer) {
      guard bytes.count >= AES256.tagSize else { return }
      bytes.storeBytes(of: first, as: UInt64.self)
      bytes.storeBytes(of: last, toByteOffset: 8, as: UInt64.self)
    }

    /// The 16 bytes as they lie in memory.
    public var words: (UInt64, UInt64) { (first, last) }

    public init(words: (UInt64, UInt64)) { (first, last) = words }

    public var bytes: [UInt8] {
      [UInt8](unsafeUninitializedCapacity: AES256.tagSize) { buffer, count in
        store(to: UnsafeMutableRawBufferPointer(buffer))
        count = AES256.tagSize
      }
    }
  }

  /// Encrypts `text` into `output`, which may be the same memory. Neither may be memory that the host can write: both are read more than once.
  /// - Throws: ``CryptographyError/wrongSize(_:found:expected:)`` if `output` has another count, or the text is longer than ``textLimit``.
  public borrowing func seal(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, nonce: Nonce, associated: UnsafeRawBufferPointer
  ) throws(CryptographyError) -> Tag {
    try AES256.check(text.count, output.count)
    var tag = Tag()
    withUnsafeMutableBytes(of: &tag) { tag in
      AES256.withText(text, output, nonce, associated) { coffer_gcm_seal(key, &$0, tag.baseAddress) }
    }
    return tag
  }

  /// Decrypts `text` into `output`, under the conditions of ``seal(_:into:nonce:associated:)``.
  /// - Throws: ``CryptographyError/notAuthentic``, and `output` is zeros.
  public borrowing func open(
    _ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, nonce: Nonce, associated: UnsafeRawBufferPointer, tag: Tag
  ) throws(CryptographyError) {
    try AES256.check(text.count, output.count)
    let isAuthentic = withUnsafeBytes(of: tag) { tag in
      AES256.withText(text, output, nonce, associated) { coffer_gcm_open(key, &$0, tag.baseAddress) }
    }
    guard isAuthentic != 0 else { throw .notAuthentic }
  }

  private static func check(_ found: Int, _ expected: Int) throws(CryptographyError) {
    guard found == expected else { throw .wrongSize("the output of AES-GCM", found: expected, expected: found) }
    guard found <= textLimit else { throw .wrongSize("the text of AES-GCM", found: found, expected: textLimit) }
  }

  private static func withText<Result>(
    _ text: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ nonce: Nonce, _ associated: UnsafeRawBufferPointer,
    _ body: (inout coffer_gcm_text) -> Result
  ) -> Result {
    withUnsafeBytes(of: (nonce.first, UInt32(truncatingIfNeeded: nonce.last), UInt32(truncatingIfNeeded: nonce.last >> 32))) { nonce in
      var parameters = coffer_gcm_text(
        nonce: nonce.bytes, associated: associated.bytes, associated_count: associated.count, input: text.bytes, count: text.count,
        output: output.bytes)
      return body(&parameters)
    }
  }

  /// The first 16 bytes, in place.
  borrowing func encrypt(_ block: UnsafeMutableRawBufferPointer) { coffer_aes_encrypt(key, block.bytes, block.bytes) }
  borrowing func decrypt(_ block: UnsafeMutableRawBufferPointer) { coffer_aes_decrypt(key, block.bytes, block.bytes) }
}

extension UnsafeMutableRawBufferPointer {
  fileprivate var bytes: UnsafeMutablePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

extension UnsafeRawBufferPointer {
  fileprivate var bytes: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}

import CGuestCrypto

/// HMAC (RFC 2104) with a key that is made ready once and used for many texts.
public struct HMAC<Variant: SHA2Variant>: ~Copyable {
  public static var size: Int { Variant.digestSize }

  /// Each has hashed the key in its own disguise.
  private var inner = SHA2<Variant>()
  private var outer = SHA2<Variant>()

  public init(key: UnsafeRawBufferPointer) {
    var padded = SecretBytes(count: SHA2<Variant>.blockSize)
    padded.withMutableBytes { padded in
      if key.count > padded.count {
        var hash = SHA2<Variant>()
        hash.update(key)
        hash.finish(into: padded)
      } else {
        padded.copyMemory(from: key)
      }
      for index in 0..<padded.count { padded[index] ^= 0x36 }
      inner.update(UnsafeRawBufferPointer(padded))
      for index in 0..<padded.count { padded[index] ^= 0x36 ^ 0x5c }
      outer.update(UnsafeRawBufferPointer(padded))
    }
  }

  /// Writes the code of the text, and a byte behind it where there is one: ``size`` bytes, or as many as there is room for.
  public borrowing func authenticate(
    _ text: UnsafeRawBufferPointer, last: UInt8? = nil,
    into code: UnsafeMutableRawBufferPointer
  ) {
    var digest = SecretBytes(count: HMAC.size)
    var hash = inner.copy()
    hash.update(text)
    if let last { withUnsafeBytes(of: last) { hash.update($0) } }
    digest.withMutableBytes { hash.finish(into: $0) }
    var outerHash = outer.copy()
    digest.withBytes { outerHash.update($0) }
    outerHash.finish(into: code)
  }

  /// The code of what may be public.
  public static func code(_ text: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: size)
    let key = key.withRawBytes { HMAC(key: $0) }
    code.withMutableRawBytes { code in text.withRawBytes { key.authenticate($0, into: code) } }
    return code
  }
}

import CGuestCrypto

/// A hash function of FIPS 180-4 that can be fed in pieces. What it keeps of its input is zeroed when it ends.
public struct SHA2<Variant: SHA2Variant>: ~Copyable {
  /// In bytes.
  public static var digestSize: Int { Variant.digestSize }
  public static var blockSize: Int { 16 * MemoryLayout<Variant.Word>.size }

  /// Eight words of state, a block that is not whole yet, and the schedule of words.
  private var memory: SecretBytes
  private var byteCount: UInt64 = 0

  private static var stateSize: Int { 8 * MemoryLayout<Variant.Word>.size }

  public init() {
    memory = SecretBytes(count: SHA2.stateSize + SHA2.blockSize + Variant.roundCount * MemoryLayout<Variant.Word>.size)
    memory.withMutableBytes { $0.storeBytes(of: Variant.initialState, as: SIMD8<Variant.Word>.self) }
  }

  private init(copying other: borrowing SHA2) {
    memory = other.memory.copy()
    byteCount = other.byteCount
  }

  /// What has been fed so far, to go on with in two ways.
  public borrowing func copy() -> SHA2 { SHA2(copying: self) }

  /// Adds to what is hashed, as if all pieces were one.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    var pending = Int(byteCount % UInt64(SHA2.blockSize))
    byteCount &+= UInt64(bytes.count)
    var offset = 0
    memory.withMutableBytes { memory in
      let block = UnsafeMutableRawBufferPointer(rebasing: memory[SHA2.stateSize..<SHA2.stateSize + SHA2.blockSize])
      while offset < bytes.count {
        let count = min(SHA2.blockSize - pending, bytes.count - offset)
        UnsafeMutableRawBufferPointer(rebasing: block[pending..<pending + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
        offset += count
        pending += count
        if pending == SHA2.blockSize {
          SHA2.compress(memory)
          pending = 0
        }
      }
    }
  }

  public mutating func update(_ bytes: [UInt8]) { bytes.withRawBytes { update($0) } }

  /// Writes the digest's ``digestSize`` bytes, or as many of them as there is room for, and is ready for another text.
  public mutating func finish(into digest: UnsafeMutableRawBufferPointer) {
    let pending = Int(byteCount % UInt64(SHA2.blockSize))
    let bits = (byteCount &* 8).bigEndian
    memory.withMutableBytes { memory in
      let block = UnsafeMutableRawBufferPointer(rebasing: memory[SHA2.stateSize..<SHA2.stateSize + SHA2.blockSize])
      block[pending] = 0x80
      for index in pending + 1..<SHA2.blockSize { block[index] = 0 }
      // Two words for the length.
      if pending >= SHA2.blockSize - 2 * MemoryLayout<Variant.Word>.size {
        SHA2.compress(memory)
        for index in 0..<SHA2.blockSize { block[index] = 0 }
      }
      block.storeBytes(of: bits, toByteOffset: SHA2.blockSize - 8, as: UInt64.self)
      SHA2.compress(memory)
      for index in 0..<8 {
        let offset = index * MemoryLayout<Variant.Word>.size
        memory.storeBytes(of: memory.load(fromByteOffset: offset, as: Variant.Word.self).bigEndian, toByteOffset: offset, as: Variant.Word.self)
      }
      let count = min(SHA2.digestSize, digest.count)
      UnsafeMutableRawBufferPointer(rebasing: digest[..<count]).copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
      memory.storeBytes(of: Variant.initialState, as: SIMD8<Variant.Word>.self)
    }
    byteCount = 0
    coffer_wipe_stack()
  }

  /// The digest of what is public.
  public mutating func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: SHA2.digestSize)
    digest.withMutableRawBytes { finish(into: $0) }
    return digest
  }

  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA2()
    hash.update(bytes)
    return hash.finish()
  }

  /// The memory has three parts of fixed sizes, so every index below is within it.
  private static func compress(_ memory: UnsafeMutableRawBufferPointer) {
    guard let base = memory.baseAddress else { return }
    let words = base.assumingMemoryBound(to: Variant.Word.self)
    Variant.compress(state: words, block: words + 8, schedule: words + 24)
  }
}

/// What the hash functions of the family differ in.
public protocol SHA2Variant {
  associatedtype Word: FixedWidthInteger & UnsignedInteger & SIMDScalar & BitwiseCopyable
  static var digestSize: Int { get }
  static var roundCount: Int { get }
  static var initialState: SIMD8<Word> { get }
  /// - Parameter state: eight words; `block`: sixteen, big-endian; `schedule`: one for each round, to work in.
  static func compress(state: UnsafeMutablePointer<Word>, block: UnsafeMutablePointer<Word>, schedule: UnsafeMutablePointer<Word>)
}

public typealias SHA256 = SHA2<SHA256Variant>
public typealias SHA384 = SHA2<SHA384Variant>
public typealias SHA512 = SHA2<SHA512Variant>

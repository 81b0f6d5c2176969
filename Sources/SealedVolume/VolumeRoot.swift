#if canImport(GuestCrypto)
  import GuestCrypto
#endif

/// A root as it lies in the store: one block, whose head is in the clear and authenticated, and whose rest is sealed.
///
///     0    8 "COFVOL", 0, 1 (the format)
///     8   24 version: session and counter
///     32  16 tag
///     48   8 blocks of the volume, from here on sealed
///     56  40 entry of the highest node
///     96     zeros
struct VolumeRoot {
  static let magic: UInt64 = 0x0100_4c4f_5646_4f43
  static let headSize = 32
  static let sealedOffset = 48

  var version: VolumeVersion
  var blockCount: UInt64
  var top: NodeEntry

  /// What the head of a block says, if it is a root's at all; nothing of it is believed before the rest opens.
  static func version(of block: UnsafeRawBufferPointer) -> VolumeVersion? {
    guard block.count == VolumeLayout.blockSize, UInt64(littleEndian: block.loadUnaligned(as: UInt64.self)) == magic else { return nil }
    let session = VolumeSession(
      first: block.loadUnaligned(fromByteOffset: 8, as: UInt64.self), last: block.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    let counter = UInt64(littleEndian: block.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    guard counter > 0, counter >> 63 == 0 else { return nil }
    return VolumeVersion(session: session, counter: counter)
  }

  /// - Parameter block: overwritten with what was sealed.
  /// - Returns: nil if it is no root of the volume with this key.
  static func open(_ block: UnsafeMutableRawBufferPointer, _ keys: inout SessionKeys) -> VolumeRoot? {
    guard let version = version(of: UnsafeRawBufferPointer(block)) else { return nil }
    let (head, tagBytes) = (UnsafeRawBufferPointer(rebasing: block[..<headSize]), UnsafeRawBufferPointer(rebasing: block[headSize..<sealedOffset]))
    let rest = UnsafeMutableRawBufferPointer(rebasing: block[sealedOffset...])
    do {
      let tag = try AES256.Tag(tagBytes)
      try keys.withKey(of: version.session) { (key) throws(CryptographyError) in
        try key.open(UnsafeRawBufferPointer(rest), into: rest, nonce: .root(version.counter), associated: head, tag: tag)
      }
    } catch {
      return nil
    }
    return VolumeRoot(
      version: version, blockCount: UInt64(littleEndian: rest.loadUnaligned(as: UInt64.self)),
      top: rest.loadUnaligned(fromByteOffset: 8, as: NodeEntry.self))
  }

  /// - Parameter block: of a block's size; overwritten.
  func seal(into block: UnsafeMutableRawBufferPointer, _ keys: inout SessionKeys) throws(CryptographyError) {
    block.initializeMemory(as: UInt8.self, repeating: 0)
    block.storeBytes(of: VolumeRoot.magic.littleEndian, as: UInt64.self)
    block.storeBytes(of: version.session.first, toByteOffset: 8, as: UInt64.self)
    block.storeBytes(of: version.session.last, toByteOffset: 16, as: UInt64.self)
    block.storeBytes(of: version.counter.littleEndian, toByteOffset: 24, as: UInt64.self)
    block.storeBytes(of: blockCount.littleEndian, toByteOffset: VolumeRoot.sealedOffset, as: UInt64.self)
    block.storeBytes(of: top, toByteOffset: VolumeRoot.sealedOffset + 8, as: NodeEntry.self)
    let head = UnsafeRawBufferPointer(rebasing: block[..<VolumeRoot.headSize])
    let rest = UnsafeMutableRawBufferPointer(rebasing: block[VolumeRoot.sealedOffset...])
    let tag = try keys.withKey(of: version.session) { (key) throws(CryptographyError) in
      try key.seal(UnsafeRawBufferPointer(rest), into: rest, nonce: .root(version.counter), associated: head)
    }
    tag.store(to: UnsafeMutableRawBufferPointer(rebasing: block[VolumeRoot.headSize..<VolumeRoot.sealedOffset]))
  }
}

extension AES256.Nonce {
  /// No counter is used twice in a session; the first word keeps roots apart all the same.
  static func root(_ counter: UInt64) -> AES256.Nonce { AES256.Nonce(prefix: 1, counter: counter) }
  static func block(_ counter: UInt64) -> AES256.Nonce { AES256.Nonce(prefix: 0, counter: counter) }
}

/// Why a volume was not opened, read, written or committed.
public enum VolumeError: Error, Equatable {
  /// The host refused: its number for it.
  case store(BlockStoreError)
  /// The host's answer has another length: bytes asked for, bytes answered.
  case shortAnswer(asked: Int, answered: Int)
  /// A block of the volume, or a node of its tree (layer 1 and up), is not what was written there last: changed, moved, old or cut off by the host.
  case damaged(layer: Int, index: UInt64)
  /// Neither of the two roots is one of this volume under this key.
  case noRoot
  /// The roots that are there are of other versions than the one expected: an old volume, or one that has moved on. The newest that was found.
  case otherVersion(found: VolumeVersion)
  /// Writing needs ``SealedVolume/begin(_:)`` first, so that no two clones write under one key.
  case noSession
  /// A session is 16 random bytes that were never used before: these are zeros, or those of a root.
  case usedSession
  /// Blocks that the volume does not have, or a buffer that is no whole number of blocks: the first, bytes of the buffer, blocks of the volume.
  case outOfRange(first: UInt64, bytes: Int, blockCount: UInt64)
  /// A volume has 1 to ``VolumeLayout/blockLimit`` blocks, and a cache at least ``SealedVolume/smallestCache`` nodes.
  case wrongSize(UInt64)
  /// A commit did not come to its end: what counts now is whichever version the broker has. Open the volume anew with that one.
  case undecided
  /// 2^63 blocks were sealed.
  case exhausted
  /// The key has not 32 bytes, or an encoded version or session not 24 or 16: bytes found.
  case malformed(found: Int, expected: Int)
}

extension VolumeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .store(let error): "the host's store refused with error \(error.code): look at the host"
    case .shortAnswer(let asked, let answered): "the host's store answered \(answered) bytes where \(asked) were asked for: the volume was cut, or the host fails"
    case .damaged(let layer, let index):
      "\(layer == 0 ? "block" : "node of layer \(layer), number") \(index) of the volume is not what was written there last: changed, moved, old or cut off by the host"
    case .noRoot: "the store has no root of this volume under this key: another key, another store, or both roots changed by the host"
    case .otherVersion(let found): "the newest root in the store has version counter \(found.counter), which is not the version expected: refuse the store"
    case .noSession: "the volume was opened for reading: begin a session before writing"
    case .usedSession: "a session must be 16 fresh random bytes, drawn after the last clone"
    case .outOfRange(let first, let bytes, let blockCount):
      "\(bytes) bytes from block \(first) on are not whole blocks of the volume's \(blockCount)"
    case .wrongSize(let size): "\(size) is no size of a volume or of its cache"
    case .undecided: "a commit did not come to its end: open the volume anew with the version that the broker has"
    case .exhausted: "the volume has sealed 2^63 blocks: copy it to a new one"
    case .malformed(let found, let expected): "a key, version or session has \(found) bytes, and must have \(expected)"
    }
  }
}

// sources: Sources/CGuestCrypto Sources/GuestCrypto Sources/SealedVolume
// sanitize: address
// seed: 00434f46564f4c000100000000000000000000000000000000010000000000000000
// seed: 01020304050607080900ff00ff00ff
// seed: 0200000000000000000000000000000000000000000000000000000000000000000000
@testable import GuestCrypto
@testable import SealedVolume

/// A store whose answers are the input: whatever is in its roots, nodes and blocks, a volume gives an error, or what was written.
///
/// The first byte says what is tampered with: bit 0, a store that is nothing but the input; otherwise a small volume in which the input changes bytes.
/// Bit 1: the roots are sealed with the right key over the input's contents, as only a broken writer could.
@_cdecl("LLVMFuzzerTestOneInput")
public func answer(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: data, count: count))
  guard let kind = input.first else { return 0 }
  let rest = Array(input.dropFirst())
  let store = kind & 1 == 1 ? FuzzedStore(rest) : volume.copy()
  if kind & 2 == 2 {
    sealRoot(rest, into: store)
  } else if kind & 1 == 0 {
    store.change(rest)
  }
  let isWhole = store.bytes == volume.bytes
  do {
    var opened = try SealedVolume(opening: store, key: key(), expecting: nil, cachedNodes: 16)
    var block = [UInt8](repeating: 1, count: VolumeLayout.blockSize)
    for index in [0, 1, opened.blockCount - 1] {
      do {
        try block.withMutableRawBytes { (buffer) throws(VolumeError) in try opened.read(index, into: buffer) }
        // Nobody sealed anything under this key but zeros and block 1 of the small volume.
        precondition(block.allSatisfy { $0 == 0 } || block.allSatisfy { $0 == 7 }, "a block that nobody wrote")
      } catch {
        precondition(!isWhole, "a volume that was left alone is refused")
        precondition(block.allSatisfy { $0 == 0 }, "an error, and bytes")
        precondition(!error.description.isEmpty && error.description.utf8.count < 300, "an error that says too little or too much")
      }
    }
  } catch {
    precondition(!isWhole, "a volume that was left alone is not opened")
  }
  if let version = try? VolumeVersion(encoded: rest) { precondition(version.encoded == rest, "a version that is not read back") }
  return 0
}

private func key() -> SecretBytes { SecretBytes(copying: [UInt8](repeating: 3, count: 32)) }

private func session(_ byte: UInt8) -> VolumeSession { VolumeSession(first: UInt64(byte), last: 1) }

/// Five blocks, of which the second is sevens.
nonisolated(unsafe) private let volume: FuzzedStore = {
  let store = FuzzedStore([UInt8](repeating: 0, count: 14 * VolumeLayout.blockSize))
  do {
    _ = try SealedVolume.create(in: store, key: key(), blockCount: 5, session: session(1)) { _ throws(Never) in }
    var made = try SealedVolume(opening: store, key: key(), expecting: nil, cachedNodes: 16)
    try made.begin(session(2))
    let block = [UInt8](repeating: 7, count: VolumeLayout.blockSize)
    try block.withRawBytes { (buffer) throws(VolumeError) in try made.write(1, from: buffer) }
    try made.commit()
  } catch {
    preconditionFailure("no volume: \(error)")
  }
  return store
}()

/// A root with any contents, under the right key.
private func sealRoot(_ contents: [UInt8], into store: FuzzedStore) {
  var padded = contents
  padded += [UInt8](repeating: 0, count: max(0, 48 - contents.count))
  padded.withRawBytes { bytes in
    let root = VolumeRoot(
      version: VolumeVersion(session: session(3), counter: 1 << 20), blockCount: bytes.loadUnaligned(as: UInt64.self),
      top: bytes.loadUnaligned(fromByteOffset: 8, as: NodeEntry.self))
    var block = [UInt8](repeating: 0, count: VolumeLayout.blockSize)
    guard var keys = try? SessionKeys(key()) else { return }
    let isSealed = block.withMutableRawBytes { (try? root.seal(into: $0, &keys)) != nil }
    if isSealed { store.write(block) }
  }
}

private final class FuzzedStore: BlockStore {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func copy() -> FuzzedStore { FuzzedStore(bytes) }

  /// Four bytes each: three where, and what is added to what is there.
  func change(_ changes: [UInt8]) {
    for start in stride(from: 0, to: changes.count - 3, by: 4) {
      let place = Int(changes[start]) | Int(changes[start + 1]) << 8 | Int(changes[start + 2]) << 16
      if place < bytes.count { bytes[place] &+= changes[start + 3] }
    }
  }

  func write(_ root: [UInt8]) {
    if bytes.count < root.count { bytes = root } else { bytes.replaceSubrange(0..<root.count, with: root) }
  }

  func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    guard first < UInt64(bytes.count / VolumeLayout.blockSize + 1) else { throw BlockStoreError(code: 5) }
    let part = bytes.dropFirst(Int(first) * VolumeLayout.blockSize).prefix(buffer.count)
    buffer.copyBytes(from: part)
    // What is left out of the last block is zeros; what begins behind the end is cut.
    return part.isEmpty ? 0 : buffer.count
  }

  func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    let start = Int(first) * VolumeLayout.blockSize
    guard start + buffer.count <= bytes.count else { throw BlockStoreError(code: 28) }
    bytes.replaceSubrange(start..<start + buffer.count, with: buffer)
    return buffer.count
  }

  func flush() throws(BlockStoreError) {}
}

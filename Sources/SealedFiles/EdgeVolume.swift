#if canImport(LibOS)
  import EdgeCalls
  import GuestCrypto
  import LibOS
  import SealedVolume
#endif

/// The host's file, through the edge.
package struct EdgeVolume: BlockStore {
  let edge: EdgeClient

  package init(_ edge: EdgeClient) { self.edge = edge }

  package mutating func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    let target = MemoryRegion(base: base, count: UInt64(buffer.count))
    do throws(SystemError) {
      let length = try edge.call(.readVolume, first, target.count / EdgeVolume.blockSize).length
      guard length <= target.count else { return -1 }
      // From here on the bytes are the volume's own, which no host can change any more.
      try target.copy(from: try edge.payload.slice(0, length))
      return Int(length)
    } catch {
      throw BlockStoreError(code: Int32(truncatingIfNeeded: error.number))
    }
  }

  package mutating func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    try write([BlockRun(first: first, count: buffer.count / VolumeLayout.blockSize)], from: buffer)
  }

  package mutating func write(_ runs: [BlockRun], from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    guard let base = buffer.baseAddress else { return 0 }
    do throws(SystemError) {
      // Only read from.
      try edge.payload.copy(from: MemoryRegion(base: UnsafeMutableRawPointer(mutating: base), count: UInt64(buffer.count)))
      var length = UInt64(buffer.count)
      for run in runs {
        try edge.payload.store64(run.first, length)
        try edge.payload.store64(UInt64(run.count), length + 8)
        length += 16
      }
      let written = try edge.call(.writeVolume, UInt64(runs.count), length: length).first
      return written <= UInt64(buffer.count) ? Int(written) : -1
    } catch {
      throw BlockStoreError(code: Int32(truncatingIfNeeded: error.number))
    }
  }

  package mutating func flush() throws(BlockStoreError) {
    do throws(SystemError) { _ = try edge.call(.flushVolume) } catch { throw BlockStoreError(code: Int32(truncatingIfNeeded: error.number)) }
  }

  private static var blockSize: UInt64 { UInt64(VolumeLayout.blockSize) }

  /// Whether no root was ever written here.
  mutating func isEmpty() throws(SealedFailure) -> Bool {
    var roots = [UInt8](repeating: 1, count: 2 * VolumeLayout.blockSize)
    do throws(BlockStoreError) {
      let answered = try roots.withMutableRawBytes { (bytes) throws(BlockStoreError) in try read(0, into: bytes) }
      guard answered == roots.count else { throw BlockStoreError(code: 5) }
    } catch {
      throw .host
    }
    return !roots.contains { $0 != 0 }
  }
}

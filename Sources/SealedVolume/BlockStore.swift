/// Where the blocks of a sealed volume lie: on the host, whose answers may be anything.
///
/// Blocks have ``VolumeLayout/blockSize`` bytes and are counted from zero. A store need keep nothing that was written after the last flush, in whole or in part.
public protocol BlockStore {
  /// Copies the blocks from `first` on into `buffer`, which is the volume's own memory: what is checked there nobody else can change any more.
  /// - Returns: bytes copied; fewer than asked for is an error of the volume.
  mutating func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(BlockStoreError) -> Int

  /// - Returns: bytes written.
  mutating func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int

  /// Writes blocks that lie one behind the other in `buffer` to places that need not; `runs` have as many together.
  /// - Returns: bytes written.
  mutating func write(_ runs: [BlockRun], from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int

  /// Returns when everything that was written will be there after a crash.
  mutating func flush() throws(BlockStoreError)
}

extension BlockStore {
  /// A call for each run, until one is written short.
  public mutating func write(_ runs: [BlockRun], from buffer: UnsafeRawBufferPointer) throws(BlockStoreError) -> Int {
    var written = 0
    for run in runs {
      let end = written + run.count * VolumeLayout.blockSize
      written += try write(run.first, from: UnsafeRawBufferPointer(rebasing: buffer[written..<end]))
      guard written == end else { break }
    }
    return written
  }
}

/// Blocks one behind the other.
public struct BlockRun: Equatable, Sendable {
  public var first: UInt64
  public var count: Int

  public init(first: UInt64, count: Int) { (self.first, self.count) = (first, count) }
}

/// What the host said when it refused; believed as little as anything else it says.
public struct BlockStoreError: Error, Equatable {
  /// The system's number for it.
  public var code: Int32

  public init(code: Int32) { self.code = code }
}

/// Where things lie in the store: two roots, then the layers from the highest node to the blocks, each of them twice. What is committed is in one of
/// the two places, what will be committed next in the other.
public struct VolumeLayout: Sendable {
  /// In bytes.
  public static let blockSize = 4096
  /// 256 TiB.
  public static let blockLimit: UInt64 = 1 << 36
  static let rootCount: UInt64 = 2
  /// Children of a node.
  static let fanOut: UInt64 = 102

  /// How many there are in each layer: blocks in layer 0, nodes above, one in the last.
  let counts: [UInt64]
  private let starts: [UInt64]
  /// Blocks that the store has to have.
  public let storeBlockCount: UInt64

  /// - Throws: ``VolumeError/wrongSize(_:)``
  public init(blockCount: UInt64) throws(VolumeError) {
    // So bounded, no sum below overflows.
    guard blockCount > 0, blockCount <= VolumeLayout.blockLimit else { throw .wrongSize(blockCount) }
    var counts = [blockCount]
    var count = blockCount
    repeat {
      count = (count + VolumeLayout.fanOut - 1) / VolumeLayout.fanOut
      counts.append(count)
    } while count > 1
    var starts = counts
    var next = VolumeLayout.rootCount
    for layer in stride(from: counts.count - 1, through: 0, by: -1) {
      starts[layer] = next
      next += 2 * counts[layer]
    }
    (self.counts, self.starts, storeBlockCount) = (counts, starts, next)
  }

  var blockCount: UInt64 { counts[0] }
  var topLayer: Int { counts.count - 1 }

  func position(layer: Int, index: UInt64, isSecond: Bool) -> UInt64 { starts[layer] + (isSecond ? counts[layer] : 0) + index }
}

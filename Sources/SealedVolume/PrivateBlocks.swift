/// Memory of the volume's own for what is sealed: what came from the host is here before it is checked, what goes there after it was sealed. It never holds plain text,
/// and pages that nothing has come to yet cost nothing.
///
/// The memory is there from this value's beginning to its end; block numbers come from the volume, which bounds them by `count`.
struct PrivateBlocks: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer

  init(count: Int) {
    memory = .allocate(byteCount: count * VolumeLayout.blockSize, alignment: VolumeLayout.blockSize)
  }

  deinit { memory.deallocate() }

  /// Blocks one behind the other.
  func blocks(_ numbers: Range<Int>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[numbers.lowerBound * VolumeLayout.blockSize..<numbers.upperBound * VolumeLayout.blockSize])
  }
}

#if canImport(LibOS)
  import EdgeCalls
  import LibOS
  import SealedVolume
#endif

/// How the blocks of a volume are divided: one that stands for holes and is never written, those of the tree of names, and those of contents.
package struct SealedLayout: Equatable {
  /// Enough for ``MemoryMap/scratchNameLimit`` of the longest names and what they name.
  package static let treeBlocks = UInt32(GuestManifest.sealedMemorySize(0) / ScratchBlocks.size - 1)
  /// What a volume may hold at most, as scratch space.
  package static let sizeLimit: UInt64 = 1 << 30

  package let blockCount: UInt32

  /// - Parameter size: bytes of contents, up to ``sizeLimit``; what is no whole block is left out.
  package init(size: UInt64) {
    blockCount = UInt32(GuestManifest.sealedMemorySize(min(size, SealedLayout.sizeLimit)) / ScratchBlocks.size)
  }

  package var firstOfContents: UInt32 { 1 + SealedLayout.treeBlocks }
  /// Bytes of memory for all blocks, of which those have any behind them that are used.
  package var memorySize: UInt64 { UInt64(blockCount) * ScratchBlocks.size }

  /// Nodes of the volume's own tree in memory: all of a volume of 200 MiB, and 2 MB at most.
  package var cachedNodes: Int { min(500, max(16, Int(blockCount) / 102 + 8)) }
}

/// Which blocks hold a file's contents: a tree of blocks with the numbers of 1024 others each, of which only those exist that lead
/// anywhere, so that holes cost nothing.
package struct ScratchMap {
  package var root: UInt32 = 0
  /// Levels of the tree above the contents: 0 where the root itself is the first block of contents.
  package var height: UInt64 = 0

  private static let bits: UInt64 = 10
  package static let fanOut: UInt64 = 1 << bits

  /// Where in a tree block of this level the number that leads to a block of contents stands.
  private static func place(_ index: UInt64, _ level: UInt64) -> UInt64 { 4 * (index >> (bits * level) & (fanOut - 1)) }

  private func reaches(_ index: UInt64) -> Bool { index >> (ScratchMap.bits * height) == 0 }

  /// - Parameter index: of a block in the file; the caller bounds it to 32 bits.
  /// - Returns: its number, 0 for a hole.
  func block(_ index: UInt64, _ blocks: ScratchBlocks) throws(SystemError) -> UInt32 {
    guard reaches(index) else { return 0 }
    var number = root
    var level = height
    while level > 0, number != 0 {
      level -= 1
      number = try blocks[number].load32(ScratchMap.place(index, level))
    }
    return number
  }

  /// As ``block(_:_:)``, with a block of zeros in the place of a hole.
  mutating func blockToWrite(_ index: UInt64, _ blocks: ScratchBlocks) throws(SystemError) -> UInt32 {
    while !reaches(index) {
      if root != 0 {
        let above = try blocks.take()
        try blocks.toWrite(above).store32(root, 0)
        root = above
      }
      height += 1
    }
    if root == 0 { root = try blocks.take() }
    var number = root
    var level = height
    while level > 0 {
      level -= 1
      let tree = number
      let place = ScratchMap.place(index, level)
      number = try blocks[tree].load32(place)
      if number == 0 {
        number = try blocks.take()
        try blocks.toWrite(tree).store32(number, place)
      }
    }
    return number
  }

  /// Gives back all blocks but the first `count`.
  mutating func cut(to count: UInt64, _ blocks: ScratchBlocks) throws(SystemError) {
    root = try ScratchMap.pruned(root, level: height, keeping: count, blocks)
    if root == 0 { height = 0 }
  }

  /// Recursion ends at level 0, and no file has more than four levels.
  private static func pruned(
    _ number: UInt32, level: UInt64, keeping count: UInt64, _ blocks: ScratchBlocks
  ) throws(SystemError) -> UInt32 {
    if number == 0 || count >> (bits * level) != 0 { return number }
    if level > 0 {
      let tree = try blocks[number]
      let below = bits * (level - 1)
      for entry in count >> below..<fanOut {
        let child = try tree.load32(4 * entry)
        if child == 0 { continue }
        let kept = entry == count >> below ? count - entry << below : 0
        let left = try pruned(child, level: level - 1, keeping: kept, blocks)
        if left != child { try blocks.toWrite(number).store32(left, 4 * entry) }
      }
    }
    guard count == 0 else { return number }
    try blocks.giveBack(number)
    return 0
  }
}

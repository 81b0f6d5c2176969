#if canImport(LibOS)
  import LibOS
  import SealedVolume
#endif

/// Blocks of a file system that come from a sealed volume when they are needed and go back to it, changed, with a commit.
///
/// Each has its place in the instance's memory, where it stays once it is changed, or asked for a second time; what is read once only passes through a little
/// memory that is there already, since a page that is touched for the first time costs more than opening what goes there. What is written many times is sealed
/// once. Block 0 is the one of zeros, ``SealedLayout/treeBlocks`` behind it hold the tree of names, all others contents or maps of files.
///
/// Only this file touches the blocks' memory through pointers: `base` is the caller's, of the layout's size, and each block's number is below the layout's
/// count; `passing` has ``runLimit`` blocks.
package final class SealedBlocks<Store: BlockStore>: ScratchBlocks {
  package let layout: SealedLayout
  private let base: UnsafeMutableRawPointer
  private var volume: SealedVolume<Store>
  private let publish: (VolumeVersion) throws(SystemError) -> Void
  /// Whose tree a commit writes; nil until it was read.
  package var root: ScratchNode?
  /// Blocks of the tree that were written last.
  var treeLength: UInt32 = 0

  /// Those whose bytes in memory count.
  private var present: BlockSet
  /// Those that are not as in the volume.
  private var changed: BlockSet
  /// Those that hold something: the tree's, and of the others those that a file refers to.
  private var used: BlockSet
  /// No block below is free.
  private var lowestFree: UInt32
  /// Behind what was read last, and how many were: who reads in order gets more at a time.
  private var run: (end: UInt32, count: UInt32) = (0, 1)
  private static var runLimit: UInt32 { 32 }
  /// Blocks of contents that pass through, made when they are needed; which, and those that did so before.
  private var passing: UnsafeMutableRawBufferPointer?
  private var passed: (first: UInt32, count: UInt32) = (0, 0)
  private var asked: BlockSet

  /// - Parameters:
  ///   - base: zeros, ``SealedLayout/memorySize`` of them, aligned to a block.
  ///   - volume: opened for writing, with the layout's number of blocks.
  ///   - publish: keeps a commit's version where the host cannot turn it back.
  package init(
    _ volume: consuming SealedVolume<Store>, layout: SealedLayout, base: UnsafeMutableRawPointer,
    publish: @escaping (VolumeVersion) throws(SystemError) -> Void
  ) {
    (self.layout, self.base, self.publish) = (layout, base, publish)
    self.volume = volume
    let none = BlockSet(limit: layout.blockCount)
    (present, changed, used, asked) = (none, none, none, none)
    present.insert(0)
    for number in 0..<layout.firstOfContents { used.insert(number) }
    lowestFree = layout.firstOfContents
    super.init(MemoryRegion(base: base, count: layout.memorySize))
  }

  deinit { passing?.deallocate() }

  // MARK: Blocks

  /// What is given for a block of contents holds until the next is asked for; a map of blocks or a part of the tree stays.
  package override subscript(_ number: UInt32) -> MemoryRegion {
    get throws(SystemError) {
      guard !present.contains(number), number >= layout.firstOfContents else { return try kept(number) }
      let isThere = number >= passed.first && number - passed.first < passed.count
      if !isThere, asked.contains(number) { return try kept(number) }
      let passing = self.passing ?? .allocate(byteCount: Int(Self.runLimit) * Int(ScratchBlocks.size), alignment: Int(ScratchBlocks.size))
      self.passing = passing
      if !isThere {
        passed.count = 0
        passed = (number, try load(number, into: passing))
      }
      asked.insert(number)
      guard let base = passing.baseAddress else { throw .inputOutput }
      return MemoryRegion(base: base + Int(number - passed.first) * Int(ScratchBlocks.size), count: ScratchBlocks.size)
    }
  }

  /// A block in its place, where it stays.
  func kept(_ number: UInt32) throws(SystemError) -> MemoryRegion {
    if !present.contains(number) {
      guard number < layout.blockCount else { throw .inputOutput }
      let count = try load(number, into: bytes(number, min(Self.runLimit, layout.blockCount - number)).all)
      for index in 0..<count { present.insert(number + index) }
    }
    return MemoryRegion(base: bytes(number, 1).base, count: ScratchBlocks.size)
  }

  package override func toWrite(_ number: UInt32) throws(SystemError) -> MemoryRegion {
    let block = try kept(number)
    // Block 0 is what all holes read as.
    guard number > 0 else { throw .inputOutput }
    changed.insert(number)
    return block
  }

  package override func take() throws(SystemError) -> UInt32 {
    guard let number = used.firstMissing(from: lowestFree) else { throw refusal() }
    lowestFree = number + 1
    used.insert(number)
    present.insert(number)
    changed.insert(number)
    bytes(number, 1).all.initializeMemory(as: UInt8.self, repeating: 0)
    return number
  }

  package override func giveBack(_ number: UInt32) throws(SystemError) {
    guard number >= layout.firstOfContents, used.contains(number) else { throw .inputOutput }
    used.remove(number)
    asked.remove(number)
    changed.remove(number)
    present.remove(number)
    lowestFree = min(lowestFree, number)
  }

  /// Says of a block that something refers to it, when the tree is read.
  /// - Returns: false if something else does already, or it is none of contents.
  func claim(_ number: UInt32) -> Bool {
    guard number >= layout.firstOfContents, number < layout.blockCount, !used.contains(number) else { return false }
    used.insert(number)
    return true
  }

  private func bytes(_ first: UInt32, _ count: UInt32) -> (base: UnsafeMutableRawPointer, all: UnsafeMutableRawBufferPointer) {
    let start = base + Int(first) * Int(ScratchBlocks.size)
    return (start, UnsafeMutableRawBufferPointer(start: start, count: Int(count) * Int(ScratchBlocks.size)))
  }

  /// Brings a block from the volume, and where they are read in order those behind it that are not here.
  /// - Returns: how many.
  private func load(_ number: UInt32, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> UInt32 {
    guard number < layout.blockCount else { throw .inputOutput }
    let wanted = number == run.end ? min(2 * run.count, UInt32(buffer.count) / UInt32(ScratchBlocks.size)) : 1
    var count: UInt32 = 1
    while count < wanted, used.contains(number + count), !present.contains(number + count) { count += 1 }
    func read(_ count: UInt32) throws(VolumeError) {
      try volume.read(UInt64(number), into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(Int(count) * Int(ScratchBlocks.size))]))
    }
    do throws(VolumeError) {
      try read(count)
    } catch {
      // Of those behind nobody has asked for any yet.
      guard count > 1 else { throw error.systemError }
      count = 1
      do throws(VolumeError) { try read(1) } catch { throw error.systemError }
    }
    run = (number + count, count)
    return count
  }

  // MARK: Commit

  /// Makes all that was done so far count: after a crash the volume has all of it, or all that counted before.
  ///
  /// After an error the blocks are as the program left them, and what counts is what counted before; or, where the version was on its way to whoever keeps
  /// it, one of the two, and no commit of this instance succeeds any more.
  package override func synchronize() throws(SystemError) {
    guard let root else { throw .inputOutput }
    try writeTree(of: root)
    guard changed.first(from: 0) != nil else { return }
    do throws(VolumeError) {
      var (next, stretches): (UInt32, [Range<UInt64>]) = (0, [])
      while let first = changed.first(from: next) {
        next = changed.firstMissing(from: first) ?? layout.blockCount
        stretches.append(UInt64(first)..<UInt64(next))
      }
      try volume.write(stretches, of: UnsafeRawBufferPointer(bytes(0, layout.blockCount).all))
    } catch {
      throw error.systemError
    }
    do throws(VolumeCommitError<SystemError>) {
      try volume.commit(publish)
    } catch {
      switch error {
      case .volume(let error): throw error.systemError
      case .publish(let error): throw error
      }
    }
    changed.removeAll()
  }

  /// Puts a block of the tree in its place, if it is not what is there.
  func putTree(_ number: UInt32, _ contents: [UInt8]) throws(SystemError) {
    let block = try self[number]
    for word in 0..<ScratchBlocks.size / 8 {
      guard try block.load64(8 * word) == contents.word(Int(word)) else { return try toWrite(number).copy(from: contents) }
    }
  }
}

extension [UInt8] {
  fileprivate func word(_ index: Int) -> UInt64 {
    span.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)) }
  }
}

extension VolumeError {
  /// What the program gets: a full disk of the host's as such, all else as a broken disk.
  var systemError: SystemError {
    if case .store(let error) = self, error.code == 28 { return .noSpace }
    return .inputOutput
  }
}

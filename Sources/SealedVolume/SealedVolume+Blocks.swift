#if canImport(GuestCrypto)
  import GuestCrypto
#endif

extension SealedVolume {
  /// Reads whole blocks. What was never written is zeros.
  /// - Throws: ``VolumeError/damaged(layer:index:)`` and others; the buffer is zeros then.
  public mutating func read(_ first: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) {
    try check(first, buffer.count)
    do {
      var offset = 0
      while offset < buffer.count {
        let count = chunk(first + UInt64(offset / VolumeLayout.blockSize), buffer.count - offset)
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count * VolumeLayout.blockSize])
        try readChunk(first + UInt64(offset / VolumeLayout.blockSize), part)
        offset += part.count
      }
    } catch {
      buffer.initializeMemory(as: UInt8.self, repeating: 0)
      throw error
    }
  }

  /// Writes whole blocks, which later reads of this volume see, and every one after the next commit.
  ///
  /// After an error any of them may be unreadable until they are written again.
  public mutating func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(VolumeError) {
    try check(first, buffer.count)
    try writing { (volume) throws(VolumeError) in try volume.append(first, buffer) }
  }

  /// Writes stretches of blocks, as ``write(_:from:)`` does, in as few calls to the store as may be, wherever they lie.
  /// - Parameter memory: what all blocks of the volume are to hold, of which the stretches alone are looked at.
  public mutating func write(_ stretches: [Range<UInt64>], of memory: UnsafeRawBufferPointer) throws(VolumeError) {
    try check(0, memory.count)
    let blockCount = UInt64(memory.count / VolumeLayout.blockSize)
    for stretch in stretches where stretch.upperBound > blockCount {
      throw .outOfRange(first: stretch.lowerBound, bytes: memory.count, blockCount: blockCount)
    }
    try writing { (volume) throws(VolumeError) in
      for stretch in stretches {
        let bytes = Int(stretch.lowerBound) * VolumeLayout.blockSize..<Int(stretch.upperBound) * VolumeLayout.blockSize
        try volume.append(stretch.lowerBound, UnsafeRawBufferPointer(rebasing: memory[bytes]))
      }
    }
  }

  private func check(_ first: UInt64, _ bytes: Int) throws(VolumeError) {
    guard !isUndecided else { throw .undecided }
    let count = UInt64(bytes / VolumeLayout.blockSize)
    guard bytes % VolumeLayout.blockSize == 0, first <= blockCount, count <= blockCount - first else {
      throw .outOfRange(first: first, bytes: bytes, blockCount: blockCount)
    }
  }

  /// Blocks that go together: of one leaf, and no more than the private memory holds.
  private func chunk(_ block: UInt64, _ bytes: Int) -> Int {
    min(Self.runLimit, bytes / VolumeLayout.blockSize, Int(VolumeLayout.fanOut - block % VolumeLayout.fanOut))
  }

  private mutating func readChunk(_ first: UInt64, _ buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) {
    let place = try leaf(first / VolumeLayout.fanOut)
    let (child, count) = (Int(first % VolumeLayout.fanOut), buffer.count / VolumeLayout.blockSize)
    var start = 0
    while start < count {
      let entry = cache.entry(place, child + start)
      var end = start + 1
      while end < count {
        let next = cache.entry(place, child + end)
        guard next.isEmpty == entry.isEmpty, next.isSecond == entry.isSecond else { break }
        end += 1
      }
      let part = UnsafeMutableRawBufferPointer(rebasing: buffer[start * VolumeLayout.blockSize..<end * VolumeLayout.blockSize])
      if entry.isEmpty {
        part.initializeMemory(as: UInt8.self, repeating: 0)
      } else {
        try readRun(first + UInt64(start), part, place: place, child: child + start, isSecond: entry.isSecond)
      }
      start = end
    }
  }

  /// Blocks that lie one behind the other: from the host into private memory, and only from there on.
  private mutating func readRun(
    _ first: UInt64, _ buffer: UnsafeMutableRawBufferPointer, place: Int32, child: Int, isSecond: Bool
  ) throws(VolumeError) {
    try sendWaiting()
    let sealed = run.blocks(0..<buffer.count / VolumeLayout.blockSize)
    try store.readAll(layout.position(layer: 0, index: first, isSecond: isSecond), sealed)
    for number in 0..<buffer.count / VolumeLayout.blockSize {
      let range = number * VolumeLayout.blockSize..<(number + 1) * VolumeLayout.blockSize
      try open(
        UnsafeRawBufferPointer(rebasing: sealed[range]), into: UnsafeMutableRawBufferPointer(rebasing: buffer[range]),
        cache.entry(place, child + number), layer: 0, index: first + UInt64(number))
    }
  }

  /// What `body` appends has gone to the store when this returns, also after an error, as far as that was possible.
  private mutating func writing(_ body: (inout SealedVolume) throws(VolumeError) -> Void) throws(VolumeError) {
    guard session != nil else { throw .noSession }
    do {
      try body(&self)
    } catch {
      try? sendWaiting()
      throw error
    }
    try sendWaiting()
  }

  private mutating func append(_ first: UInt64, _ buffer: UnsafeRawBufferPointer) throws(VolumeError) {
    for number in 0..<buffer.count / VolumeLayout.blockSize {
      let index = first + UInt64(number)
      let place = try leaf(index / VolumeLayout.fanOut)
      let child = Int(index % VolumeLayout.fanOut)
      hasChanges = true
      // Also when the write then fails: of what is in that place now nobody knows.
      cache.set(try put(buffer.block(number), inPlaceOf: cache.entry(place, child), layer: 0, index: index), place, child)
    }
  }

  /// Seals a block or node into private memory, from where it goes, with others, to its uncommitted place.
  mutating func put(_ text: UnsafeRawBufferPointer, inPlaceOf old: NodeEntry, layer: Int, index: UInt64) throws(VolumeError) -> NodeEntry {
    if waitingCount == Self.writtenLimit { try sendWaiting() }
    let isSecond = freePlace(of: old)
    let entry = try seal(text, into: run.blocks(waitingCount..<waitingCount + 1), nextVersion(), isSecond, layer: layer, index: index)
    let position = layout.position(layer: layer, index: index, isSecond: isSecond)
    if let last = waiting.last, last.first + UInt64(last.count) == position {
      waiting[waiting.count - 1].count += 1
    } else {
      waiting.append(BlockRun(first: position, count: 1))
    }
    waitingCount += 1
    return entry
  }

  /// Gives the store all that waits. If it does not take that, the nodes among it have changed still.
  mutating func sendWaiting() throws(VolumeError) {
    guard waitingCount > 0 else { return }
    let sealed = UnsafeRawBufferPointer(run.blocks(0..<waitingCount))
    let (runs, nodes) = (waiting, waitingNodes)
    waiting.removeAll(keepingCapacity: true)
    waitingNodes.removeAll(keepingCapacity: true)
    waitingCount = 0
    do throws(VolumeError) {
      let answered: Int
      do throws(BlockStoreError) { answered = try store.write(runs, from: sealed) } catch { throw .store(error) }
      guard answered == sealed.count else { throw .shortAnswer(asked: sealed.count, answered: answered) }
    } catch {
      for place in nodes { cache.mark(place, isDirty: true) }
      throw error
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func block(_ number: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[number * VolumeLayout.blockSize..<(number + 1) * VolumeLayout.blockSize])
  }
}

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
  public mutating func write(_ first: UInt64, from buffer: UnsafeRawBufferPointer) throws(VolumeError) {
    try check(first, buffer.count)
    guard session != nil else { throw .noSession }
    var offset = 0
    while offset < buffer.count {
      let count = chunk(first + UInt64(offset / VolumeLayout.blockSize), buffer.count - offset)
      let part = UnsafeRawBufferPointer(rebasing: buffer[offset..<offset + count * VolumeLayout.blockSize])
      try writeChunk(first + UInt64(offset / VolumeLayout.blockSize), part)
      offset += part.count
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
    let sealed = run.withMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[..<buffer.count]) }
    try store.readAll(layout.position(layer: 0, index: first, isSecond: isSecond), sealed)
    for number in 0..<buffer.count / VolumeLayout.blockSize {
      let range = number * VolumeLayout.blockSize..<(number + 1) * VolumeLayout.blockSize
      try open(
        UnsafeRawBufferPointer(rebasing: sealed[range]), into: UnsafeMutableRawBufferPointer(rebasing: buffer[range]),
        cache.entry(place, child + number), layer: 0, index: first + UInt64(number))
    }
  }

  private mutating func writeChunk(_ first: UInt64, _ buffer: UnsafeRawBufferPointer) throws(VolumeError) {
    let place = try leaf(first / VolumeLayout.fanOut)
    let (child, count) = (Int(first % VolumeLayout.fanOut), buffer.count / VolumeLayout.blockSize)
    var start = 0
    while start < count {
      let isSecond = freePlace(of: cache.entry(place, child + start))
      var end = start + 1
      while end < count, freePlace(of: cache.entry(place, child + end)) == isSecond { end += 1 }
      let part = UnsafeRawBufferPointer(rebasing: buffer[start * VolumeLayout.blockSize..<end * VolumeLayout.blockSize])
      try writeRun(first + UInt64(start), part, place: place, child: child + start, isSecond: isSecond)
      start = end
    }
  }

  private mutating func writeRun(_ first: UInt64, _ buffer: UnsafeRawBufferPointer, place: Int32, child: Int, isSecond: Bool) throws(VolumeError) {
    let sealed = run.withMutableBytes { UnsafeMutableRawBufferPointer(rebasing: $0[..<buffer.count]) }
    hasChanges = true
    for number in 0..<buffer.count / VolumeLayout.blockSize {
      let range = number * VolumeLayout.blockSize..<(number + 1) * VolumeLayout.blockSize
      let entry = try seal(
        UnsafeRawBufferPointer(rebasing: buffer[range]), into: UnsafeMutableRawBufferPointer(rebasing: sealed[range]), nextVersion(), isSecond,
        layer: 0, index: first + UInt64(number))
      // Also when the write then fails: of what is in that place now nobody knows.
      cache.set(entry, place, child + number)
    }
    try store.writeAll(layout.position(layer: 0, index: first, isSecond: isSecond), UnsafeRawBufferPointer(sealed))
  }
}

import GuestCrypto
import SealedVolume
import SeededNumbers
import Testing

@Suite struct SealedVolumeTests {
  /// Random reads and writes against a dictionary, with commits, openings and new sessions in between; the smallest cache, so that nodes come and go.
  @Test(arguments: [(1, 16), (2, 16), (102, 16), (103, 16), (10_405, 16), (60_000, 16), (2_000_000, 40)] as [(UInt64, Int)])
  func isWhatWasWritten(blockCount: UInt64, cachedNodes: Int) throws {
    var random = SeededGenerator(seed: blockCount)
    let store = try Fixture.create(blockCount)
    var model: [UInt64: UInt64] = [:]
    for _ in 0..<6 {
      var committed = model
      var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil, cachedNodes: cachedNodes)
      try volume.begin(random.session())
      for _ in 0..<150 {
        let count = Int.random(in: 1...Int(min(blockCount, 70)), using: &random)
        let first = UInt64.random(in: 0...blockCount - UInt64(count), using: &random)
        if Bool.random(using: &random) {
          let blocks = (0..<count).map { _ in random.stamp() }
          try Fixture.write(&volume, first, [UInt8](stamps: blocks))
          for (number, block) in blocks.enumerated() { model[first + UInt64(number)] = block }
        } else {
          let expected = [UInt8](stamps: (0..<UInt64(count)).map { model[first + $0] })
          #expect(try Fixture.read(&volume, first, count).isSame(as: expected))
        }
        if Int.random(in: 0..<20, using: &random) == 0 {
          try volume.commit()
          committed = model
        }
        if Int.random(in: 0..<40, using: &random) == 0 { try volume.begin(random.session()) }
      }
      // What was not committed is gone.
      model = committed
    }
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    for (index, stamp) in model { #expect(try Fixture.read(&volume, index).isSame(as: [UInt8](stamps: [stamp]))) }
    #expect(try #require(store.blocks.keys.max()) < volume.layout.storeBlockCount)
  }

  @Test func anEmptyVolumeIsZerosWithoutBeingWritten() throws {
    let store = try Fixture.create(1_000_000)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    #expect(volume.blockCount == 1_000_000)
    #expect(try Fixture.read(&volume, 999_000, 500).isZeros)
    #expect(store.blocks.count == 2)
  }

  @Test func theHostSeesNoPlainText() throws {
    let store = try Fixture.create(300)
    var random = SeededGenerator(seed: 1)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    let stamp: UInt64 = 0x2e74_7865_7420_6e69
    try Fixture.write(&volume, 0, [UInt8](stamps: Array(repeating: stamp, count: 300)))
    try volume.commit()
    #expect(store.blocks.count > 300)
    for (_, bytes) in store.blocks {
      for offset in stride(from: 0, to: blockSize, by: 8) {
        #expect(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) } != stamp)
      }
    }
  }

  /// The same block, written over and over and by two clones at once, never has the same ciphertext: no nonce came twice under one key.
  @Test func nothingIsSealedTwiceAlike() throws {
    var random = SeededGenerator(seed: 2)
    let store = try Fixture.create(5)
    var seen: Set<[UInt8]> = []
    var sealed = 0
    for _ in 0..<10 {
      let (one, other) = (store.copy(), store.copy())
      var first = try SealedVolume(opening: one, key: Fixture.key(), expecting: nil)
      var second = try SealedVolume(opening: other, key: Fixture.key(), expecting: nil)
      try first.begin(random.session())
      try second.begin(random.session())
      let block = zeroBlock
      for _ in 0..<5 {
        try Fixture.write(&first, 3, block)
        try Fixture.write(&second, 3, block)
      }
      for write in one.writes + other.writes {
        seen.insert(write.bytes)
        sealed += 1
      }
    }
    #expect(seen.count == sealed && sealed == 100)
  }

  @Test func writingNeedsASessionThatIsFresh() throws {
    var random = SeededGenerator(seed: 99)
    let used = try random.session()
    let store = try Fixture.create(5)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    #expect(throws: VolumeError.noSession) { try Fixture.write(&volume, 0, [UInt8](repeating: 1, count: blockSize)) }
    #expect(throws: VolumeError.usedSession) { try volume.begin(used) }
    let fresh = try random.session()
    try volume.begin(fresh)
    #expect(throws: VolumeError.usedSession) { try volume.begin(fresh) }
    #expect(throws: VolumeError.usedSession) {
      _ = try [UInt8](repeating: 0, count: 16).withRawBytes { (bytes) throws(VolumeError) in try VolumeSession(bytes) }
    }
    #expect(throws: VolumeError.malformed(found: 15, expected: 16)) {
      _ = try [UInt8](repeating: 1, count: 15).withRawBytes { (bytes) throws(VolumeError) in try VolumeSession(bytes) }
    }
  }

  @Test func blocksThatTheVolumeHasNotAreRefused() throws {
    let store = try Fixture.create(10)
    var random = SeededGenerator(seed: 3)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    for (first, bytes) in [(10, blockSize), (9, 2 * blockSize), (UInt64.max, blockSize), (0, 1), (0, blockSize + 1), (11, 0)] as [(UInt64, Int)] {
      let error = VolumeError.outOfRange(first: first, bytes: bytes, blockCount: 10)
      var buffer = [UInt8](repeating: 0, count: bytes)
      #expect(throws: error) { try buffer.withMutableRawBytes { (buffer) throws(VolumeError) in try volume.read(first, into: buffer) } }
      #expect(throws: error) { try Fixture.write(&volume, first, buffer) }
    }
    #expect(try Fixture.read(&volume, 10, 0).isEmpty)
  }

  @Test func sizesThatNoVolumeHasAreRefused() throws {
    for count in [0, VolumeLayout.blockLimit + 1, UInt64.max] {
      #expect(throws: VolumeError.wrongSize(count)) { _ = try VolumeLayout(blockCount: count) }
    }
    #expect(try VolumeLayout(blockCount: VolumeLayout.blockLimit).storeBlockCount > 2 * VolumeLayout.blockLimit)
    let store = try Fixture.create(10)
    #expect(throws: VolumeError.wrongSize(15)) { _ = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil, cachedNodes: 15) }
    #expect(throws: VolumeError.malformed(found: 16, expected: 32)) {
      _ = try SealedVolume(opening: store, key: SecretBytes(count: 16), expecting: nil)
    }
  }

  @Test func anotherKeyOpensNothing() throws {
    let store = try Fixture.create(10)
    #expect(throws: VolumeError.noRoot) {
      _ = try SealedVolume(opening: store, key: SecretBytes(copying: [UInt8](repeating: 0x43, count: 32)), expecting: nil)
    }
    #expect(throws: VolumeError.noRoot) { _ = try SealedVolume(opening: MemoryStore(), key: Fixture.key(), expecting: nil) }
  }

  @Test func versionsAreTwentyFourBytes() throws {
    let store = try Fixture.create(10)
    let volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    let encoded = volume.version.encoded
    #expect(encoded.count == 24 && volume.version.counter == 1)
    #expect(try VolumeVersion(encoded: encoded) == volume.version)
    for count in [0, 23, 25] {
      #expect(throws: VolumeError.malformed(found: count, expected: 24)) { _ = try VolumeVersion(encoded: [UInt8](repeating: 0, count: count)) }
    }
  }

  /// One edge call for 32 blocks that lie together, not one for each; and one for 248 that are written, wherever they lie.
  @Test func blocksGoTogether() throws {
    let store = try Fixture.create(1020)
    var random = SeededGenerator(seed: 4)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    let stamps = Array<UInt64?>(repeating: 5, count: 1020)
    try Fixture.write(&volume, 0, [UInt8](stamps: stamps))
    // Two of them are the roots of the empty volume.
    #expect(store.writes.count - 2 == 5 && store.writes.dropFirst(2).reduce(0) { $0 + $1.bytes.count } == 1020 * blockSize)
    try volume.commit()
    let apart = stride(from: UInt64(0), to: 1020, by: 20).map { $0..<$0 + 2 }
    let other = [UInt8](stamps: Array<UInt64?>(repeating: 6, count: 1020))
    let calls = store.calls
    try other.withRawBytes { (memory) throws(VolumeError) in try volume.write(apart, of: memory) }
    #expect(store.calls - calls == 1)
    #expect(throws: VolumeError.outOfRange(first: 1019, bytes: other.count, blockCount: 1020)) {
      try other.withRawBytes { (memory) throws(VolumeError) in try volume.write([0..<1, 1019..<1021], of: memory) }
    }
    let mixed = (0..<1020).map { $0 % 20 < 2 ? UInt64(6) : 5 }
    let before = store.readCount
    #expect(try Fixture.read(&volume, 0, 1020).isSame(as: [UInt8](stamps: mixed)))
    #expect(store.readCount > before)
  }

  @Test func whatIsReadInOrderIsReadTogether() throws {
    let store = try Fixture.create(1020)
    var random = SeededGenerator(seed: 4)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    let stamps = Array<UInt64?>(repeating: 5, count: 1020)
    try Fixture.write(&volume, 0, [UInt8](stamps: stamps))
    try volume.commit()
    let before = store.readCount
    #expect(try Fixture.read(&volume, 0, 1020).isSame(as: [UInt8](stamps: stamps)))
    #expect(store.readCount - before == 40)
  }
}

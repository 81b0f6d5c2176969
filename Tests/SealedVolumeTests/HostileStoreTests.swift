import GuestCrypto
import SealedVolume
import SeededNumbers
import Testing

/// A host that lies: whatever it answers, a read gives what was written last, or an error and zeros.
@Suite struct HostileStoreTests {
  @Test(arguments: Array(1...40) as [UInt64]) func noLieIsBelieved(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let blockCount: UInt64 = [3, 250, 11_000].randomElement(using: &random) ?? 3
    let store = HostileStore(try Fixture.create(blockCount), seed: seed &+ 1000)
    // The state of each version that was made, and what a broker keeps: the last.
    var model: [UInt64: UInt64] = [:]
    var kept: (version: VolumeVersion, model: [UInt64: UInt64])?
    var (right, refused, opened) = (0, 0, 0)
    for round in 0..<12 {
      store.lies = round == 0 ? 0 : 4
      if let kept { model = kept.model }
      do {
        var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: kept?.version, cachedNodes: 16)
        #expect(kept == nil || volume.version == kept?.version, "seed \(seed)")
        opened += 1
        try volume.begin(random.session())
        for _ in 0..<60 {
          let first = UInt64.random(in: 0..<blockCount, using: &random)
          let count = Int.random(in: 1...Int(min(blockCount - first, 40)), using: &random)
          if Bool.random(using: &random) {
            let blocks = (0..<count).map { _ in random.stamp() }
            try Fixture.write(&volume, first, [UInt8](stamps: blocks))
            for (number, block) in blocks.enumerated() { model[first + UInt64(number)] = block }
          } else {
            let expected = [UInt8](stamps: (0..<UInt64(count)).map { model[first + $0] })
            var bytes = [UInt8](stamps: Array<UInt64?>(repeating: 0x77, count: count))
            do {
              try bytes.withMutableRawBytes { (buffer) throws(VolumeError) in try volume.read(first, into: buffer) }
              #expect(bytes.isSame(as: expected), "seed \(seed)")
              right += 1
            } catch {
              #expect(bytes.isZeros, "seed \(seed)")
              refused += 1
            }
          }
        }
        try volume.commit { (version) throws(Never) in kept = (version, model) }
      } catch {
        refused += 1
      }
    }
    #expect(opened >= 1 && right > 0, "seed \(seed)")
    #expect(kept != nil, "seed \(seed)")
    if store.told.values.reduce(0, +) > 10 { #expect(refused > 0, "seed \(seed): \(store.told)") }
  }

  /// Each single byte of each block that a small volume has in use, changed.
  @Test func everyByteThatIsUsedCounts() throws {
    var random = SeededGenerator(seed: 5)
    let store = try Fixture.create(1)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    let block = [UInt8](stamps: [random.stamp()])
    try Fixture.write(&volume, 0, block)
    let version = try volume.commit()
    // The first version's root, the second's, the node and the block.
    #expect(store.blocks.keys.sorted() == [0, 1, 2, 4])
    for index in [1, 2, 4] as [UInt64] {
      for offset in stride(from: 0, to: blockSize, by: 7) {
        let changed = store.copy()
        changed.blocks[index]?[offset] ^= 0x40
        #expect(throws: VolumeError.self, "byte \(offset) of block \(index)") {
          var volume = try SealedVolume(opening: changed, key: Fixture.key(), expecting: version)
          _ = try Fixture.read(&volume, 0)
        }
      }
    }
    #expect(try Fixture.read(&volume, 0) == block)
  }

  /// An old volume as a whole opens, by itself and not for whoever knows the last version.
  @Test func anOldVolumeIsNoneForWhoKeepsTheVersion() throws {
    var random = SeededGenerator(seed: 6)
    let store = try Fixture.create(300)
    var snapshots: [(store: MemoryStore, version: VolumeVersion)] = []
    for _ in 0..<6 {
      var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: snapshots.last?.version)
      try volume.begin(random.session())
      try Fixture.write(&volume, 7, [UInt8](stamps: [random.stamp()]))
      let version = try volume.commit()
      snapshots.append((store.copy(), version))
    }
    let last = try #require(snapshots.last)
    for old in snapshots.dropLast() {
      #expect(throws: VolumeError.otherVersion(found: old.version)) {
        _ = try SealedVolume(opening: old.store, key: Fixture.key(), expecting: last.version)
      }
      // And a volume that has moved on is not the old one either, except for the one before: its root is still there.
      let opened = try? SealedVolume(opening: last.store, key: Fixture.key(), expecting: old.version).version
      #expect(opened == (old.version == snapshots[4].version ? old.version : nil))
      #expect(try SealedVolume(opening: old.store, key: Fixture.key(), expecting: nil).version == old.version)
    }
    #expect(try SealedVolume(opening: last.store, key: Fixture.key(), expecting: last.version).version == last.version)
  }

  /// Blocks of one state below the root of another are found out, whichever is exchanged.
  @Test func statesCannotBeMixed() throws {
    var random = SeededGenerator(seed: 7)
    let store = try Fixture.create(300)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    var states: [[UInt64: [UInt8]]] = []
    var version = volume.version
    for _ in 0..<4 {
      for index in [0, 1, 150, 299] as [UInt64] { try Fixture.write(&volume, index, [UInt8](stamps: [random.stamp()])) }
      version = try volume.commit()
      states.append(store.blocks)
    }
    var found = 0
    for old in states.dropLast() {
      for (index, bytes) in old where !bytes.isSame(as: states[3][index] ?? []) {
        let mixed = store.copy()
        mixed.blocks[index] = bytes
        do {
          var mixedVolume = try SealedVolume(opening: mixed, key: Fixture.key(), expecting: version)
          for block in [0, 1, 150, 299] as [UInt64] { #expect(try Fixture.read(&mixedVolume, block).isSame(as: Fixture.read(&volume, block))) }
        } catch {
          found += 1
        }
      }
    }
    #expect(found > 10)
  }

  @Test func aSisterVolumeUnderTheSameKeyIsAnother() throws {
    var random = SeededGenerator(seed: 8)
    var (stores, versions): ([MemoryStore], [VolumeVersion]) = ([], [])
    for seed in [1, 2] as [UInt64] {
      let store = try Fixture.create(10, seed: seed)
      var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
      try volume.begin(random.session())
      try Fixture.write(&volume, 0, [UInt8](stamps: [random.stamp()]))
      versions.append(try volume.commit())
      stores.append(store)
    }
    let mixed = stores[0].copy()
    for index in stores[1].blocks.keys where index > 1 { mixed.blocks[index] = stores[1].blocks[index] }
    var volume = try SealedVolume(opening: mixed, key: Fixture.key(), expecting: versions[0])
    #expect(throws: VolumeError.damaged(layer: 1, index: 0)) { _ = try Fixture.read(&volume, 0) }
  }
}

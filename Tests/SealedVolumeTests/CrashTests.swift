import GuestCrypto
import SealedVolume
import SeededNumbers
import Testing

/// Power lost at every write there is: the volume opens with all of a commit or with none of it, with a broker and without.
@Suite struct CrashTests {
  struct Scene {
    var states: [(version: VolumeVersion, model: [UInt64: UInt64])] = []
    /// What the broker keeps: the number of a state.
    var published = 0
    var hasEnded = false
  }

  /// Some commits, until the store crashes.
  func play(_ store: CrashingStore, _ scene: inout Scene, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil, cachedNodes: 16)
    var model: [UInt64: UInt64] = [:]
    scene.states = [(volume.version, model)]
    try volume.begin(random.session())
    for _ in 0..<4 {
      for _ in 0..<9 {
        let first = UInt64.random(in: 0..<12_000, using: &random)
        let blocks = (0..<Int.random(in: 1...3, using: &random)).map { _ in random.stamp() }
        try Fixture.write(&volume, first, [UInt8](stamps: blocks))
        for (number, block) in blocks.enumerated() { model[first + UInt64(number)] = block }
      }
      try volume.commit { (version) throws(Never) in
        scene.states.append((version, model))
        scene.published = scene.states.count - 1
      }
    }
    scene.hasEnded = true
  }

  func check(
    _ store: MemoryStore, _ version: VolumeVersion?, is state: (version: VolumeVersion, model: [UInt64: UInt64]), _ touched: [UInt64]
  ) throws {
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: version)
    #expect(volume.version == state.version)
    for index in touched { #expect(try Fixture.read(&volume, index).isSame(as: [UInt8](stamps: [state.model[index]]))) }
  }

  @Test func everyWriteMayBeTheLast() throws {
    var whole = Scene()
    let blank = try Fixture.create(12_010)
    let calm = CrashingStore(blank.copy(), crashAt: .max, seed: 0)
    try play(calm, &whole, seed: 3)
    let touched = try #require(whole.states.last).model.keys.sorted()
    var (crashes, early, late) = (0, 0, 0)
    for crashAt in 0...calm.writeCount {
      for seed in 0..<3 as Range<UInt64> {
        let store = CrashingStore(blank.copy(), crashAt: crashAt, seed: UInt64(crashAt) << 8 | seed)
        var scene = Scene()
        do { try play(store, &scene, seed: 3) } catch { store.crash() }
        #expect(scene.hasEnded == (crashAt == calm.writeCount))
        crashes += 1
        let published = whole.states[scene.published]
        // With a broker: exactly what it has.
        try check(store.kept, published.version, is: published, touched)
        // Without: that, or the commit that was on its way.
        let newest = try SealedVolume(opening: store.kept, key: Fixture.key(), expecting: nil).version
        if newest == published.version {
          early += 1
        } else {
          #expect(newest == whole.states[scene.published + 1].version)
          late += 1
        }
        try check(store.kept, nil, is: newest == published.version ? published : whole.states[scene.published + 1], touched)
        // And it goes on from there.
        var random = SeededGenerator(seed: 1 << 40 | UInt64(crashes))
        var volume = try SealedVolume(opening: store.kept, key: Fixture.key(), expecting: published.version)
        try volume.begin(random.session())
        let stamp = random.stamp()
        try Fixture.write(&volume, 11_999, [UInt8](stamps: [stamp]))
        var next = published
        next.model[11_999] = stamp
        next.version = try volume.commit()
        try check(store.kept, nil, is: next, touched + [11_999])
      }
    }
    #expect(crashes > 150 && early > 100 && late > 0)
  }

  /// The broker's answer is lost: either version can be opened, and the volume that does not know is not used further.
  @Test(arguments: [false, true]) func aVersionThatWasPerhapsPublished(brokerHasIt: Bool) throws {
    struct NoAnswer: Error {}
    var random = SeededGenerator(seed: 11)
    let store = try Fixture.create(200)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    let old = volume.version
    try volume.begin(random.session())
    let block = [UInt8](stamps: [random.stamp()])
    try Fixture.write(&volume, 0, block)
    var asked: VolumeVersion?
    #expect(throws: VolumeCommitError<NoAnswer>.self) {
      try volume.commit { (version) throws(NoAnswer) in
        asked = version
        throw NoAnswer()
      }
    }
    #expect(throws: VolumeError.undecided) { _ = try Fixture.read(&volume, 0) }
    #expect(throws: VolumeError.undecided) { try Fixture.write(&volume, 0, block) }
    #expect(throws: VolumeError.undecided) { try volume.commit() }
    #expect(throws: VolumeError.undecided) { try volume.begin(random.session()) }
    var again = try SealedVolume(opening: store, key: Fixture.key(), expecting: brokerHasIt ? asked : old)
    #expect(try Fixture.read(&again, 0) == (brokerHasIt ? block : zeroBlock))
    // Whoever goes on from the old one takes the other away before anything of it is overwritten.
    try again.begin(random.session())
    try Fixture.write(&again, 1, block)
    let newest = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    #expect(newest.version == (brokerHasIt ? asked : old))
  }

  @Test func aCommitWithoutChangesPublishesNothing() throws {
    var random = SeededGenerator(seed: 12)
    let store = try Fixture.create(200)
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil)
    try volume.begin(random.session())
    var published = 0
    #expect(try volume.commit { _ throws(Never) in published += 1 } == volume.version)
    #expect(published == 0)
  }
}

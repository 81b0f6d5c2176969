import EdgeCalls
import Foundation
import GuestCrypto
import LibOS
import SealedFiles
import SealedVolume
import SeededNumbers
import Testing

/// A program's sealed directory over a store of the tests: whatever is done in it, and whatever becomes of its store, it is as scratch memory would be, or an error.
@Suite struct SealedFilesTests {
  private static let size: UInt64 = 512 << 10
  private static let layout = SealedLayout(size: size)

  private static func createStore() throws -> MemoryStore { try Fixture.create(UInt64(layout.blockCount)) }

  // MARK: Against scratch memory

  /// 40 recorded seeds: the same is done in scratch memory and in a volume that is committed and opened again every so often.
  @Test(arguments: 10_000..<10_040 as Range<UInt64>) func isAsScratchMemory(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let store = try Self.createStore()
    let scratch = Tree(scratch: Self.size)
    var sealed = try Tree(opening: store, seed: seed)
    for step in 0..<300 {
      let action = Action(&random)
      let (expected, found) = (action.perform(in: scratch.root), action.perform(in: sealed.root))
      #expect(found == expected, "seed \(seed), step \(step): \(action)")
      if Int.random(in: 0..<40, using: &random) == 0 {
        let before = sealed.contents(withTimes: true)
        try sealed.commit()
        sealed = try Tree(opening: store, seed: seed &+ UInt64(step + 1) &* 1000)
        #expect(sealed.contents(withTimes: true) == before, "seed \(seed), step \(step): not what was committed")
      }
    }
    #expect(sealed.contents() == scratch.contents(), "seed \(seed)")
  }

  @Test func whatWasNotCommittedIsNotThere() throws {
    let store = try Self.createStore()
    let tree = try Tree(opening: store, seed: 1)
    try tree.write("kept", [1, 2, 3])
    try tree.commit()
    let version = try tree.version()
    try tree.write("lost", [4])
    try tree.write("kept", [9, 9, 9])
    let again = try Tree(opening: store, seed: 2)
    // Nothing done, nothing committed.
    try again.commit()
    #expect(try again.version() == version)
    #expect(again.contents() == ["/kept": "file of 3: 010203"])
  }

  /// Blocks of what was removed are there for others, also where the file was still open at the commit.
  @Test func roomComesBack() throws {
    let store = try Self.createStore()
    var tree = try Tree(opening: store, seed: 1)
    for round in 0..<12 {
      try tree.write("a", [UInt8](repeating: UInt8(round), count: 400 << 10))
      guard case .file(let open) = try tree.root.open(Array("a".utf8), .reading) else { return }
      try tree.root.unlink(Array("a".utf8))
      try tree.commit()
      #expect(throws: SystemError.noSpace) { try tree.write("b", [UInt8](repeating: 1, count: 400 << 10)) }
      try tree.root.unlink(Array("b".utf8))
      withExtendedLifetime(open) {}
      if round % 3 == 0 {
        try tree.commit()
        tree = try Tree(opening: store, seed: UInt64(100 + round))
        #expect(tree.contents() == [:])
      }
    }
  }

  // MARK: Power

  /// Power is lost at every write of a sequence of commits, with each block that was not flushed there, not there or torn: what is there afterwards is one of the two
  /// commits that the loss fell between, whole.
  @Test func aCrashLeavesACommitWhole() throws {
    let start = try Self.createStore()
    var isOver = false
    var crashAt = 0
    while !isOver {
      let store = CrashingStore(start.copy(), crashAt: crashAt, seed: UInt64(crashAt))
      var states: [[String: String]] = [[:]]
      do {
        let tree = try Tree(opening: store, seed: 7)
        var random = SeededGenerator(seed: 12)
        for _ in 0..<5 {
          for _ in 0..<25 { _ = Action(&random).perform(in: tree.root) }
          states.append(tree.contents())
          try tree.commit()
        }
        isOver = true
      } catch {
        #expect(store.hasCrashed, "\(error)")
      }
      if !store.hasCrashed { store.crash() }
      let found = try Tree(opening: store.kept, seed: UInt64(1000 + crashAt)).contents()
      #expect(states.suffix(2).contains(found), "power lost at write \(crashAt): \(found.keys.sorted()) after \(states.count - 1) commits")
      if isOver { #expect(found == states.last) }
      crashAt += 1
    }
    #expect(crashAt > 20)
  }

  // MARK: Hosts

  /// 40 recorded seeds of a host that changes, swaps, copies, replays, cuts, forgets and answers wrong lengths: a file reads as it was written, or fails.
  @Test(arguments: 10_000..<10_040 as Range<UInt64>) func aLyingHostGivesErrorsAndNothingElse(seed: UInt64) throws {
    let honest = try Self.createStore()
    var files: [String: [UInt8]] = [:]
    var random = SeededGenerator(seed: seed)
    let first = try Tree(opening: honest, seed: seed)
    for number in 0..<6 {
      files["f\(number)"] = [UInt8](repeating: UInt8.random(in: 1...255, using: &random), count: Int.random(in: 1...60_000, using: &random))
      try first.write("f\(number)", files["f\(number)"] ?? [])
    }
    try first.commit()
    let store = HostileStore(honest.copy(), seed: seed)
    store.lies = 60
    var (right, refused) = (0, 0)
    for round in 0..<6 {
      do {
        let tree = try Tree(opening: store, seed: seed &+ 1000 &* UInt64(round + 1))
        for (name, bytes) in files {
          do {
            let found = try tree.read(name)
            #expect(found == bytes, "seed \(seed): wrong bytes of \(name)")
            right += 1
          } catch {
            // Without a counter the volume may be shown as it was before the first commit, when it was empty.
            #expect([.inputOutput, .notFound].contains(error as? SystemError), "seed \(seed): \(error)")
            refused += 1
          }
        }
        // A commit that fails may have come as far as the root; one that succeeded may have been forgotten. Either way bytes are these, or none.
        if round % 2 == 1 {
          try tree.write("f0", files["f0"] ?? [])
          try? tree.commit()
        }
      } catch {
        refused += 1
      }
    }
    #expect(right + refused > 0 && !store.told.isEmpty)
  }

  @Test func anotherKeyAndAnotherVolumeAreRefused() throws {
    let store = try Self.createStore()
    #expect(throws: VolumeError.noRoot) { try Tree(opening: store, seed: 1, key: SecretBytes(copying: [UInt8](repeating: 1, count: 32))) }
    #expect(throws: VolumeError.noRoot) { try Tree(opening: MemoryStore(), seed: 1) }
  }

  /// What only a broken writer could have put there, under the right key.
  @Test(arguments: 10_000..<10_200 as Range<UInt64>) func aTreeOfAnyBytesIsRefusedOrRead(seed: UInt64) throws {
    let store = try Self.createStore()
    var random = SeededGenerator(seed: seed)
    let tree = try Tree(opening: store, seed: seed)
    for _ in 0..<60 { _ = Action(&random).perform(in: tree.root) }
    try tree.commit()
    var volume = try SealedVolume(opening: store, key: Fixture.key(), expecting: nil, cachedNodes: 64)
    try volume.begin(random.session())
    var block = try Fixture.read(&volume, 1)
    for _ in 0..<Int.random(in: 1...3, using: &random) { block[Int.random(in: 0..<600, using: &random)] = UInt8.random(in: 0...255, using: &random) }
    try Fixture.write(&volume, 1, block)
    try volume.commit()
    do {
      let broken = try Tree(opening: store, seed: seed &+ 5000)
      for _ in 0..<60 { _ = Action(&random).perform(in: broken.root) }
      _ = broken.contents()
      try? broken.commit()
    } catch {
      #expect(error as? SealedFailure == .malformedTree, "seed \(seed): \(error)")
    }
  }
}

extension OpenRequest {
  static var reading: OpenRequest {
    var request = OpenRequest()
    request.canRead = true
    return request
  }

  static var writing: OpenRequest {
    var request = reading
    (request.canWrite, request.create, request.truncate) = (true, true, true)
    return request
  }
}

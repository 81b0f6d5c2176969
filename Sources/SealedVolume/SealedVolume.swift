#if canImport(GuestCrypto)
  import GuestCrypto
#endif

/// A block device whose blocks lie with a host that can neither read, change, reorder nor cut them, nor, where the caller keeps the last version, turn
/// them back (Documentation/design/sealed-volumes.md).
///
/// Every block is sealed by AES-256-GCM under a key of the writer's session and a counter that never repeats. The version and the tag of each block stand
/// in a node above it, those of the nodes in nodes above them, and those of the highest in a root. What was written counts from ``commit(_:)`` on, all
/// of it or nothing.
public struct SealedVolume<Store: BlockStore>: ~Copyable {
  /// Blocks that are read together at most.
  static var runLimit: Int { 32 }
  /// Blocks and nodes that are written together at most: what goes over a trustlet's edge at once, with their places.
  static var writtenLimit: Int { 248 }
  /// The fewest nodes that a cache may have: a path, and as many again.
  public static var smallestCache: Int { 16 }
  public static var defaultCache: Int { 1024 }

  public internal(set) var store: Store
  public let layout: VolumeLayout
  /// Of the root that was committed last.
  public internal(set) var version: VolumeVersion

  var keys: SessionKeys
  var session: VolumeSession?
  /// The last one used.
  var counter: UInt64
  /// What has a greater counter is not committed.
  var committedCounter: UInt64
  /// Which of the two roots is `version`'s.
  var rootPlace: UInt64
  /// The other root counts more, and was not asked for: a commit that the broker did not take.
  var otherRootIsNewer: Bool
  let otherSession: VolumeSession?
  var isUndecided = false
  var hasChanges = false
  var top: NodeEntry
  var cache: NodeCache
  /// Private memory for what comes from the host and goes there.
  let run: PrivateBlocks
  /// Where what is sealed in ``run`` belongs, while a write or commit is under way, how much it is, and which nodes are among it.
  var waiting: [BlockRun] = []
  var waitingCount = 0
  var waitingNodes: [Int32] = []
  /// The leaf that was needed last.
  var recentLeaf: (index: UInt64, place: Int32) = (0, NodeCache.none)

  public var blockCount: UInt64 { layout.blockCount }

  /// Writes an empty volume into a store; every block reads as zeros, and none is written.
  /// - Parameter key: 32 random bytes.
  /// - Parameter publish: keeps the first version, as ``commit(_:)`` does.
  public static func create<Failure: Error>(
    in store: consuming Store, key: borrowing SecretBytes, blockCount: UInt64, session: VolumeSession,
    publish: (VolumeVersion) throws(Failure) -> Void
  ) throws(VolumeCommitError<Failure>) -> Store {
    var store = store
    let version = VolumeVersion(session: session, counter: 1)
    do {
      let layout = try VolumeLayout(blockCount: blockCount)
      var keys = try SessionKeys(key)
      var block = SecretBytes(count: VolumeLayout.blockSize)
      // A root of an older volume with the same key must not win.
      try block.withBytes { (block) throws(VolumeError) in
        try store.writeAll(1, block)
        try store.flushAll()
      }
      try block.withMutableBytes { (block) throws(VolumeError) in
        try sealing { () throws(CryptographyError) in
          try VolumeRoot(version: version, blockCount: layout.blockCount, top: NodeEntry()).seal(into: block, &keys)
        }
        try store.writeAll(0, UnsafeRawBufferPointer(block))
        try store.flushAll()
      }
    } catch {
      throw .volume(error)
    }
    do { try publish(version) } catch { throw .publish(error) }
    return store
  }

  /// Opens a volume for reading; ``begin(_:)`` lets it be written.
  /// - Parameter expected: the version that a broker keeps. Without one the newer root is taken, and a host that shows an old volume as a whole is believed.
  /// - Parameter cachedNodes: nodes of 4.5 KB in memory, each for 102 blocks or nodes.
  public init(
    opening store: consuming Store, key: borrowing SecretBytes, expecting expected: VolumeVersion?, cachedNodes: Int = defaultCache
  ) throws(VolumeError) {
    guard cachedNodes >= Self.smallestCache, cachedNodes <= 1 << 20 else { throw .wrongSize(UInt64(truncatingIfNeeded: cachedNodes)) }
    var store = store
    var keys = try SessionKeys(key)
    var block = SecretBytes(count: VolumeLayout.blockSize)
    var roots: (VolumeRoot?, VolumeRoot?) = (nil, nil)
    try block.withMutableBytes { (block) throws(VolumeError) in
      try store.readAll(0, block)
      roots.0 = VolumeRoot.open(block, &keys)
      try store.readAll(1, block)
      roots.1 = VolumeRoot.open(block, &keys)
    }
    let (chosen, other, place) = try Self.choose(roots, expected)
    layout = try VolumeLayout(blockCount: chosen.blockCount)
    self.store = store
    self.keys = keys
    version = chosen.version
    top = chosen.top
    rootPlace = place
    committedCounter = chosen.version.counter
    otherRootIsNewer = (other?.version.counter ?? 0) > chosen.version.counter
    otherSession = other?.version.session
    // Above both: what a commit that was not taken left behind is older than what comes.
    counter = max(committedCounter, other?.version.counter ?? 0)
    cache = NodeCache(capacity: cachedNodes)
    run = PrivateBlocks(count: Self.writtenLimit)
  }

  private static func choose(
    _ roots: (VolumeRoot?, VolumeRoot?), _ expected: VolumeVersion?
  ) throws(VolumeError) -> (VolumeRoot, VolumeRoot?, UInt64) {
    let firstIsNewer = (roots.0?.version.counter ?? 0) >= (roots.1?.version.counter ?? 0)
    guard let newest = firstIsNewer ? roots.0 : roots.1 else { throw .noRoot }
    let older = firstIsNewer ? roots.1 : roots.0
    let place: UInt64 = firstIsNewer ? 0 : 1
    guard let expected, expected != newest.version else { return (newest, older, place) }
    guard let older, older.version == expected else { throw .otherVersion(found: newest.version) }
    return (older, newest, 1 - place)
  }

  /// Lets the volume be written, under a key that no one else has: after opening, and again in every clone.
  /// - Parameter fresh: drawn after the last clone, and for nothing else.
  public mutating func begin(_ fresh: VolumeSession) throws(VolumeError) {
    guard !isUndecided else { throw .undecided }
    guard fresh != version.session, fresh != otherSession, fresh != session else { throw .usedSession }
    if otherRootIsNewer {
      // What it stands for is about to be overwritten.
      let zeros = [UInt8](repeating: 0, count: VolumeLayout.blockSize)
      try zeros.span.withUnsafeBytes { (zeros) throws(VolumeError) in try store.writeAll(1 - rootPlace, zeros) }
      try store.flushAll()
      otherRootIsNewer = false
    }
    session = fresh
  }

  /// The next version, which nothing has had before.
  mutating func nextVersion() throws(VolumeError) -> VolumeVersion {
    guard let session else { throw .noSession }
    guard counter < UInt64(Int64.max) else { throw .exhausted }
    counter += 1
    return VolumeVersion(session: session, counter: counter)
  }
}

/// Why a commit failed: the volume, or whoever was to keep its version.
public enum VolumeCommitError<Failure: Error>: Error {
  case volume(VolumeError)
  case publish(Failure)
}

/// The sizes and keys that AES takes are fixed here, so its errors are the one of a text that is not authentic, which each caller names itself.
func sealing<Result>(_ body: () throws(CryptographyError) -> Result) throws(VolumeError) -> Result {
  do { return try body() } catch { throw .exhausted }
}

extension BlockStore {
  mutating func readAll(_ first: UInt64, _ buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) {
    let answered: Int
    do { answered = try read(first, into: buffer) } catch { throw .store(error) }
    guard answered == buffer.count else { throw .shortAnswer(asked: buffer.count, answered: answered) }
  }

  mutating func writeAll(_ first: UInt64, _ buffer: UnsafeRawBufferPointer) throws(VolumeError) {
    let answered: Int
    do { answered = try write(first, from: buffer) } catch { throw .store(error) }
    guard answered == buffer.count else { throw .shortAnswer(asked: buffer.count, answered: answered) }
  }

  mutating func flushAll() throws(VolumeError) {
    do { try flush() } catch { throw .store(error) }
  }
}

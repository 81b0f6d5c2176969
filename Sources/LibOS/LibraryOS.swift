#if canImport(EdgeCalls)
  import EdgeCalls
#endif

/// The library OS of one trustlet: what a program has, whichever interface it is written for. Single-threaded.
public final class LibraryOS {
  public let edge: EdgeClient
  public internal(set) var settings: ProgramSettings
  /// The measured ``GuestManifest``.
  let manifest: MemoryRegion
  public let streams: Streams
  public let clock: Clock
  public let random: RandomGenerator
  public var descriptors = DescriptorTable()
  /// Where the image has files.
  private let tree: ImageTree?
  /// Where the manifest gives scratch space.
  let scratch: ScratchFileSystem?
  /// The directory of it that the program is given.
  let scratchRoot: ScratchNode?
  /// A number that no other clone of the same template has, by the host's word; 0 where this is no clone. Programs that keep random state of
  /// their own make it anew when this changes.
  public internal(set) var cloneGeneration: UInt64 = 0
  /// Whether the manifest has secrets, and this instance has not got them yet.
  package var awaitsSecrets: Bool
  /// Of the volume, from when it has come until the volume is open.
  package var volumeKey: [UInt8] = []
  /// The manifest's sealed directory, once it is open.
  package var sealed: ScratchFileSystem?

  /// - Parameters:
  ///   - edge: its payload holds the host's ``Configuration``.
  ///   - manifest: the measured ``GuestManifest``.
  ///   - files: the measured ``FileTree``, if the image has one.
  ///   - scratch: memory of ``GuestManifest/scratchRegionSize(_:)`` bytes for the manifest's scratch space, zero.
  ///   - counter: the processor's cycle counter.
  ///   - entropy: 64 bits from the processor, or nil if it gives none.
  public init(
    edge: EdgeClient, manifest: MemoryRegion, files: MemoryRegion?, scratch: (UInt64) -> MemoryRegion?, counter: @escaping () -> UInt64,
    entropy: @escaping () -> UInt64?
  ) throws(StartFailure) {
    // First of all: every edge call overwrites the payload.
    settings = try ProgramSettings(payload: edge.payload, manifest: manifest)
    awaitsSecrets = !settings.secrets.isEmpty
    self.manifest = manifest
    self.edge = edge
    streams = Streams(edge: edge)
    clock = Clock(edge: edge, frequency: settings.counterFrequency, counter: counter)
    random = RandomGenerator(entropy: entropy)
    descriptors.setLimit(settings.openFiles)
    do throws(SystemError) {
      let whole = if let files { try ImageTree(files) as ImageTree? } else { nil as ImageTree? }
      tree = (whole?.count ?? 0) > 1 ? whole : nil
    } catch {
      throw .malformedFileTree
    }
    if let place = settings.scratch, let memory = scratch(GuestManifest.scratchRegionSize(place.size)) {
      self.scratch = ScratchFileSystem(ScratchBlocks(memory, limit: settings.scratchSize), clock: clock)
    } else {
      self.scratch = nil
    }
    scratchRoot = self.scratch?.makeRoot()
    do throws(SystemError) {
      for stream in Streams.input...Streams.error { _ = try descriptors.insert(.stream(stream)) }
      // An image without files has no directory to give: the first that the host gives is then descriptor 3, as elsewhere.
      if let tree { _ = try descriptors.insert(.directory(OpenDirectory(root: tree))) }
      if let scratchRoot, let place = settings.scratch {
        _ = try descriptors.insert(.directory(OpenDirectory(scratch: scratchRoot, path: place.path)))
      }
    } catch {
      throw error == .tooManyOpenFiles ? .tooFewOpenFiles : .malformedFileTree
    }
    streams.begin(settings)
    try offerDirectories()
  }

  /// ``LimitsReached``: what the program was refused so far.
  public var limitsReached: UInt64 {
    (scratch?.blocks.hasRunOut == true ? LimitsReached.scratchSpace : 0) | (descriptors.hasRunOut ? LimitsReached.openFiles : 0)
  }

  /// Gives the program the directories of the settings, at the next free descriptors.
  ///
  /// Libraries find files by the longest path of a directory, and by the last of equal ones: one at a place where the tree has something would be found instead.
  func offerDirectories() throws(StartFailure) {
    do throws(SystemError) {
      for directory in settings.directories {
        let place = try? RelativePath([UInt8(ascii: "."), RelativePath.separator] + directory.path)
        if let tree, let place, (try? tree.resolve(place, from: ImageTree.root)) != nil { throw .exists }
        _ = try descriptors.insert(.directory(OpenDirectory(offered: directory, edge: edge)))
      }
    } catch {
      throw error == .exists ? .directoryInTheWay : .tooManyDirectories
    }
  }
}

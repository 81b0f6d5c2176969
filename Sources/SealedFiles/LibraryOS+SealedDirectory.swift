#if canImport(LibOS)
  import EdgeCalls
  import GuestCrypto
  import LibOS
  import SealedVolume
#endif

/// What the measured manifest says of the sealed directory: it stands in the name of its key's secret, ``GuestManifest/volumeKeyMark``.
package struct SealedPlace: Equatable {
  package let size: UInt64
  /// Whether a broker's counter has to say which version is the last.
  package let isFresh: Bool
  package let path: [UInt8]

  package init?(_ name: [UInt8]) {
    guard name.count > GuestManifest.volumePathOffset, name[0] == GuestManifest.volumeKeyMark, name[9] <= 1 else { return nil }
    size = name[1..<9].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard size >= UInt64(VolumeLayout.blockSize), size <= SealedLayout.sizeLimit else { return nil }
    isFresh = name[9] == 1
    path = [UInt8](name[GuestManifest.volumePathOffset...])
  }
}

extension LibraryOS {
  /// Opens the volume of the manifest, or makes it where the host's file is empty, and gives the program its directory. Nothing where there is none, or where it is
  /// open already.
  ///
  /// An instance does this for itself once it has its secrets: no template has a key.
  /// - Parameter memory: zeros, as many as asked for.
  package func openSealedDirectory(memory: (UInt64) -> UnsafeMutableRawPointer) throws(SealedFailure) {
    guard sealed == nil, let name = settings.secrets.first(where: { $0.first == GuestManifest.volumeKeyMark }) else { return }
    guard let place = SealedPlace(name) else { throw .malformedManifest }
    guard let release = VolumeRelease(taking: &volumeKey) else { throw .noKey }
    let counter = place.isFresh ? try SealedCounter(release, edge) : nil
    let layout = SealedLayout(size: place.size)
    let volume = try open(layout, release.volumeKey, counter)
    let blocks = SealedBlocks(volume, layout: layout, base: memory(layout.memorySize)) { version throws(SystemError) in try counter?.publish(version) }
    let system = try blocks.readTree(clock: clock)
    guard let root = blocks.root else { throw .malformedTree }
    do throws(SystemError) {
      _ = try descriptors.insert(.directory(OpenDirectory(scratch: root, path: place.path)))
    } catch {
      throw .noDescriptor
    }
    sealed = system
  }

  /// What was written counts from here on: the program has ended, or a call of it.
  package func commitSealedDirectory() throws(SealedFailure) {
    do throws(SystemError) {
      try sealed?.blocks.synchronize()
    } catch {
      throw error == .noSpace ? .hostFull : .notCommitted
    }
  }

  private func open(_ layout: SealedLayout, _ key: borrowing SecretBytes, _ counter: SealedCounter?) throws(SealedFailure) -> SealedVolume<EdgeVolume> {
    let blockCount = UInt64(layout.blockCount)
    let storeBlockCount: UInt64
    do throws(VolumeError) { storeBlockCount = try VolumeLayout(blockCount: blockCount).storeBlockCount } catch { throw SealedFailure(error) }
    let isCounted = try edge.openVolume(storeBlockCount: storeBlockCount)
    if counter != nil, !isCounted { throw .noCounter }
    let last = counter?.last
    var store = EdgeVolume(edge)
    if try store.isEmpty() {
      guard last == nil else { throw .missing }
      store = try create(in: store, key, blockCount)
    }
    var volume: SealedVolume<EdgeVolume>
    do throws(VolumeError) {
      volume = try SealedVolume(opening: store, key: key, expecting: last, cachedNodes: layout.cachedNodes)
    } catch {
      throw SealedFailure(error)
    }
    guard volume.blockCount == blockCount else { throw .otherSize }
    if let counter, last == nil {
      // Made just now, or by an instance that ended before it could say so: nothing is in it.
      guard volume.version.counter == 1 else { throw .neverCounted }
      do throws(SystemError) { try counter.publish(volume.version) } catch { throw .notPublished }
    }
    let session = try makeSession()
    do throws(VolumeError) { try volume.begin(session) } catch { throw SealedFailure(error) }
    return volume
  }

  private func create(in store: EdgeVolume, _ key: borrowing SecretBytes, _ blockCount: UInt64) throws(SealedFailure) -> EdgeVolume {
    let session = try makeSession()
    do throws(VolumeCommitError<Never>) {
      return try SealedVolume.create(in: store, key: key, blockCount: blockCount, session: session) { _ throws(Never) in }
    } catch {
      switch error {
      case .volume(let error): throw SealedFailure(error)
      }
    }
  }

  private func makeSession() throws(SealedFailure) -> VolumeSession {
    var bytes = [UInt8](repeating: 0, count: VolumeSession.size)
    do throws(SystemError) {
      try bytes.withMutableRawBytes { (bytes) throws(SystemError) in
        guard let base = bytes.baseAddress else { throw .noEntropy }
        try random.fill(MemoryRegion(base: base, count: UInt64(bytes.count)))
      }
    } catch {
      throw .noEntropy
    }
    return try bytes.withRawBytes { (bytes) throws(SealedFailure) in
      do throws(VolumeError) { return try VolumeSession(bytes) } catch { throw SealedFailure(error) }
    }
  }
}

extension EdgeClient {
  /// - Parameter storeBlockCount: what the host's file has to have.
  /// - Returns: whether there is somebody who carries versions to be counted.
  fileprivate func openVolume(storeBlockCount: UInt64) throws(SealedFailure) -> Bool {
    do throws(SystemError) {
      return try call(.openVolume, storeBlockCount).first == 1
    } catch {
      throw error.number == EdgeError.notSupported ? .noVolume : error == .noSpace ? .hostFull : .host
    }
  }
}
